import type { ClerkApi } from '../../clerk-api/clerk-api'
import type { ClerkUserJSON } from '../../events/events'
import type { StoredUser } from '../../store/job-store'
import { sleep } from '../../time/sleep'
import { lookUp } from './clerk-look-up'

/** Clerk may answer from a copy that has not heard yet of a user younger than this. */
const YOUNG_MS = 10 * 60_000
/** How long to wait before each further look. */
const PAUSES_MS = [500, 1_500, 3_000]

/** Whether that Clerk does not have the user may only mean that the user is new there. */
export function mayBeNew({ changedAt }: Pick<StoredUser, 'changedAt'>): boolean {
  return changedAt === undefined || Date.now() - changedAt.getTime() < YOUNG_MS
}

/** Asks three more times, over some five seconds, for users who may be new and whom Clerk did not have. */
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

/** The user at its own address, asked for as often, in half the time: somebody waits, and nobody here knows how old it is. */
export async function getNewUser(api: ClerkApi, clerkId: string, deadline: number): Promise<ClerkUserJSON | null> {
  let user = await api.getUser(clerkId, deadline)
  for (const pause of PAUSES_MS) {
    if (user || Date.now() + pause > deadline) break
    await sleep(pause / 2)
    user = await api.getUser(clerkId, deadline)
  }
  return user
}
