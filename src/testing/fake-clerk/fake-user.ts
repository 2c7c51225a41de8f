import type { ClerkEmailAddressJSON, ClerkPhoneNumberJSON, ClerkUserJSON } from '../../events/events'
import { phoneEntry, walletEntry } from '../user-parts'
import { newClerkId } from './clerk-id'
import type { Metadata } from './metadata'

/** A user of the fake Clerk: the JSON of Clerk's API, with every field of its OpenAPI file. Do not modify it. */
export interface FakeUser extends ClerkUserJSON {
  readonly object: 'user'
  readonly username: string | null
  readonly first_name: string | null
  readonly last_name: string | null
  readonly external_id: string | null
  readonly image_url: string
  readonly has_image: boolean
  readonly primary_email_address_id: string | null
  readonly email_addresses: readonly ClerkEmailAddressJSON[]
  readonly phone_numbers: readonly ClerkPhoneNumberJSON[]
  readonly web3_wallets: NonNullable<ClerkUserJSON['web3_wallets']>
  readonly external_accounts: NonNullable<ClerkUserJSON['external_accounts']>
  readonly public_metadata: Metadata
  readonly private_metadata: Metadata
  readonly unsafe_metadata: Metadata
  readonly banned: boolean
  readonly locked: boolean
  readonly last_sign_in_at: number | null
  readonly last_active_at: number | null
  readonly created_at: number
  readonly updated_at: number
}

const avatar = 'https://img.clerk.com/eyJ0eXBlIjoiZGVmYXVsdCJ9'

/** Creates a user with no field set. @param at Creation time in milliseconds. */
export function bareUser(at: number): FakeUser {
  return {
    id: newClerkId('user', at),
    object: 'user',
    external_id: null,
    username: null,
    first_name: null,
    last_name: null,
    locale: null,
    image_url: avatar,
    profile_image_url: avatar,
    has_image: false,
    primary_email_address_id: null,
    primary_phone_number_id: null,
    primary_web3_wallet_id: null,
    email_addresses: [],
    phone_numbers: [],
    web3_wallets: [],
    passkeys: [],
    external_accounts: [],
    saml_accounts: [],
    enterprise_accounts: [],
    public_metadata: {},
    private_metadata: {},
    unsafe_metadata: {},
    password_enabled: false,
    two_factor_enabled: false,
    totp_enabled: false,
    backup_code_enabled: false,
    password_last_updated_at: null,
    mfa_enabled_at: null,
    mfa_disabled_at: null,
    banned: false,
    locked: false,
    deprovisioned: false,
    lockout_expires_in_seconds: null,
    verification_attempts_remaining: 100,
    delete_self_enabled: true,
    create_organization_enabled: true,
    create_organizations_limit: null,
    legal_accepted_at: null,
    bypass_client_trust: false,
    last_sign_in_at: null,
    last_active_at: null,
    created_at: at,
    updated_at: at,
  }
}

/**
 * State of an address: `verified` by the user, by the Backend API (`admin`), `reserved` (usable, not verified), or
 * `unverified`.
 */
export type AddressStatus = 'verified' | 'admin' | 'reserved' | 'unverified'

/** Creates an address as Clerk stores it. */
export function newEmail(address: string, status: AddressStatus, at: number): ClerkEmailAddressJSON {
  return {
    id: newClerkId('idn', at),
    object: 'email_address',
    email_address: address,
    reserved: status === 'reserved',
    verification: verificationOf(status, at),
    linked_to: [],
    created_at: at,
    updated_at: at,
  }
}

function verificationOf(status: AddressStatus, at: number): NonNullable<ClerkEmailAddressJSON['verification']> | null {
  if (status === 'admin') return byAdmin
  if (status === 'reserved') return null
  const code = { object: 'verification_otp', strategy: 'email_code' }
  if (status === 'unverified') return { ...code, status: 'unverified', attempts: null, expire_at: null }
  return { ...code, status: 'verified', attempts: 1, expire_at: at + 600_000 }
}

/** Creates a phone number as Clerk stores one added with the Backend API. */
export function newPhone(number: string, status: 'admin' | 'reserved', at: number): ClerkPhoneNumberJSON {
  const isReserved = status === 'reserved'
  return {
    ...phoneEntry(number),
    ...identification(at),
    reserved: isReserved,
    verification: isReserved ? null : byAdmin,
  }
}

/** Creates a wallet as Clerk stores one added with the Backend API. */
export function newWallet(address: string, at: number) {
  return { ...walletEntry(address), ...identification(at), verification: byAdmin }
}

/** Fills in missing fields, for users from samples or written by hand. */
export function wholeUser(user: ClerkUserJSON): FakeUser {
  const at = user.created_at ?? user.updated_at ?? Date.now()
  const given = Object.fromEntries(Object.entries(user).filter(([, value]) => value !== undefined))
  const whole = { ...bareUser(at), ...given } as FakeUser
  const emails = whole.email_addresses.map((entry) => ({
    ...newEmail(entry.email_address, 'unverified', at),
    ...entry,
  }))
  return { ...whole, created_at: at, updated_at: user.updated_at ?? at, email_addresses: emails }
}

const byAdmin = {
  object: 'verification_admin',
  status: 'verified',
  strategy: 'admin',
  attempts: null,
  expire_at: null,
} as const

function identification(at: number) {
  return { id: newClerkId('idn', at), created_at: at, updated_at: at }
}
