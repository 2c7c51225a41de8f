import type { ClerkSync } from './create-clerk-sync'
import { ClerkSyncError } from './errors'

/** The part of a session of Clerk's SDKs that `toCurrentUser` reads. */
export interface ClerkSession {
  /** Id of the signed-in user. Clerk's SDK has verified it. */
  userId: string | null | undefined
}

/**
 * Creates a function that returns the signed-in user's document of your database, where Clerk's own `currentUser()`
 * returns Clerk's user. `null`: signed out, or the user is deleted. On a first request that arrives before the webhook
 * it fetches the user from Clerk and stores it, as `ensureUser` does.
 *
 * @param auth Function of Clerk's SDK that returns the session, or a promise of it: `auth`, `getAuth`. The function
 * that is created takes the same arguments.
 * @returns A function that throws what `ensureUser` throws, and `invalid_option` if `auth` returns no session, which
 * would otherwise look like a user who is signed out.
 *
 * @example
 * // Next.js: lib/current-user.ts
 * import { auth } from '@clerk/nextjs/server'
 * export const currentUser = toCurrentUser(clerkSync, auth)
 *
 * const user = await currentUser()
 *
 * @example
 * // Express, Fastify, Hono, React Router
 * export const currentUser = toCurrentUser(clerkSync, getAuth)
 *
 * const user = await currentUser(request)
 *
 * @example
 * // Nuxt, Astro
 * export const currentUser = toCurrentUser(clerkSync, (event: H3Event) => event.context.auth())
 * export const currentUser = toCurrentUser(clerkSync, (context: APIContext) => context.locals.auth())
 */
export function toCurrentUser<Doc, Args extends unknown[]>(
  clerkSync: Pick<ClerkSync<Doc>, 'ensureUser'>,
  auth: (...args: Args) => ClerkSession | Promise<ClerkSession>,
): (...args: Args) => Promise<Doc | null> {
  return async (...args) => {
    const session: unknown = await auth(...args)
    if (isSession(session)) return clerkSync.ensureUser(session.userId)
    throw new ClerkSyncError(
      'invalid_option',
      'The function given to toCurrentUser returned no session. Expected is an object with `userId`, as auth() and ' +
        "getAuth(request) of Clerk's SDKs return it. Check that it returns, and that Clerk's middleware runs in front.",
    )
  }
}

function isSession(value: unknown): value is ClerkSession {
  return typeof value === 'object' && value !== null && 'userId' in value
}
