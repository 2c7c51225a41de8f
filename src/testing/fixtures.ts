import type { ClerkUserDeletedEvent, ClerkUserEvent, ClerkUserJSON } from '../events'

export type UserOverrides = Partial<ClerkUserJSON> & {
  /** The primary address. `null` for none. */
  email?: string | null
  /** What Clerk says of it. @default true */
  emailVerified?: boolean
}

let made = 0
const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'
const newId = (prefix: string) =>
  `${prefix}_2${Array.from({ length: 26 }, () => letters[Math.floor(Math.random() * letters.length)]).join('')}`

const verification = (isVerified: boolean, strategy = 'email_code') => ({
  object: 'verification',
  status: isVerified ? 'verified' : 'unverified',
  strategy,
  attempts: isVerified ? 1 : null,
  expire_at: null,
})

function emailEntry(address: string, isVerified: boolean) {
  const id = newId('idn')
  return {
    id,
    object: 'email_address',
    email_address: address,
    reserved: false,
    verification: verification(isVerified),
    linked_to: [],
  }
}

/** A user as Clerk's webhooks and Backend API describe one, with every field Clerk documents. Ids are new at each call. */
function user(overrides: UserOverrides = {}): ClerkUserJSON {
  const { email = `person${++made}@example.com`, emailVerified = true, ...fields } = overrides
  const now = Date.now()
  const addresses = email === null ? [] : [emailEntry(email, emailVerified)]
  return {
    id: newId('user'),
    object: 'user',
    username: null,
    first_name: 'Ada',
    last_name: 'Lovelace',
    image_url: 'https://img.clerk.com/eyJ0eXBlIjoiZGVmYXVsdCJ9',
    has_image: false,
    primary_email_address_id: addresses[0]?.id ?? null,
    primary_phone_number_id: null,
    primary_web3_wallet_id: null,
    password_enabled: true,
    two_factor_enabled: false,
    totp_enabled: false,
    backup_code_enabled: false,
    email_addresses: addresses,
    phone_numbers: [],
    web3_wallets: [],
    passkeys: [],
    external_accounts: [],
    saml_accounts: [],
    enterprise_accounts: [],
    public_metadata: {},
    private_metadata: {},
    unsafe_metadata: {},
    external_id: null,
    last_sign_in_at: null,
    banned: false,
    locked: false,
    lockout_expires_in_seconds: null,
    verification_attempts_remaining: 100,
    created_at: now,
    updated_at: now,
    last_active_at: now,
    mfa_enabled_at: null,
    mfa_disabled_at: null,
    create_organization_enabled: true,
    delete_self_enabled: true,
    legal_accepted_at: null,
    locale: null,
    ...fields,
  } as ClerkUserJSON
}

/** Signed up by telephone: no address, no name. */
function phoneOnlyUser(overrides: UserOverrides = {}): ClerkUserJSON {
  const id = newId('idn')
  const phone = {
    id,
    object: 'phone_number',
    phone_number: '+15555550100',
    reserved: false,
    verification: verification(true, 'phone_code'),
    linked_to: [],
  }
  return user({
    email: null,
    first_name: null,
    last_name: null,
    primary_phone_number_id: id,
    phone_numbers: [phone],
    ...overrides,
  })
}

/** Signed up with Google: an external account beside the address. */
function oauthUser(overrides: UserOverrides = {}): ClerkUserJSON {
  const { email = `person${++made}@example.com` } = overrides
  const account = {
    id: newId('eac'),
    object: 'google_account',
    provider: 'oauth_google',
    provider_user_id: '113170000000000000000',
    approved_scopes: 'email openid profile',
    email_address: email ?? '',
    first_name: 'Grace',
    last_name: 'Hopper',
    public_metadata: {},
    label: null,
    verification: verification(true, 'oauth_google'),
  }
  const google = {
    first_name: 'Grace',
    last_name: 'Hopper',
    has_image: true,
    password_enabled: false,
    external_accounts: [account],
  }
  return user({ ...google, ...overrides, email })
}

/** Signed up with a wallet: nothing but its address. */
function web3User(overrides: UserOverrides = {}): ClerkUserJSON {
  const id = newId('idn')
  const wallet = {
    id,
    object: 'web3_wallet',
    web3_wallet: '0x00000000219ab540356cbb839cbe05303d7705fa',
    verification: verification(true, 'web3_metamask_signature'),
  }
  const web3 = { primary_web3_wallet_id: id, web3_wallets: [wallet] }
  return user({ email: null, first_name: null, last_name: null, ...web3, ...overrides } as UserOverrides)
}

/** Has a username and nothing else. */
function usernameOnlyUser(overrides: UserOverrides = {}): ClerkUserJSON {
  return user({ email: null, first_name: null, last_name: null, username: `person${++made}`, ...overrides })
}

/** Has three addresses, of which the primary one is not the first. */
function severalEmailsUser(overrides: UserOverrides = {}): ClerkUserJSON {
  const { email = `primary${++made}@example.com`, ...fields } = overrides
  const base = user({ email })
  const others = ['old', 'work'].map((name) => emailEntry(`${name}${++made}@example.com`, name === 'work'))
  const [primary] = base.email_addresses ?? []
  const list = [...others.slice(0, 1), ...(primary ? [primary] : []), ...others.slice(1)]
  return { ...base, email_addresses: list, ...fields }
}

const envelope = { object: 'event', instance_id: 'ins_2fixtureInstance00000000001' } as const

/** `user.created` for a new user, or for the one given. */
function userCreated(data: ClerkUserJSON = user()): ClerkUserEvent {
  return { ...envelope, type: 'user.created', data, timestamp: data.created_at ?? Date.now() }
}

/** `user.updated`, a second newer than the user given, with these changes. */
function userUpdated(from: ClerkUserJSON = user(), changes: UserOverrides = {}): ClerkUserEvent {
  const data = changedUser(from, changes)
  return { ...envelope, type: 'user.updated', data, timestamp: data.updated_at ?? Date.now() }
}

/** `user.deleted`: the id is all that Clerk says. */
function userDeleted(of: { id: string } = user()): ClerkUserDeletedEvent {
  return {
    ...envelope,
    type: 'user.deleted',
    data: { id: of.id, object: 'user', deleted: true },
    timestamp: Date.now(),
  }
}

/** The user with these changes, a second newer (unless `updated_at` is among them). */
function changedUser(from: ClerkUserJSON, changes: UserOverrides = {}): ClerkUserJSON {
  const { email, emailVerified = true, ...fields } = changes
  const addresses = email === undefined ? undefined : email === null ? [] : [emailEntry(email, emailVerified)]
  return {
    ...from,
    updated_at: (from.updated_at ?? 0) + 1_000,
    ...(addresses && { email_addresses: addresses, primary_email_address_id: addresses[0]?.id ?? null }),
    ...fields,
  }
}

/** The fields of an account that your app made itself, before or beside Clerk. */
function localUser<T extends object>(fields?: T) {
  return {
    email: `local${++made}@example.com`,
    username: `local${made}`,
    authProvider: 'local' as const,
    ...(fields as T),
  }
}

/** Builders for everything a handler meets; all data is invented. */
export const fixtures = {
  user,
  phoneOnlyUser,
  oauthUser,
  web3User,
  usernameOnlyUser,
  severalEmailsUser,
  changedUser,
  localUser,
  userCreated,
  userUpdated,
  userDeleted,
}
