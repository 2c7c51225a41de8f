import { count } from '../../number-options'
import { randomFrom } from './chaos'
import { newClerkId } from './clerk-id'
import type { SendEvent } from './event-log'
import type { StoredMembership } from './membership-store'
import type { Memberships } from './memberships'
import type { Organizations } from './organizations'
import { timesSince } from './past'
import type { UserStore } from './user-store'

/** The options of `seed()` that also concern organizations. */
export interface SeedOrganizationsOptions {
  /** Whether to send the event of each creation. @default false */
  events?: boolean
  /** Also adds this many invented organizations. @default 0 */
  organizations?: number
  /**
   * Also adds this many memberships in those organizations, of random users of the fake Clerk. The first member of each
   * organization is its creator and admin. @default 0
   */
  memberships?: number
  /** When the first user signed up, in milliseconds. @default a year ago */
  since?: number
  /** The same seed creates the same people, with other ids. @default 1 */
  seed?: number
}

/** What organizations and memberships are added to. */
export interface SeedTarget {
  store: UserStore
  organizations: Organizations
  memberships: Memberships
}

/**
 * Adds invented organizations, and memberships of random users in random ones of them, made in the past. The first
 * member of each is its creator, and its admin.
 * @throws {ClerkSyncError} `invalid_option` for more memberships than pairs of a user and one of these organizations.
 */
export function seedOrganizations(
  { store, organizations, memberships }: SeedTarget,
  options: SeedOrganizationsOptions,
  sendEvent: SendEvent,
): void {
  const wanted = count('organizations', options.organizations ?? 0, 0, Number.MAX_SAFE_INTEGER)
  const users = [...store.all()].map(({ id }) => id)
  const members = count('memberships', options.memberships ?? 0, 0, wanted * users.length)
  const random = randomFrom((options.seed ?? 1) + organizations.all.size)
  const pick = (from: readonly string[]) => from[Math.floor(random() * from.length)] ?? ''
  const ids: string[] = []
  const first = organizations.all.size + 1
  for (const at of timesSince(options.since, wanted, random)) {
    const isFounded = ids.length < members
    const draft = organizations.draft(`Organization ${first + ids.length}`, at)
    const organization = { ...draft, ...(isFounded && { created_by: pick(users) }) }
    organizations.put(organization)
    if (options.events) sendEvent('organization.created', { ...organization, members_count: Number(isFounded) }, at)
    ids.push(organization.id)
  }
  let made = 0
  for (const at of timesSince(options.since, members, random)) {
    const creator = organizations.all.get(ids[made] ?? '')?.created_by
    const [organizationId, userId] = creator ? [ids[made] ?? '', creator] : freePair()
    const membership = membershipOf({ organizationId, userId }, creator ? 'org:admin' : 'org:member', at)
    memberships.restore(membership)
    if (options.events) memberships.sendCreated(membership)
    made += 1
  }

  /** A random pair without a membership. If a hundred are taken, the next one that is free. */
  function freePair(): [organizationId: string, userId: string] {
    for (let attempt = 0; attempt < 100; attempt += 1) {
      const [organizationId, userId] = [pick(ids), pick(users)]
      if (!memberships.has(userId, organizationId)) return [organizationId, userId]
    }
    const organizationId = ids.find((id) => memberships.count(id) < users.length) ?? ''
    return [organizationId, users.find((id) => !memberships.has(id, organizationId)) ?? '']
  }
}

function membershipOf(pair: { organizationId: string; userId: string }, role: string, at: number): StoredMembership {
  const metadata = { public_metadata: {}, private_metadata: {} }
  return { id: newClerkId('orgmem', at), ...pair, role, ...metadata, created_at: at, updated_at: at }
}
