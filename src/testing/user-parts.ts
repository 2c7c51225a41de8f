const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'

/** Creates an id in Clerk's format: a prefix, and 27 letters and digits. */
export const newId = (prefix: string): string =>
  `${prefix}_2${Array.from({ length: 26 }, () => letters[Math.floor(Math.random() * letters.length)]).join('')}`

let made = 0

/** Creates a name that is unique in this process. */
export const newName = (stem: string): string => `${stem}${++made}`

/** Creates an address that is unique in this process. */
export const newAddress = (stem = 'person'): string => `${newName(stem)}@example.com`

const times = () => ({ created_at: Date.now(), updated_at: Date.now() })

function codeSent(strategy: 'email_code' | 'phone_code', isVerified: boolean) {
  const object = 'verification_otp'
  if (isVerified) return { object, status: 'verified', strategy, attempts: 1, expire_at: Date.now() + 600_000 }
  return { object, status: 'unverified', strategy, attempts: null, expire_at: null }
}

/** Creates an entry of `email_addresses`. */
export function emailEntry(address: string, isVerified: boolean) {
  return {
    id: newId('idn'),
    object: 'email_address',
    email_address: address,
    reserved: false,
    verification: codeSent('email_code', isVerified),
    linked_to: [] as { type: string; id: string }[],
    ...times(),
  }
}

/** Creates a verified entry of `phone_numbers`. */
export function phoneEntry(number: string) {
  return {
    id: newId('idn'),
    object: 'phone_number',
    phone_number: number,
    reserved_for_second_factor: false,
    default_second_factor: false,
    reserved: false,
    verification: codeSent('phone_code', true),
    linked_to: [],
    backup_codes: null,
    ...times(),
  }
}

/** Creates a verified entry of `web3_wallets`. */
export function walletEntry(address: string) {
  const proof = { strategy: 'web3_metamask_signature', nonce: null, attempts: 1, expire_at: Date.now() + 600_000 }
  return {
    id: newId('idn'),
    object: 'web3_wallet',
    web3_wallet: address,
    verification: { object: 'verification_web3', status: 'verified', ...proof },
    ...times(),
  }
}

/** Creates a Google account and its address, verified by Google without a code. */
export function googleAccount(address: string, name: { first_name: string; last_name: string }) {
  const expiry = { attempts: null, expire_at: Date.now() + 600_000 }
  const account = {
    id: newId('eac'),
    object: 'google_account',
    provider: 'oauth_google',
    identification_id: newId('idn'),
    provider_user_id: '113170000000000000000',
    approved_scopes: 'email openid profile',
    email_address: address,
    email_address_verified: true,
    ...name,
    image_url: 'https://img.clerk.com/eyJ0eXBlIjoicHJveHkifQ',
    username: null,
    phone_number: null,
    public_metadata: {},
    label: null,
    verification: { object: 'verification_oauth', status: 'verified', strategy: 'oauth_google', ...expiry },
    ...times(),
  }
  const email = {
    ...emailEntry(address, true),
    verification: { object: 'verification_from_oauth', status: 'verified', strategy: 'from_oauth_google', ...expiry },
    linked_to: [{ type: 'oauth_google', id: account.identification_id }],
  }
  return { account, email }
}
