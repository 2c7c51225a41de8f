import { identifierExists } from './api-error'
import type { FakeUser } from './fake-user'
import { type Place, Places } from './places'

/** Values that must be unique among users: the parameter's name, and Clerk's words for it. */
const identifierKinds = {
  email_address: 'email address',
  phone_number: 'phone number',
  web3_wallet: 'web3 wallet',
  username: 'username',
  external_id: 'external ID',
} as const

/** A kind of value that must be unique among users. */
export type IdentifierKind = keyof typeof identifierKinds

/** The users, by id and in order of creation, with unique identifiers. Users are replaced, never modified. */
export class UserStore {
  readonly #users = new Map<string, FakeUser>()
  readonly #holders = new Map<string, string>()
  readonly #places = new Places()
  /** Increases with every change. */
  version = 0

  get size(): number {
    return this.#users.size
  }

  get(id: string): FakeUser | undefined {
    return this.#users.get(id)
  }

  all(): IterableIterator<FakeUser> {
    return this.#users.values()
  }

  /** The user with this address, name or number, ignoring case. */
  holder(kind: IdentifierKind, value: string): FakeUser | undefined {
    return this.#users.get(this.#holders.get(keyOf(kind, value)) ?? '')
  }

  /**
   * Adds a user, or the next state of one. @throws {FakeClerkError} 422 if another user has one of its identifiers;
   * nothing changes then.
   */
  put(user: FakeUser): FakeUser {
    const before = this.#users.get(user.id)
    const identifiers = identifiersOf(user)
    for (const [kind, value] of identifiers) {
      const holder = this.#holders.get(keyOf(kind, value))
      if (holder !== undefined && holder !== user.id) throw identifierExists(kind, identifierKinds[kind])
    }
    if (before) for (const [kind, value] of identifiersOf(before)) this.#holders.delete(keyOf(kind, value))
    for (const [kind, value] of identifiers) this.#holders.set(keyOf(kind, value), user.id)
    if (before?.created_at !== user.created_at) {
      if (before) this.#places.remove(before)
      this.#places.add(user)
    }
    this.#users.set(user.id, user)
    this.version += 1
    return user
  }

  remove(user: FakeUser): void {
    this.#places.remove(user)
    for (const [kind, value] of identifiersOf(user)) this.#holders.delete(keyOf(kind, value))
    this.#users.delete(user.id)
    this.version += 1
  }

  /** All users, oldest first. */
  inOrder(): readonly Place[] {
    return this.#places.inOrder()
  }
}

function identifiersOf(user: FakeUser): [IdentifierKind, string][] {
  const found: [IdentifierKind, string][] = []
  for (const { email_address } of user.email_addresses) found.push(['email_address', email_address])
  for (const { phone_number } of user.phone_numbers) found.push(['phone_number', phone_number])
  for (const { web3_wallet } of user.web3_wallets) if (web3_wallet) found.push(['web3_wallet', web3_wallet])
  if (user.username !== null) found.push(['username', user.username])
  if (user.external_id !== null) found.push(['external_id', user.external_id])
  return found
}

/** External ids are case-sensitive, all other identifiers are not. */
function keyOf(kind: IdentifierKind, value: string): string {
  return `${kind} ${kind === 'external_id' ? value : value.toLowerCase()}`
}
