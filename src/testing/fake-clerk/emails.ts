import { formError, invalidValue, missingParameter, notFound } from './api-error'
import { type Body, checkBody, textOf } from './body'
import { type AddressStatus, type FakeUser, newEmail } from './fake-user'
import { param, type Route } from './routes'
import { checkEmail } from './user-body'
import type { UserStore } from './user-store'
import type { Users } from './users'

type Email = FakeUser['email_addresses'][number]

/** The API for e-mail addresses. Each call changes its user and sends the event. */
export class Emails {
  readonly #users: Users
  readonly #store: UserStore

  constructor(users: Users, store: UserStore) {
    this.#users = users
    this.#store = store
  }

  get(id: string): Email {
    return this.#find(id).email
  }

  create(body: Body): Email {
    const kinds = { user_id: 'string', email_address: 'string', verified: 'boolean', primary: 'boolean' } as const
    checkBody(body, { ...kinds, ...notification }, ['user_id', 'email_address'])
    const user = this.#users.get(String(body.user_id))
    const address = addressIn(body)
    const email = newEmail(address, body.verified === true ? 'admin' : 'unverified', Date.now())
    const isPrimary = body.primary === true || user.email_addresses.length === 0
    this.#users.change(user, {
      email_addresses: [...user.email_addresses, email],
      ...(isPrimary && { primary_email_address_id: email.id }),
    })
    return email
  }

  update(id: string, body: Body): Email {
    checkBody(body, { verified: 'boolean', primary: 'boolean', ...notification })
    const { user, email } = this.#find(id)
    const { verification } = newEmail(email.email_address, 'admin', Date.now())
    const isVerified = email.verification?.status === 'verified'
    const changed: Email =
      body.verified === true && !isVerified
        ? { ...email, verification: verification ?? null, reserved: false, updated_at: Date.now() }
        : email
    if (body.primary === true && changed.verification?.status !== 'verified') {
      throw invalidValue('primary', 'Only a verified email address can be the primary one.')
    }
    this.#users.change(user, {
      email_addresses: user.email_addresses.map((one) => (one === email ? changed : one)),
      ...(body.primary === true && { primary_email_address_id: id }),
    })
    return changed
  }

  /** Deletes an address. The next verified one replaces a primary address. */
  delete(id: string) {
    const { user, email } = this.#find(id)
    const left = user.email_addresses.filter((one) => one !== email)
    const next = left.find(({ verification }) => verification?.status === 'verified')
    const isPrimary = user.primary_email_address_id === id
    this.#users.change(user, {
      email_addresses: left,
      ...(isPrimary && { primary_email_address_id: next?.id ?? null }),
    })
    return { object: 'email_address', id, deleted: true }
  }

  /** Replaces all addresses with one. */
  replace(userId: string, body: Body): Email {
    checkBody(body, { email_address: 'string', identification_status: 'string', ...notification }, ['email_address'])
    const user = this.#users.get(userId)
    const address = addressIn(body)
    const wanted = textOf(body.identification_status) ?? 'verified'
    const status = statuses[wanted]
    if (!status) {
      const message = `${wanted} does not match the allowed values for parameter identification_status.`
      throw invalidValue('identification_status', message)
    }
    if (user.email_addresses.some(({ linked_to }) => (linked_to?.length ?? 0) > 0)) {
      const message = 'An address is linked to a connected account. Remove the connected account first.'
      throw formError('form_param_value_invalid', 'email_address', 'is invalid', message)
    }
    const email = newEmail(address, status, Date.now())
    this.#users.change(user, { email_addresses: [email], primary_email_address_id: email.id })
    return email
  }

  #find(id: string): { user: FakeUser; email: Email } {
    for (const user of this.#store.all()) {
      const email = user.email_addresses.find((one) => one.id === id)
      if (email) return { user, email }
    }
    throw notFound('email address', id)
  }
}

const notification = { notify_primary_email_address_changed: 'boolean' } as const

const statuses: Record<string, AddressStatus | undefined> = {
  verified: 'admin',
  reserved: 'reserved',
  unverified: 'unverified',
}

function addressIn({ email_address }: Body): string {
  const address = textOf(email_address)
  if (!address) throw missingParameter('email_address')
  checkEmail(address)
  return address
}

/** Routes of the API for e-mail addresses. @see https://clerk.com/docs/reference/backend-api/tag/email-addresses */
export function emailRoutes(emails: Emails): Route[] {
  const id = '/email_addresses/:id'
  return [
    { method: 'POST', path: '/email_addresses', answer: ({ body }) => emails.create(body) },
    { method: 'GET', path: id, answer: (call) => emails.get(param(call, 'id')) },
    { method: 'PATCH', path: id, answer: (call) => emails.update(param(call, 'id'), call.body) },
    { method: 'DELETE', path: id, answer: (call) => emails.delete(param(call, 'id')) },
    {
      method: 'PUT',
      path: '/users/:id/email_address',
      answer: (call) => emails.replace(param(call, 'id'), call.body),
    },
  ]
}
