import { ClerkSyncError } from '../errors'
import { isClerkId } from '../events/events'
import type { ClerkOrganizationMembershipJSON, MembershipPair } from '../events/membership'
import { sampleOrganizations } from './map-clerk-organization'
import { clerkJSON, text } from './map-clerk-user'

/** The fields of a membership stored by default, besides the ids of its organization and user. */
export interface MappedMembership {
  role: string | undefined
  permissions: string[] | undefined
  [path: string]: unknown
}

/**
 * Maps Clerk's membership to the fields stored by default. Extend its result in your own `mapMembership`. The ids of the
 * organization and the user are always stored, and need no map.
 *
 * @example
 * createClerkSync({
 *   users: User,
 *   memberships: Membership,
 *   mapMembership: (membership) => ({ ...mapClerkMembership(membership), title: membership.public_metadata?.title }),
 * })
 */
export function mapClerkMembership(membership: ClerkOrganizationMembershipJSON): MappedMembership {
  return { role: text(membership.role), permissions: texts(membership.permissions) }
}

function texts(value: unknown): string[] | undefined {
  return Array.isArray(value) ? value.filter((one) => text(one) !== undefined) : undefined
}

/** Returns the organization and the user of a membership; `undefined` if Clerk did not send both. */
export function membershipPair(json: ClerkOrganizationMembershipJSON): MembershipPair | undefined {
  const organizationId = json.organization?.id
  const userId = json.public_user_data?.user_id
  return isClerkId(organizationId) && isClerkId(userId) ? { organizationId, userId } : undefined
}

/**
 * Returns Clerk's JSON of a membership, given that JSON or the SDK's `OrganizationMembership` object.
 * @throws {ClerkSyncError} `invalid_clerk_user` for anything else, and for one without its organization or user.
 */
export function membershipJSON(input: unknown): ClerkOrganizationMembershipJSON {
  const json = clerkJSON<ClerkOrganizationMembershipJSON>(input, 'membership')
  if (membershipPair(json)) return json
  throw new ClerkSyncError(
    'invalid_clerk_user',
    'This membership lacks the id of its organization (`organization.id`) or of its user (`public_user_data.user_id`).',
  )
}

const [full, sparse] = sampleOrganizations
const sample = (id: string, organization: typeof full, userId: string): ClerkOrganizationMembershipJSON => ({
  id,
  role: 'org:member',
  permissions: ['org:sys_memberships:read'],
  public_metadata: {},
  private_metadata: {},
  organization,
  public_user_data: { user_id: userId },
  created_at: 1_700_000_000_000,
  updated_at: 1_700_000_000_000,
})

/** Memberships on which `mapMembership` is tried at start-up. */
export const sampleMemberships: readonly [
  full: ClerkOrganizationMembershipJSON,
  sparse: ClerkOrganizationMembershipJSON,
] = [
  sample('orgmem_2sampleFullMember000001', full, 'user_2sampleFullUser00000000001'),
  sample('orgmem_2sampleBareMember000002', sparse, 'user_2sampleBareUser00000000002'),
]

/**
 * Returns a similar membership of another user in another organization.
 * @param mark Letters and digits that distinguish the copies.
 */
export function twinMembership(
  membership: ClerkOrganizationMembershipJSON,
  mark: string,
): ClerkOrganizationMembershipJSON {
  const twin = (id: string) => `${id.slice(0, -mark.length)}${mark}`
  const { organizationId, userId } = membershipPair(membership) as MembershipPair
  return {
    ...membership,
    id: twin(membership.id),
    organization: { ...membership.organization, id: twin(organizationId) },
    public_user_data: { ...membership.public_user_data, user_id: twin(userId) },
  }
}
