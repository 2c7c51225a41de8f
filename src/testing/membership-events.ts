import type { ClerkEvent, ClerkUserJSON } from '../events/events'
import type { ClerkOrganizationMembershipJSON } from '../events/membership'
import { changed, eventOf } from './envelope'
import { organization } from './organization-events'
import { newId } from './user-parts'
import * as users from './users'

/** Fields of Clerk's JSON to set, with the user as a shorthand for `public_user_data`. */
export type MembershipOverrides = Partial<ClerkOrganizationMembershipJSON> & {
  /** The member. @default a new user */
  user?: ClerkUserJSON
}

const memberPermissions = ['org:sys_memberships:read', 'org:sys_billing:read']
const adminPermissions = [...memberPermissions, 'org:sys_profile:manage', 'org:sys_memberships:manage']

/** The name and the permissions of one of Clerk's own two roles. Another role has none. */
function ofRole(role: string): Pick<ClerkOrganizationMembershipJSON, 'role' | 'role_name' | 'permissions'> {
  if (role === 'org:admin') return { role, role_name: 'Admin', permissions: adminPermissions }
  if (role === 'org:member') return { role, role_name: 'Member', permissions: memberPermissions }
  return { role, role_name: role.replace('org:', ''), permissions: [] }
}

/**
 * Creates a membership as in Clerk's webhooks and Backend API: of a new user in a new organization, unless `user` and
 * `organization` are given. Name and permissions are those of the role.
 *
 * @example
 * const membership = fixtures.membership({ user, organization, role: 'org:admin' })
 */
export function membership(overrides: MembershipOverrides = {}): ClerkOrganizationMembershipJSON {
  const { user = users.user(), role = 'org:member', ...fields } = overrides
  const now = Date.now()
  return structuredClone({
    id: newId('orgmem'),
    object: 'organization_membership',
    ...ofRole(role),
    public_metadata: {},
    private_metadata: {},
    organization: fields.organization ?? organization(),
    public_user_data: publicDataOf(user),
    created_at: now,
    updated_at: now,
    ...fields,
  })
}

function publicDataOf(user: ClerkUserJSON) {
  const { id, first_name = null, last_name = null, username = null, image_url } = user
  const primary = user.email_addresses?.find((entry) => entry.id === user.primary_email_address_id)
  const url = image_url ?? 'https://img.clerk.com/eyJ0eXBlIjoiZGVmYXVsdCJ9'
  return {
    user_id: id,
    first_name,
    last_name,
    username,
    identifier: primary?.email_address ?? username,
    image_url: url,
    profile_image_url: url,
    has_image: false,
  }
}

/** Creates an `organizationMembership.created` event for a new membership, or for the given one. */
export function organizationMembershipCreated(
  data: ClerkOrganizationMembershipJSON = membership(),
): ClerkEvent<'organizationMembership.created'> {
  return eventOf('organizationMembership.created', data)
}

/**
 * Creates an `organizationMembership.updated` event with these changes, one second newer than the given membership. A
 * new role brings its name and permissions.
 */
export function organizationMembershipUpdated(
  from: ClerkOrganizationMembershipJSON = membership(),
  changes: Partial<ClerkOrganizationMembershipJSON> = { role: 'org:admin' },
): ClerkEvent<'organizationMembership.updated'> {
  const { role } = changes
  return eventOf('organizationMembership.updated', changed(from, { ...(role && ofRole(role)), ...changes }))
}

/** Creates an `organizationMembership.deleted` event, which contains the whole membership as it was last. */
export function organizationMembershipDeleted(
  of: ClerkOrganizationMembershipJSON = membership(),
): ClerkEvent<'organizationMembership.deleted'> {
  return { ...eventOf('organizationMembership.deleted', structuredClone(of)), timestamp: Date.now() }
}
