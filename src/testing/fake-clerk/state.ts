import type { Message } from './event-log'
import { type FakeUser, wholeUser } from './fake-user'
import type { StoredMembership } from './membership-store'
import type { Memberships } from './memberships'
import type { FakeOrganization, Organizations } from './organizations'
import type { Svix } from './svix'
import type { UserStore } from './user-store'

/** Everything that a fake Clerk needs to continue after a restart, as plain JSON. */
export interface FakeClerkState {
  secretKey: string
  signingSecret: string
  instanceId: string
  users: readonly FakeUser[]
  organizations: readonly FakeOrganization[]
  memberships: readonly StoredMembership[]
  /** Events that are not delivered yet. */
  messages: readonly Message[]
  /** Number of users that `seed` invented. */
  invented: number
}

/** The parts of a running fake Clerk that hold data. */
interface Kept {
  store: UserStore
  organizations: Organizations
  memberships: Memberships
  svix: Svix
}

/** The state without the keys and the number of invented users. */
export function contentsOf({ store, organizations, memberships, svix }: Kept) {
  return {
    users: [...store.all()],
    organizations: [...organizations.all.values()],
    memberships: memberships.stored(),
    messages: svix.pending(),
  }
}

/** Adds everything except the messages, without events. @throws {Error} if two users have the same address. */
export function restore({ store, organizations, memberships }: Omit<Kept, 'svix'>, state: FakeClerkState): void {
  for (const user of state.users) store.put(wholeUser(user))
  for (const organization of state.organizations) organizations.put(organization)
  for (const membership of state.memberships) memberships.restore(membership)
}
