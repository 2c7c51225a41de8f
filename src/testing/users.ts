import type { ClerkUserJSON } from '../events/events'
import { emailEntry, googleAccount, newAddress, newId, newName, phoneEntry, walletEntry } from './user-parts'

/** Fields of Clerk's JSON to set, with shorthands for the primary address. */
export type UserOverrides = Partial<ClerkUserJSON> & {
  /** The primary address. `null`: none. */
  email?: string | null
  /** Whether Clerk verified it. @default true */
  emailVerified?: boolean
}

/** Creates a user as in Clerk's webhooks and Backend API, with every documented field. Ids are new at each call. */
export function user(overrides: UserOverrides = {}): ClerkUserJSON {
  const { email = newAddress(), emailVerified = true, ...fields } = overrides
  const addresses = email === null ? [] : [emailEntry(email, emailVerified)]
  const now = Date.now()
  const whole = {
    ...bareUser,
    id: newId('user'),
    first_name: 'Ada',
    last_name: 'Lovelace',
    primary_email_address_id: addresses[0]?.id ?? null,
    email_addresses: addresses,
    password_last_updated_at: now,
    created_at: now,
    updated_at: now,
    last_active_at: now,
    ...fields,
  }
  // A deep copy, so that no two users share an object that a test could change.
  return structuredClone(whole)
}

const bareUser = {
  object: 'user',
  username: null,
  profile_image_url: 'https://img.clerk.com/eyJ0eXBlIjoiZGVmYXVsdCJ9',
  image_url: 'https://img.clerk.com/eyJ0eXBlIjoiZGVmYXVsdCJ9',
  has_image: false,
  primary_phone_number_id: null,
  primary_web3_wallet_id: null,
  password_enabled: true,
  two_factor_enabled: false,
  totp_enabled: false,
  backup_code_enabled: false,
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
  deprovisioned: false,
  lockout_expires_in_seconds: null,
  verification_attempts_remaining: 100,
  mfa_enabled_at: null,
  mfa_disabled_at: null,
  create_organization_enabled: true,
  create_organizations_limit: null,
  delete_self_enabled: true,
  legal_accepted_at: null,
  locale: null,
}

const nameless = { first_name: null, last_name: null, password_enabled: false, password_last_updated_at: null }

/** Creates a user who signed up by phone: no address, no name. */
export function phoneOnlyUser(overrides: UserOverrides = {}): ClerkUserJSON {
  const phone = phoneEntry('+15555550100')
  const phones = { primary_phone_number_id: phone.id, phone_numbers: [phone] }
  return user({ email: null, ...nameless, ...phones, ...overrides })
}

/** Creates a user who signed up with Google: an external account, and an address verified by Google. */
export function oauthUser(overrides: UserOverrides = {}): ClerkUserJSON {
  const { email = newAddress(), emailVerified: _, ...fields } = overrides
  const name = { first_name: 'Grace', last_name: 'Hopper' }
  const { account, email: address } = googleAccount(email ?? '', name)
  const google = {
    ...nameless,
    ...name,
    has_image: true,
    external_accounts: [account],
    ...(email !== null && { primary_email_address_id: address.id, email_addresses: [address] }),
  }
  return user({ email: null, ...google, ...fields })
}

/** Creates a user who signed up with a wallet, and has only its address. */
export function web3User(overrides: UserOverrides = {}): ClerkUserJSON {
  const wallet = walletEntry('0x00000000219ab540356cbb839cbe05303d7705fa')
  const web3 = { primary_web3_wallet_id: wallet.id, web3_wallets: [wallet] }
  return user({ email: null, ...nameless, ...web3, ...overrides })
}

/** Creates a user with only a username and a password. */
export function usernameOnlyUser(overrides: UserOverrides = {}): ClerkUserJSON {
  return user({ email: null, first_name: null, last_name: null, username: newName('person'), ...overrides })
}

/** Creates a user with three addresses, of which the primary one is not the first. */
export function severalEmailsUser(overrides: UserOverrides = {}): ClerkUserJSON {
  const { email = newAddress('primary'), emailVerified = true, ...fields } = overrides
  const [old, work] = [emailEntry(newAddress('old'), false), emailEntry(newAddress('work'), true)]
  const primary = email === null ? [] : [emailEntry(email, emailVerified)]
  const addresses = { email_addresses: [old, ...primary, work], primary_email_address_id: primary[0]?.id ?? null }
  return user({ email: null, ...addresses, ...fields })
}

/** Returns the user with these changes, one second newer (unless `updated_at` is given). */
export function changedUser(from: ClerkUserJSON, changes: UserOverrides = {}): ClerkUserJSON {
  const { email, emailVerified = true, ...fields } = changes
  const addresses = email ? [emailEntry(email, emailVerified)] : []
  const changed = {
    ...from,
    updated_at: (from.updated_at ?? 0) + 1_000,
    ...(email !== undefined && { email_addresses: addresses, primary_email_address_id: addresses[0]?.id ?? null }),
    ...fields,
  }
  return structuredClone(changed)
}

/** Returns the fields of an account that your app created itself. */
export function localUser(): { email: string; username: string; authProvider: 'local' }
export function localUser<T extends object>(
  fields: T,
): Omit<{ email: string; username: string; authProvider: 'local' }, keyof T> & T
export function localUser(fields: object = {}) {
  return { email: newAddress('local'), username: newName('local'), authProvider: 'local', ...fields }
}
