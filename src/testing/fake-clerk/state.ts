import type { Message } from './event-log'
import { type FakeUser, wholeUser } from './fake-user'
import type { Memberships, StoredMembership } from './memberships'
import type { FakeOrganization, Organizations } from './organizations'
import type { Svix } from './svix'
import type { UserStore } from './user-store'

/** What a fake Clerk goes on from when it is started again: plain JSON. */
export interface FakeClerkState {
  secretKey: string
  signingSecret: string
  instanceId: string
  users: readonly FakeUser[]
  organizations: readonly FakeOrganization[]
  memberships: readonly StoredMembership[]
  /** Events that are still to be delivered. */
  messages: readonly Message[]
  /** How many users `seed` has invented. */
  invented: number
}

/** Where all of it is kept while a fake Clerk runs. */
interface Kept {
  store: UserStore
  organizations: Organizations
  memberships: Memberships
  svix: Svix
}

/** Without the keys and the number of invented users. */
export function contentsOf({ store, organizations, memberships, svix }: Kept) {
  return {
    users: [...store.all()],
    organizations: [...organizations.all.values()],
    memberships: memberships.stored(),
    messages: svix.pending(),
  }
}

/** Takes in what was kept but the messages, untold. @throws where two users have the same address. */
export function restore({ store, organizations, memberships }: Omit<Kept, 'svix'>, state: FakeClerkState): void {
  for (const user of state.users) store.put(wholeUser(user))
  for (const organization of state.organizations) organizations.all.set(organization.id, organization)
  for (const membership of state.memberships) memberships.restore(membership)
}
