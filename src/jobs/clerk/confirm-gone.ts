import type { ClerkResourceJSON } from '../../events/events'
import type { StoredDocument } from '../../store/job-store'
import { sleep } from '../../time/sleep'
import type { ClerkSource, LookedUp } from './clerk-source'
import type { Reference } from './look-up-memberships'

/** For this long after an object's creation, Clerk may answer from a replica that does not have it yet. */
const YOUNG_MS = 10 * 60_000
/** The pauses before each repeated request. */
export const PAUSES_MS = [500, 1_500, 3_000]

/** Whether Clerk may lack the object only because it was just created. */
export function mayBeNew({ changedAt }: Pick<StoredDocument, 'changedAt'>): boolean {
  return changedAt === undefined || Date.now() - changedAt.getTime() < YOUNG_MS
}

/** Repeats the look-up three times, over about five seconds, for objects that Clerk did not have and that may be new. */
export async function confirmGone(
  source: ClerkSource,
  references: readonly Reference[],
  signal: AbortSignal | undefined,
): Promise<LookedUp> {
  const found: ClerkResourceJSON[] = []
  let gone = [...references]
  for (const pause of PAUSES_MS) {
    if (gone.length === 0) break
    await sleep(pause, signal)
    const missing: Reference[] = []
    for await (const looked of source.lookUp(gone, signal)) {
      found.push(...looked.found)
      missing.push(...looked.gone)
    }
    gone = missing
  }
  return { found, gone }
}

/**
 * Fetches one object, repeatedly like `confirmGone`, but in half the time, because a request is waiting and the object's
 * age is unknown.
 * @param get Fetches it once.
 */
export async function getNew<Json>(get: () => Promise<Json | null>, deadline: number): Promise<Json | null> {
  let found = await get()
  for (const pause of PAUSES_MS) {
    if (found || Date.now() + pause > deadline) break
    await sleep(pause / 2)
    found = await get()
  }
  return found
}
