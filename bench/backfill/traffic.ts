import { setTimeout as sleep } from 'node:timers/promises'
import type { FakeClerk } from 'clerk-mongo-sync/testing'

/** Between two changes. With organizations, one change can be of hundreds of memberships. */
const PAUSE_MS = { ofUsers: 40, ofMembers: 200 }

/**
 * Changes at Clerk during a job: of users some sign-ups, more updates, few deletions. If there are organizations, most
 * changes are of their members, who come and go and change their roles, and few of the organizations themselves.
 */
export class Traffic {
  /** Number of changes. */
  changes = 0
  #isOn = true
  readonly #ended: Promise<void>
  readonly #users: string[]
  readonly #organizations: string[]

  constructor(private readonly clerk: FakeClerk) {
    this.#users = [...clerk.users].map(([id]) => id)
    this.#organizations = [...clerk.organizations].map(([id]) => id)
    this.#ended = this.#run()
  }

  async stop(): Promise<void> {
    this.#isOn = false
    await this.#ended
  }

  async #run(): Promise<void> {
    const pause = this.#organizations.length === 0 ? PAUSE_MS.ofUsers : PAUSE_MS.ofMembers
    while (this.#isOn) {
      const luck = Math.random()
      if (this.#organizations.length === 0 || luck < 0.15) this.#changeUsers()
      else if (luck < 0.2) this.#changeOrganizations()
      else this.#changeMembers()
      this.changes++
      await sleep(pause)
    }
  }

  #changeUsers(): void {
    const { users } = this.clerk
    const luck = Math.random()
    const id = oneOf(this.#users)
    if (id === undefined || luck < 0.2) this.#users.push(users.create({ first_name: 'New' }).id)
    else if (luck < 0.3) {
      users.delete(id)
      drop(this.#users, id)
    } else users.update(id, { first_name: `Changed ${this.changes}` })
  }

  #changeOrganizations(): void {
    const { organizations } = this.clerk
    const luck = Math.random()
    const id = oneOf(this.#organizations)
    if (id === undefined || luck < 0.2) this.#organizations.push(organizations.create({ name: 'New' }).id)
    else if (luck < 0.3) {
      organizations.delete(id)
      drop(this.#organizations, id)
    } else organizations.update(id, { name: `Changed ${this.changes}` })
  }

  #changeMembers(): void {
    const { organizations } = this.clerk
    const id = oneOf(this.#organizations) ?? ''
    const members = organizations.members(id).map((one) => one.public_user_data?.user_id ?? '')
    const [user, member] = [oneOf(this.#users), oneOf(members)]
    const luck = Math.random()
    if (member === undefined || luck < 0.35) {
      if (user !== undefined && !members.includes(user)) organizations.addMember(id, user)
    } else if (luck < 0.65) organizations.removeMember(id, member)
    else organizations.changeRole(id, member, Math.random() < 0.5 ? 'org:admin' : 'org:member')
  }
}

const oneOf = (ids: readonly string[]): string | undefined => ids[Math.floor(Math.random() * ids.length)]

/** Removes an id; the last one takes its place. */
function drop(ids: string[], id: string): void {
  const last = ids.pop()
  if (last !== undefined && last !== id) ids[ids.indexOf(id)] = last
}
