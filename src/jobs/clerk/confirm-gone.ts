import type { ClerkApi } from '../../clerk-api/clerk-api'
import type { ClerkUserJSON } from '../../events/events'
import type { StoredDocument } from '../../store/job-store'
import { sleep } from '../../time/sleep'
import { lookUp } from './clerk-look-up'

/** For this long after a user's creation, Clerk may answer from a replica that does not have it yet. */
const YOUNG_MS = 10 * 60_000
/** The pauses before each repeated request. */
export const PAUSES_MS = [500, 1_500, 3_000]

/** Whether Clerk may lack the user only because it was just created. */
export function mayBeNew({ changedAt }: Pick<StoredDocument, 'changedAt'>): boolean {
  return changedAt === undefined || Date.now() - changedAt.getTime() < YOUNG_MS
}

/** Repeats the request three times, over about five seconds, for users that Clerk did not have and that may be new. */
export async function confirmGone(
  api: ClerkApi,
  clerkIds: readonly string[],
  signal: AbortSignal | undefined,
): Promise<{ found: ClerkUserJSON[]; gone: string[] }> {
  const found: ClerkUserJSON[] = []
  let gone = [...clerkIds]
  for (const pause of PAUSES_MS) {
    if (gone.length === 0) break
    await sleep(pause, signal)
    const missing: string[] = []
    for await (const looked of lookUp(api, gone, signal)) {
      found.push(...looked.found)
      missing.push(...looked.gone)
    }
    gone = missing
  }
  return { found, gone }
}

/**
 * Fetches one user, repeatedly like `confirmGone`, but in half the time, because a request is waiting and the user's
 * age is unknown.
 */
export async function getNewUser(api: ClerkApi, clerkId: string, deadline: number): Promise<ClerkUserJSON | null> {
  let user = await api.getUser(clerkId, deadline)
  for (const pause of PAUSES_MS) {
    if (user || Date.now() + pause > deadline) break
    await sleep(pause / 2)
    user = await api.getUser(clerkId, deadline)
  }
  return user
}
