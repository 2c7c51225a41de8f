import { formError, notFound } from './api-error'
import { type Body, timeOf } from './body'
import type { SendEvent } from './event-log'
import { bareUser, type FakeUser, newEmail, newPhone, newWallet } from './fake-user'
import { checkMetadataSize, type MetadataFields, mergedFields } from './metadata'
import { type CreateUserBody, readCreate, readMetadata, readUpdate, type UpdateUserBody } from './user-body'
import type { UserStore } from './user-store'

/** `DeletedObject` of Clerk's API. */
export interface DeletedJSON {
  object: string
  id: string
  deleted: true
  slug?: string
  external_id?: string
}

interface UpdateOptions {
  /** Accept metadata, as versions of the API before 2026-05-12 do. @default false */
  takesMetadata?: boolean
  also?: Partial<FakeUser>
}

/** Creates, changes and deletes users, over HTTP or called directly. Each change sends its event. */
export class Users {
  readonly #store: UserStore
  readonly #sendEvent: SendEvent
  /** Called with the id of a user before it is deleted. */
  onDelete: (id: string) => void = () => {}

  constructor(store: UserStore, sendEvent: SendEvent) {
    this.#store = store
    this.#sendEvent = sendEvent
  }

  has(id: string): boolean {
    return this.#store.get(id) !== undefined
  }

  /** Returns the user. @throws {FakeClerkError} 404. */
  get(id: string): FakeUser {
    const user = this.#store.get(id)
    if (!user) throw notFound('user', id)
    return user
  }

  create(body: Body): FakeUser {
    const user = this.#store.put(newUser(readCreate(body), Date.now()))
    this.#sendEvent('user.created', user, user.updated_at)
    return user
  }

  /** @param options.also Further changes for the same event. */
  update(id: string, body: Body, { takesMetadata = false, also = {} }: UpdateOptions = {}): FakeUser {
    const user = this.get(id)
    const given = readUpdate(body, takesMetadata)
    const { public_metadata, private_metadata, unsafe_metadata } = given
    const metadata = defined({ public_metadata, private_metadata, unsafe_metadata })
    checkMetadataSize({ ...user, ...metadata })
    return this.change(user, { ...profileOf(given), ...primariesOf(user, given), ...metadata, ...also })
  }

  mergeMetadata(id: string, body: Body): FakeUser {
    const user = this.get(id)
    return this.#setMetadata(user, mergedFields(user, readMetadata(body)))
  }

  replaceMetadata(id: string, body: Body): FakeUser {
    return this.#setMetadata(this.get(id), readMetadata(body))
  }

  setBanned(id: string, banned: boolean): FakeUser {
    return this.change(this.get(id), { banned })
  }

  setLocked(id: string, locked: boolean): FakeUser {
    return this.change(this.get(id), lockOf(locked))
  }

  delete(id: string): DeletedJSON {
    const user = this.get(id)
    this.onDelete(id)
    this.#store.remove(user)
    const deleted = { object: 'user', id, deleted: true as const }
    const data = { ...deleted, ...(user.external_id !== null && { external_id: user.external_id }) }
    this.#sendEvent('user.deleted', data, nextVersion(user))
    return deleted
  }

  /** Stores the next state of a user and sends its event. */
  change(user: FakeUser, changes: Partial<FakeUser>): FakeUser {
    const changed = this.#store.put({ ...user, updated_at: nextVersion(user), ...changes })
    this.#sendEvent('user.updated', changed, changed.updated_at)
    return changed
  }

  #setMetadata(user: FakeUser, fields: MetadataFields): FakeUser {
    checkMetadataSize({ ...user, ...fields })
    return this.change(user, fields)
  }
}

/** A new version for each change, however fast they follow, because consumers compare versions. */
export function nextVersion({ updated_at }: { updated_at: number }): number {
  return Math.max(Date.now(), updated_at + 1)
}

function newUser(body: CreateUserBody, now: number): FakeUser {
  const at = timeOf(body.created_at) ?? now
  const statusOf = (status: string | undefined) => (status === 'reserved' ? 'reserved' : 'admin')
  const statuses = body.email_address_identification_status
  const emails = body.email_address?.map((address, i) => newEmail(address, statusOf(statuses?.[i]), now)) ?? []
  const phoneStatuses = body.phone_number_identification_status
  const phones = body.phone_number?.map((number, i) => newPhone(number, statusOf(phoneStatuses?.[i]), now)) ?? []
  const wallets = body.web3_wallet?.map((address) => newWallet(address, now)) ?? []
  const { public_metadata, private_metadata, unsafe_metadata, banned, locked } = body
  return {
    ...bareUser(at),
    ...profileOf(body),
    ...defined({ public_metadata, private_metadata, unsafe_metadata }),
    ...(locked && lockOf(true)),
    banned: banned ?? false,
    email_addresses: emails,
    phone_numbers: phones,
    web3_wallets: wallets,
    primary_email_address_id: emails[0]?.id ?? null,
    primary_phone_number_id: phones[0]?.id ?? null,
    primary_web3_wallet_id: wallets[0]?.id ?? null,
    created_at: at,
    updated_at: now,
  }
}

/** Fields that the API accepts unchanged, and those that follow from a password or a creation time. */
function profileOf(body: UpdateUserBody): Partial<FakeUser> {
  const { external_id, first_name, last_name, locale, create_organizations_limit } = body
  const { delete_self_enabled, create_organization_enabled, bypass_client_trust } = body
  const password = body.password ? { password_enabled: true, password_last_updated_at: Date.now() } : {}
  return {
    ...defined({ external_id, first_name, last_name, locale, create_organizations_limit }),
    ...present({ delete_self_enabled, create_organization_enabled, bypass_client_trust }),
    ...present({ created_at: timeOf(body.created_at), legal_accepted_at: timeOf(body.legal_accepted_at) }),
    // An empty text removes the username, like null.
    ...(body.username !== undefined && { username: body.username || null }),
    ...password,
  }
}

function primariesOf(user: FakeUser, body: UpdateUserBody): Partial<FakeUser> {
  const { primary_email_address_id, primary_phone_number_id, primary_web3_wallet_id } = body
  const primaries = present({ primary_email_address_id, primary_phone_number_id, primary_web3_wallet_id })
  const own = [...user.email_addresses, ...user.phone_numbers, ...user.web3_wallets]
  for (const [name, id] of Object.entries(primaries)) {
    const entry = own.find((one) => one.id === id)
    const message = `The resource associated with the supplied ${name} was not found.`
    if (!entry) throw formError('form_resource_not_found', name, 'is missing', message)
    if (entry.verification?.status !== 'verified') {
      throw formError(
        'form_param_value_invalid',
        name,
        'is invalid',
        `${name} must belong to a verified identification.`,
      )
    }
  }
  return primaries
}

function lockOf(locked: boolean): Partial<FakeUser> {
  return {
    locked,
    lockout_expires_in_seconds: locked ? 3_600 : null,
    verification_attempts_remaining: locked ? 0 : 100,
  }
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> }
type Present<T> = { [K in keyof T]?: NonNullable<T[K]> }

/** Removes `undefined` values. */
function defined<T extends object>(fields: T): Defined<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<T>
}

/** Removes `undefined` and `null` values. */
function present<T extends object>(fields: T): Present<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value != null)) as Present<T>
}
