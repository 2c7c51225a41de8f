import { type ClerkAccess, clerkApiUrl } from './clerk-api'

/**
 * Returns Clerk's clock, from the `Date` header of a response (whole seconds), and the local clock at that moment;
 * `undefined` without a response. Any response will do, so the key is not sent.
 */
export async function clerkTime(
  access: ClerkAccess,
  timeoutMs: number,
): Promise<{ theirs: Date; ours: Date } | undefined> {
  const start = Date.now()
  try {
    const signal = AbortSignal.timeout(Math.ceil(timeoutMs))
    const { headers } = await fetch(clerkApiUrl(access), { method: 'HEAD', redirect: 'manual', signal })
    const theirs = new Date(headers.get('date') ?? Number.NaN)
    if (Number.isNaN(theirs.getTime())) return undefined
    return { theirs, ours: new Date((start + Date.now()) / 2) }
  } catch {
    return undefined
  }
}
