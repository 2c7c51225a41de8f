import type { ClerkEvent } from '../events/events'
import type { ClerkOrganizationJSON } from '../events/organization'
import { membershipPair } from '../map/map-clerk-membership'
import type { ResolvedClerkSyncOptions, StoredResource } from '../resolved-options'
import type { ConflictReason, HookMarks } from '../store/write'
import type { Delivery } from './sync-result'

/** An event with a membership's full state. */
export type MembershipEvent = ClerkEvent<'organizationMembership.created' | 'organizationMembership.updated'>

/**
 * Prepares the write of a membership: its organization comes along in the event, and is stored by its own version, so
 * that an organization is never later than its first member.
 * @returns the conflict if Clerk did not say whose membership it is.
 * @throws {ClerkSyncError} errors of the store.
 */
export async function beforeMembership(
  options: ResolvedClerkSyncOptions,
  delivery: Delivery<MembershipEvent>,
): Promise<ConflictReason | undefined> {
  const { data } = delivery.event
  const { organization } = data
  if (!organization || !membershipPair(data)) {
    return { code: 'missing_id', message: 'Clerk sent a membership without the id of its organization or its user.' }
  }
  const organizations = options.resources.get('organization')
  if (organizations) await storeAlong(options, organizations, delivery, organization)
  return undefined
}

/** Stores an organization whose own event may still come: that event runs its hook. */
async function storeAlong(
  { hooks, logger, onConflict }: ResolvedClerkSyncOptions,
  { store, rules, fetcher }: StoredResource,
  { event, messageId, deadline }: Delivery<MembershipEvent>,
  organization: ClerkOrganizationJSON,
): Promise<void> {
  // Clerk sends no change of an organization that is as it was created.
  const isChanged = organization.updated_at !== organization.created_at
  const marks: HookMarks = {
    ...(isChanged && hooks.has('organization.updated') && { message: 'organization.updated' }),
    ...(hooks.has('organization.created') && { pendingType: 'organization.created' }),
    ...(hooks.size > 0 && { hasHooks: true }),
  }
  const context = { ...rules, ...fetcher, marks, isBroughtAlong: true, logger, deadline }
  const { conflict, clerkId } = await store.upsertFromClerk(organization, context)
  if (!conflict) return
  logger.warn(
    { ...conflict, messageId, type: event.type, clerkId },
    'the organization of a membership conflicts with stored data',
  )
  onConflict({ ...conflict, messageId, type: event.type, clerkId })
}
