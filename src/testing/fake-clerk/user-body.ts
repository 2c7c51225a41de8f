import { formError, invalidFormat, invalidValue } from './api-error'
import { type Body, checkBody, type Kind } from './body'
import { checkMetadataSize, type Metadata, type MetadataFields } from './metadata'

interface ProfileBody {
  external_id?: string | null
  first_name?: string | null
  last_name?: string | null
  username?: string | null
  password?: string | null
  locale?: string | null
  /** RFC 3339. */
  created_at?: string | null
  legal_accepted_at?: string | null
  delete_self_enabled?: boolean | null
  create_organization_enabled?: boolean | null
  create_organizations_limit?: number | null
  bypass_client_trust?: boolean | null
}

/** Parameters of `POST /users`. */
export interface CreateUserBody extends ProfileBody {
  /** The first is the primary one. */
  email_address?: string[] | null
  email_address_identification_status?: ('verified' | 'reserved')[]
  phone_number?: string[] | null
  phone_number_identification_status?: ('verified' | 'reserved')[]
  web3_wallet?: string[] | null
  public_metadata?: Metadata
  private_metadata?: Metadata
  unsafe_metadata?: Metadata
  banned?: boolean | null
  locked?: boolean | null
}

/** Parameters of `PATCH /users/{user_id}`. */
export interface UpdateUserBody extends ProfileBody {
  primary_email_address_id?: string | null
  primary_phone_number_id?: string | null
  primary_web3_wallet_id?: string | null
}

const profileKinds: Record<string, Kind> = {
  external_id: 'string',
  first_name: 'string',
  last_name: 'string',
  username: 'string',
  password: 'string',
  password_digest: 'string',
  password_hasher: 'any',
  skip_password_checks: 'boolean',
  totp_secret: 'string',
  backup_codes: 'strings',
  locale: 'string',
  created_at: 'time',
  legal_accepted_at: 'time',
  skip_legal_checks: 'boolean',
  delete_self_enabled: 'boolean',
  create_organization_enabled: 'boolean',
  create_organizations_limit: 'integer',
  bypass_client_trust: 'boolean',
}

const metadataKinds: Record<string, Kind> = {
  public_metadata: 'metadata',
  private_metadata: 'metadata',
  unsafe_metadata: 'metadata',
}

const createKinds: Record<string, Kind> = {
  ...profileKinds,
  ...metadataKinds,
  email_address: 'strings',
  email_address_identification_status: 'strings',
  phone_number: 'strings',
  phone_number_identification_status: 'strings',
  web3_wallet: 'strings',
  skip_password_requirement: 'boolean',
  skip_user_requirement: 'boolean',
  banned: 'boolean',
  locked: 'boolean',
}

const updateKinds: Record<string, Kind> = {
  ...profileKinds,
  primary_email_address_id: 'string',
  primary_phone_number_id: 'string',
  primary_web3_wallet_id: 'string',
  notify_primary_email_address_changed: 'boolean',
  profile_image_id: 'string',
  sign_out_of_other_sessions: 'boolean',
}

/** Checks the parameters of a new user. @throws {FakeClerkError} 422. */
export function readCreate(body: Body): CreateUserBody {
  checkBody(body, createKinds)
  const given = body as CreateUserBody
  checkProfile(given)
  for (const address of given.email_address ?? []) checkEmail(address)
  for (const number of given.phone_number ?? []) {
    if (!/^\+[1-9]\d{6,14}$/.test(number)) throw invalidFormat('phone_number', 'phone number according to E.164')
  }
  checkStatuses('email_address', given.email_address, given.email_address_identification_status)
  checkStatuses('phone_number', given.phone_number, given.phone_number_identification_status)
  const identifiers = ['email_address', 'phone_number', 'web3_wallet', 'username']
  const hasOne = identifiers.some((name) => [body[name] ?? []].flat().length > 0)
  if (!hasOne && !body.skip_user_requirement) {
    const message = `at least one of \`${identifiers.join(', ')}\` must be provided`
    throw formError('form_param_missing', identifiers[0] ?? '', 'at least one parameter must be provided', message)
  }
  checkMetadataSize(given)
  return given
}

/**
 * Checks the changes of a user. @param takesMetadata Accept metadata, as versions before 2026-05-12 do. @throws
 * {FakeClerkError} 422.
 */
export function readUpdate(body: Body, takesMetadata: boolean): UpdateUserBody & MetadataFields {
  checkBody(body, takesMetadata ? { ...updateKinds, ...metadataKinds } : updateKinds)
  checkProfile(body)
  return body
}

/** Checks that a body contains only metadata. @throws {FakeClerkError} 422. */
export function readMetadata(body: Body): MetadataFields {
  checkBody(body, metadataKinds)
  return body as MetadataFields
}

/** Checks the format of an e-mail address. @throws {FakeClerkError} 422. */
export function checkEmail(address: string): void {
  if (!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(address)) throw invalidFormat('email_address', 'email address')
}

function checkProfile({ username, password }: ProfileBody): void {
  if (typeof password === 'string' && password.length < 8) {
    throw formError('form_password_length_too_short', 'password', 'Passwords must be 8 characters or more.')
  }
  if (!username) return
  if (username.length < 4 || username.length > 64) {
    const message = 'Username must be between 4 and 64 characters long.'
    throw formError('form_username_invalid_length', 'username', message)
  }
  if (!/^[\w-]+$/.test(username)) {
    const message = "Username can only contain letters, numbers and '_' or '-'."
    throw formError('form_username_invalid_character', 'username', message)
  }
}

function checkStatuses(name: string, values: string[] | null | undefined, statuses: string[] = []): void {
  const param = `${name}_identification_status`
  if (statuses.length === 0) return
  if (statuses.length !== values?.length) throw invalidValue(param, `${param} must have one item for each ${name}.`)
  const isKnown = statuses.every((status) => status === 'verified' || status === 'reserved')
  if (!isKnown) throw invalidValue(param, `${param} allows verified and reserved.`)
}
