import { eventTime, isClerkId } from '../events/events'
import type { ResolvedClerkSyncOptions } from '../resolved-options'
import type { Delivery } from './sync-result'

/**
 * Ends the memberships of a deleted organization for an app that stores memberships without organizations. Safe to
 * repeat, and does nothing for other events.
 * @throws {ClerkSyncError} errors of the store.
 */
export async function endMemberships(
  { resources, connect, logger }: ResolvedClerkSyncOptions,
  { event, deadline }: Delivery,
): Promise<void> {
  if (event.type !== 'organization.deleted' || !isClerkId(event.data.id)) return
  const dependents = resources.get('organizationMembership')?.store.dependentsOf?.('organization')
  if (!dependents) return
  await connect()
  const eventAt = eventTime(event)
  await dependents.endAllOf(event.data.id, { logger, deadline, ...(eventAt !== undefined && { eventAt }) })
}
