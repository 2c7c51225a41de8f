import type { ClerkUserJSON } from '../events/events'
import { primaryEmail } from './primary-email'

/** The profile fields stored by default. `undefined`: Clerk has none. */
export interface MappedProfile {
  email: string | undefined
  username: string | undefined
  firstName: string | undefined
  lastName: string | undefined
  imageUrl: string | undefined
  [path: string]: unknown
}

/**
 * Maps Clerk's user to the fields stored by default. Extend its result in your own `mapUser`. Empty texts and values
 * that are not texts count as missing, because an object could act as a query operator.
 *
 * @example
 * createClerkSync({ users: User, mapUser: (user) => ({ ...mapClerkUser(user), phone: user.phone_numbers?.[0]?.phone_number }) })
 */
export function mapClerkUser(user: ClerkUserJSON): MappedProfile {
  return {
    email: primaryEmail(user),
    username: text(user.username),
    firstName: text(user.first_name),
    lastName: text(user.last_name),
    imageUrl: text(user.image_url),
  }
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
