import type { ClerkUserJSON } from '../../events/events'
import { type FakeUser, newEmail } from './fake-user'
import type { MetadataFields } from './metadata'
import { type CreateUserBody, checkEmail, type UpdateUserBody } from './user-body'
import type { UserStore } from './user-store'
import type { DeletedJSON, Users } from './users'

/** What a new user is to have: parameters of `POST /users`. Without any address, number or name an address is invented. */
export interface NewUser extends Omit<CreateUserBody, 'email_address'> {
  /** The first is the primary one; verified. */
  email_address?: string | string[]
}

/** What is to change: parameters of `PATCH /users/{user_id}`, metadata (replaced field by field), and a new primary address. */
export interface UserChanges extends UpdateUserBody, MetadataFields {
  /** Takes the place of all addresses there were; verified. */
  email_address?: string
}

/**
 * The users there are, like a `Map` by id, and what one can do to them in Clerk's dashboard: at once, with the checks and the
 * events of the API. Verbs throw a `FakeClerkError` where Clerk would refuse.
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

  findByEmail(address: string): FakeUser | undefined {
    return this.#store.holder('email_address', address)
  }

  values(): IterableIterator<FakeUser> {
    return this.#store.all()
  }

  *[Symbol.iterator](): Iterator<[string, FakeUser]> {
    for (const user of this.#store.all()) yield [user.id, user]
  }

  create({ email_address, ...fields }: NewUser = {}): FakeUser {
    const hasOther = Boolean(fields.phone_number?.length || fields.web3_wallet?.length || fields.username)
    const invented = hasOther ? [] : [`person.${crypto.randomUUID()}@example.com`]
    const addresses = email_address === undefined ? invented : [email_address].flat()
    return this.#users.create({ ...fields, email_address: addresses })
  }

  update(id: string, { email_address, ...changes }: UserChanges): FakeUser {
    if (email_address === undefined) return this.#users.update(id, { ...changes }, { takesMetadata: true })
    checkEmail(email_address)
    const email = newEmail(email_address, 'verified', Date.now())
    const also = { email_addresses: [email], primary_email_address_id: email.id }
    return this.#users.update(id, { ...changes }, { takesMetadata: true, also })
  }

  /** Deep; `null` removes a key. */
  mergeMetadata(id: string, metadata: MetadataFields): FakeUser {
    return this.#users.mergeMetadata(id, { ...metadata })
  }

  ban(id: string): FakeUser {
    return this.#users.setBanned(id, true)
  }

  unban(id: string): FakeUser {
    return this.#users.setBanned(id, false)
  }

  lock(id: string): FakeUser {
    return this.#users.setLocked(id, true)
  }

  unlock(id: string): FakeUser {
    return this.#users.setLocked(id, false)
  }

  delete(id: string): DeletedJSON {
    return this.#users.delete(id)
  }

  /**
   * Any field of the JSON, also what no call of the API sets (`external_accounts`, `deprovisioned`, `last_sign_in_at`), told as
   * `user.updated`. A given `updated_at` is kept: with an old one the event is late.
   */
  patch(id: string, fields: Partial<ClerkUserJSON>): FakeUser {
    return this.#users.change(this.#users.get(id), fields as Partial<FakeUser>)
  }
}
