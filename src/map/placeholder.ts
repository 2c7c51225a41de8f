/** Ending of every placeholder address. */
export const PLACEHOLDER_DOMAIN = '@placeholder.invalid'

/** The end of a Clerk id: long enough to distinguish users, short enough for a username. */
const tail = (clerkId: string) => clerkId.slice(-8)

/** Address for a user without one, if the schema requires it. `.invalid` is never deliverable (RFC 2606). */
export const placeholderEmail = (clerkId: string): string => `${clerkId}${PLACEHOLDER_DOMAIN}`

/** Username for a user without one, if the schema requires it. */
export const placeholderUsername = (clerkId: string): string => `user_${tail(clerkId)}`

/** Slug of an organization without one, if the schema requires it. */
export const placeholderSlug = (clerkId: string): string => clerkId.replace(/^org_/, 'org-').toLowerCase()

/** The placeholder username, and a longer one for when it is taken. */
const placeholderUsernames = (clerkId: string): [short: string, long: string] => [
  placeholderUsername(clerkId),
  `user_${clerkId.replace(/^user_/, '')}`,
]

/** Username for a user whose own is taken. The same at every retry. */
export const suffixedUsername = (username: string, clerkId: string): string => suffixed(username, '_', clerkId)

/** A taken value, varied by the end of the id. */
export const suffixed = (value: string, separator: '_' | '-', clerkId: string): string =>
  `${value}${separator}${tail(clerkId)}`

/**
 * Whether a stored e-mail address or username is a placeholder that this library stored because Clerk has none. Do not
 * show it or send to it.
 *
 * @param clerkId The document's Clerk id. Without it a username is recognized only by its form (`user_` and the end of
 * an id), which a user can also have chosen.
 *
 * @example
 * const email = isPlaceholder(user.email, user.clerkId) ? undefined : user.email
 */
export function isPlaceholder(value: string | null | undefined, clerkId?: string | null): boolean {
  if (!value) return false
  if (value.toLowerCase().endsWith(PLACEHOLDER_DOMAIN)) return true
  if (!clerkId) return /^user_([0-9a-z]{8}|[0-9a-z]{27})$/i.test(value)
  return placeholderUsernames(clerkId).some((name) => name.toLowerCase() === value.toLowerCase())
}
