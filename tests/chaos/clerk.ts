import { createHash } from 'node:crypto'
import type { ClerkUserJSON, ClerkWebhookEvent } from 'clerk-mongo-sync'
import { fixtures } from 'clerk-mongo-sync/testing'
import type { Endpoint } from './subject'

/** A change at Clerk. `who` and `value` are taken modulo the number of users and values at that time. */
export type Action =
  | { do: 'signUp'; email: number | null; username: number | null; wait: number }
  | { do: 'email' | 'username' | 'profile'; who: number; value: number | null; wait: number }
  | { do: 'delete'; who: number; wait: number }

/** One Svix message, the same at every redelivery. */
export interface ClerkMessage {
  id: string
  event: ClerkWebhookEvent
}

/** A message on its way to one of the endpoints. */
export interface Message extends ClerkMessage {
  endpoint: Endpoint
}

/** The messages of a history, and the users of Clerk at its end. */
export interface History {
  messages: ClerkMessage[]
  live: Map<string, ClerkUserJSON>
  /** When each deleted user was deleted. */
  deleted: Map<string, number>
}

const START = 1_700_000_000_000
/** Number of addresses and usernames; small, so that users collide often. */
const VALUES = 5

/** Applies actions at a Clerk that, like the real one, never gives two users one address or username at a time. */
export function playAtClerk(actions: readonly Action[], salt: number): History {
  const clerk = new Clerk(salt)
  for (const action of actions) clerk.play(action)
  return { messages: clerk.messages, live: clerk.live, deleted: clerk.deleted }
}

/** Users at Clerk. */
export class Clerk {
  readonly messages: ClerkMessage[] = []
  readonly live = new Map<string, ClerkUserJSON>()
  readonly deleted = new Map<string, number>()
  protected now = START
  private made = 0

  constructor(private readonly salt: number) {}

  play(action: Action): void {
    this.now += action.wait
    if (action.do === 'signUp') this.signUp(action)
    else this.change(action)
  }

  private change(action: Exclude<Action, { do: 'signUp' }>): void {
    const user = [...this.live.values()][action.who % Math.max(1, this.live.size)]
    if (!user) return
    if (action.do === 'delete') this.delete(user.id)
    else this.update(action, user)
  }

  private update({ do: what, value }: Exclude<Action, { do: 'signUp' | 'delete' }>, user: ClerkUserJSON): void {
    if (what === 'profile') this.apply(user, { first_name: value === null ? null : `Name ${value}` })
    if (what === 'email') this.apply(user, { email: this.free('email', user.id, value) })
    if (what === 'username') this.apply(user, { username: this.free('username', user.id, value) })
  }

  private signUp({ email, username }: Action & { do: 'signUp' }): void {
    const id = this.newId('user')
    const data = fixtures.user({
      id,
      email: this.free('email', id, email),
      username: this.free('username', id, username),
      created_at: this.now,
      updated_at: this.now,
    })
    this.live.set(id, data)
    this.send({ ...fixtures.userCreated(data), timestamp: this.now })
  }

  private apply(user: ClerkUserJSON, changes: Parameters<typeof fixtures.changedUser>[1]): void {
    const current = this.live.get(user.id) ?? user
    const data = fixtures.changedUser(current, { ...changes, updated_at: this.now })
    this.live.set(user.id, data)
    this.send({ ...fixtures.userUpdated(data), data, timestamp: this.now })
  }

  protected delete(id: string): void {
    this.live.delete(id)
    this.deleted.set(id, this.now)
    this.send({ ...fixtures.userDeleted({ id }), timestamp: this.now })
  }

  /** The value, after its holder has changed to another: Clerk refuses it until then. */
  private free(kind: 'email' | 'username', ownId: string, value: number | null): string | null {
    if (value === null) return null
    const wanted = kind === 'email' ? `e${value % VALUES}@example.com` : `n${value % VALUES}`
    const holder = [...this.live.values()].find((user) => user.id !== ownId && held(user, kind) === wanted)
    if (holder) {
      // Some holders keep no address, like an account that signs in by phone.
      const next = value % 3 === 0 ? null : `${kind === 'email' ? 'left' : 'was'}.${this.newNumber()}.${wanted}`
      this.apply(holder, kind === 'email' ? { email: next } : { username: next })
      this.now++
    }
    return wanted
  }

  protected send(event: ClerkWebhookEvent): void {
    this.messages.push({ id: this.newId('msg'), event })
  }

  /** A number for a value that no user or organization has. */
  protected newNumber(): number {
    return ++this.made
  }

  /** An id in the format of Clerk, the same at every replay. */
  protected newId(prefix: string): string {
    const hash = createHash('sha256').update(`${this.salt}.${prefix}.${this.newNumber()}`).digest('base64')
    return `${prefix}_2${hash.replace(/[^0-9A-Za-z]/g, '').slice(0, 26)}`
  }
}

function held(user: ClerkUserJSON, kind: 'email' | 'username'): string | null | undefined {
  return kind === 'email' ? user.email_addresses?.[0]?.email_address : user.username
}
