import { type ClerkAccess, clerkApiUrl } from './clerk-api'

/**
 * Clerk's clock by the `Date` of an answer, which has whole seconds, and ours at that moment; `undefined` where there was no
 * answer. Any answer will do, so the key stays here.
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
