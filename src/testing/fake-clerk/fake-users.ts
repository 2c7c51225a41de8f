import type { ClerkUserJSON } from '../../events/events'
import { type FakeUser, newEmail } from './fake-user'
import type { MetadataFields } from './metadata'
import { type CreateUserBody, checkEmail, type UpdateUserBody } from './user-body'
import type { UserStore } from './user-store'
import type { DeletedJSON, Users } from './users'

/** Parameters of a new user, as in `POST /users`. Without any address, number or name, an address is invented. */
export interface NewUser extends Omit<CreateUserBody, 'email_address'> {
  /** One or several verified addresses; the first is the primary one. */
  email_address?: string | string[]
}

/**
 * Changes of a user, as in `PATCH /users/{user_id}`, with metadata (replaced field by field) and a new primary address.
 */
export interface UserChanges extends UpdateUserBody, MetadataFields {
  /** A verified address that replaces all others. */
  email_address?: string
}

/**
 * The users, like a `Map` by id, with the changes that Clerk's dashboard can make. They take effect at once, with the
 * checks and events of the API. Methods throw a `FakeClerkError` where Clerk would refuse.
 */
export class FakeUsers implements Iterable<[string, FakeUser]> {
  readonly #store: UserStore
  readonly #users: Users

  constructor(store: UserStore, users: Users) {
    this.#store = store
    this.#users = users
  }

  get size(): number {
    return this.#store.size
  }

  get(id: string): FakeUser | undefined {
    return this.#store.get(id)
  }

  has(id: string): boolean {
    return this.#store.get(id) !== undefined
  }

  /** Finds the user with this address, ignoring case. */
  findByEmail(address: string): FakeUser | undefined {
    return this.#store.holder('email_address', address)
  }

  values(): IterableIterator<FakeUser> {
    return this.#store.all()
  }

  *[Symbol.iterator](): Iterator<[string, FakeUser]> {
    for (const user of this.#store.all()) yield [user.id, user]
  }

  /** Creates a user. Sends `user.created`. */
  create({ email_address, ...fields }: NewUser = {}): FakeUser {
    const hasOther = Boolean(fields.phone_number?.length || fields.web3_wallet?.length || fields.username)
    const invented = hasOther ? [] : [`person.${crypto.randomUUID()}@example.com`]
    const addresses = email_address === undefined ? invented : [email_address].flat()
    return this.#users.create({ ...fields, email_address: addresses })
  }

  /** Changes a user. Sends `user.updated`. */
  update(id: string, { email_address, ...changes }: UserChanges): FakeUser {
    if (email_address === undefined) return this.#users.update(id, { ...changes }, { takesMetadata: true })
    checkEmail(email_address)
    const email = newEmail(email_address, 'verified', Date.now())
    const also = { email_addresses: [email], primary_email_address_id: email.id }
    return this.#users.update(id, { ...changes }, { takesMetadata: true, also })
  }

  /** Merges metadata deeply; `null` removes a key. */
  mergeMetadata(id: string, metadata: MetadataFields): FakeUser {
    return this.#users.mergeMetadata(id, { ...metadata })
  }

  /** Bans a user. Sends `user.updated`. */
  ban(id: string): FakeUser {
    return this.#users.setBanned(id, true)
  }

  /** Ends a ban. Sends `user.updated`. */
  unban(id: string): FakeUser {
    return this.#users.setBanned(id, false)
  }

  /** Locks a user. Sends `user.updated`. */
  lock(id: string): FakeUser {
    return this.#users.setLocked(id, true)
  }

  /** Unlocks a user. Sends `user.updated`. */
  unlock(id: string): FakeUser {
    return this.#users.setLocked(id, false)
  }

  /** Deletes a user with its memberships. Sends `user.deleted`. */
  delete(id: string): DeletedJSON {
    return this.#users.delete(id)
  }

  /**
   * Sets any field of the JSON, also those that no API call sets (`external_accounts`, `deprovisioned`,
   * `last_sign_in_at`), and sends `user.updated`. A given `updated_at` is kept; an old one makes the event late.
   */
  patch(id: string, fields: Partial<ClerkUserJSON>): FakeUser {
    return this.#users.change(this.#users.get(id), fields as Partial<FakeUser>)
  }
}
