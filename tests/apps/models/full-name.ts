import type { ClerkUserJSON } from 'clerk-mongo-sync'

/** First and last name, joined by a space. */
export function fullName(user: ClerkUserJSON, otherwise: string): string {
  return [user.first_name, user.last_name].filter(Boolean).join(' ') || otherwise
}
