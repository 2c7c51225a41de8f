import type { ClerkEmailAddressJSON, ClerkUserJSON } from '../events/events'

/**
 * Returns the user's primary e-mail address, or `undefined` for users without one (phone, web3 and username sign-ups).
 * It is the entry with the id `primary_email_address_id`, which is often not the first one.
 *
 * @example
 * const email = primaryEmail(event.data)
 */
export function primaryEmail(user: ClerkUserJSON): string | undefined {
  const address = primaryEmailEntry(user)?.email_address
  return typeof address === 'string' && address !== '' ? address : undefined
}

/** Whether Clerk reports this address of the user as verified. */
export function isEmailVerified(user: ClerkUserJSON, address: unknown): boolean {
  if (!Array.isArray(user.email_addresses)) return false
  return user.email_addresses.some((entry) => {
    return typeof address === 'string' && entry?.email_address === address && entry.verification?.status === 'verified'
  })
}

/** Whether Clerk lists this address of the user as not verified. `false` for addresses that Clerk does not list. */
export function isEmailUnverified(user: ClerkUserJSON, address: unknown): boolean {
  if (typeof address !== 'string' || !Array.isArray(user.email_addresses)) return false
  const asked = address.toLowerCase()
  const entries = user.email_addresses.filter((entry) => entry?.email_address?.toLowerCase?.() === asked)
  return entries.length > 0 && entries.every(({ verification }) => verification?.status !== 'verified')
}

function primaryEmailEntry(user: ClerkUserJSON): ClerkEmailAddressJSON | undefined {
  const primaryId = user.primary_email_address_id
  if (typeof primaryId !== 'string' || !Array.isArray(user.email_addresses)) return undefined
  return user.email_addresses.find((entry) => entry?.id === primaryId)
}
