/** What ends every address that is made up. */
export const PLACEHOLDER_DOMAIN = '@placeholder.invalid'

/** The end of a Clerk id: enough to tell users apart, short enough for a user name. */
const tail = (clerkId: string) => clerkId.slice(-8)

/** Stands where Clerk has no address and the schema must have one. `.invalid` can never be delivered to (RFC 2606). */
export const placeholderEmail = (clerkId: string): string => `${clerkId}${PLACEHOLDER_DOMAIN}`

/** Stands where Clerk has no username and the schema must have one. */
export const placeholderUsername = (clerkId: string): string => `user_${tail(clerkId)}`

/** The same, and the longer one for when even that is taken. */
const placeholderUsernames = (clerkId: string): [short: string, long: string] => [
  placeholderUsername(clerkId),
  `user_${clerkId.replace(/^user_/, '')}`,
]

/** The name a user gets whose own name is taken: the same at every retry. */
export const suffixedUsername = (username: string, clerkId: string): string => `${username}_${tail(clerkId)}`

/**
 * Whether a stored e-mail address or username was made up by this library because Clerk has none: show and send nothing to it.
 *
 * @param clerkId The document's Clerk id. Without it a username is judged by its form alone (`user_` and the end of an id),
 *   which somebody may really have chosen.
 */
export function isPlaceholder(value: string | null | undefined, clerkId?: string | null): boolean {
  if (!value) return false
  if (value.toLowerCase().endsWith(PLACEHOLDER_DOMAIN)) return true
  if (!clerkId) return /^user_([0-9a-z]{8}|[0-9a-z]{27})$/i.test(value)
  return placeholderUsernames(clerkId).some((name) => name.toLowerCase() === value.toLowerCase())
}
