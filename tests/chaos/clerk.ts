import { createHash } from 'node:crypto'
import type { ClerkUserJSON, ClerkWebhookEvent } from 'clerk-mongo-sync'
import { fixtures } from 'clerk-mongo-sync/testing'
import type { Endpoint } from './subject'

/** Something a person does at Clerk. Whom and which value it means is counted round what there is when it happens. */
export type Deed =
  | { do: 'signUp'; email: number | null; username: number | null; wait: number }
  | { do: 'email' | 'username' | 'profile'; who: number; value: number | null; wait: number }
  | { do: 'delete'; who: number; wait: number }

/** One Svix message, the same at every redelivery. */
export interface Told {
  id: string
  event: ClerkWebhookEvent
}

/** A message on its way to one of the endpoints. */
export interface Message extends Told {
  endpoint: Endpoint
}

/** What Clerk told in a history, and what it has at the end. */
export interface History {
  messages: Told[]
  live: Map<string, ClerkUserJSON>
  /** When each deleted user was deleted. */
  deleted: Map<string, number>
}

const START = 1_700_000_000_000
/** So few values that they meet all the time. */
const VALUES = 5

/** Plays deeds at a Clerk that, like the real one, never lets two users have one address or username at the same time. */
export function playAtClerk(deeds: readonly Deed[], salt: number): History {
  const clerk = new Clerk(salt)
  for (const deed of deeds) clerk.play(deed)
  return { messages: clerk.messages, live: clerk.live, deleted: clerk.deleted }
}

class Clerk {
  readonly messages: Told[] = []
  readonly live = new Map<string, ClerkUserJSON>()
  readonly deleted = new Map<string, number>()
  private now = START
  private made = 0

  constructor(private readonly salt: number) {}

  play(deed: Deed): void {
    this.now += deed.wait
    if (deed.do === 'signUp') this.signUp(deed)
    else this.change(deed)
  }

  private change(deed: Exclude<Deed, { do: 'signUp' }>): void {
    const user = [...this.live.values()][deed.who % Math.max(1, this.live.size)]
    if (!user) return
    if (deed.do === 'delete') this.delete(user.id)
    else this.update(deed, user)
  }

  private update({ do: what, value }: Exclude<Deed, { do: 'signUp' | 'delete' }>, user: ClerkUserJSON): void {
    if (what === 'profile') this.tell(user, { first_name: value === null ? null : `Name ${value}` })
    if (what === 'email') this.tell(user, { email: this.free('email', user.id, value) })
    if (what === 'username') this.tell(user, { username: this.free('username', user.id, value) })
  }

  private signUp({ email, username }: Deed & { do: 'signUp' }): void {
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

  private tell(user: ClerkUserJSON, changes: Parameters<typeof fixtures.changedUser>[1]): void {
    const current = this.live.get(user.id) ?? user
    const data = fixtures.changedUser(current, { ...changes, updated_at: this.now })
    this.live.set(user.id, data)
    this.send({ ...fixtures.userUpdated(data), data, timestamp: this.now })
  }

  private delete(id: string): void {
    this.live.delete(id)
    this.deleted.set(id, this.now)
    this.send({ ...fixtures.userDeleted({ id }), timestamp: this.now })
  }

  /** The value, once whoever has it has left it for another: Clerk would refuse it until then. */
  private free(kind: 'email' | 'username', ownId: string, value: number | null): string | null {
    if (value === null) return null
    const wanted = kind === 'email' ? `e${value % VALUES}@example.com` : `n${value % VALUES}`
    const holder = [...this.live.values()].find((user) => user.id !== ownId && held(user, kind) === wanted)
    if (holder) {
      // Now and then the address simply goes, as with an account that signs in by telephone.
      const next = value % 3 === 0 ? null : `${kind === 'email' ? 'left' : 'was'}.${++this.made}.${wanted}`
      this.tell(holder, kind === 'email' ? { email: next } : { username: next })
      this.now++
    }
    return wanted
  }

  private send(event: ClerkWebhookEvent): void {
    this.messages.push({ id: this.newId('msg'), event })
  }

  /** As unlike one another as Clerk's, and the same at every replay. */
  private newId(prefix: string): string {
    const hash = createHash('sha256')
      .update(`${this.salt}.${prefix}.${++this.made}`)
      .digest('base64')
    return `${prefix}_2${hash.replace(/[^0-9A-Za-z]/g, '').slice(0, 26)}`
  }
}

function held(user: ClerkUserJSON, kind: 'email' | 'username'): string | null | undefined {
  return kind === 'email' ? user.email_addresses?.[0]?.email_address : user.username
}
