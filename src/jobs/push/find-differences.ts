import type { PushCandidate } from '../../push-store'
import { patchFor } from './owned-patch'
import type { PushContext } from './push-context'

/** As many ids as Clerk takes in one look-up. */
const BATCH = 100

/** All users, each with whether an owned value differs at Clerk or its push was given up. Writes nothing. */
export async function* findDifferences(
  { store, api, writeContext }: PushContext,
  signal: AbortSignal,
): AsyncIterable<{ clerkId: string; differs: boolean }> {
  let batch: PushCandidate[] = []
  for await (const candidate of store.candidates({ ...writeContext(), signal })) {
    batch.push(candidate)
    if (batch.length < BATCH) continue
    yield* compare(batch)
    batch = []
  }
  if (batch.length > 0) yield* compare(batch)

  async function* compare(candidates: readonly PushCandidate[]) {
    const userIds = candidates.map(({ clerkId }) => clerkId)
    const users = new Map((await api.listUsers({ limit: BATCH, userIds }, { signal })).map((user) => [user.id, user]))
    for (const { clerkId, owned, isGivenUp = false } of candidates) {
      const user = users.get(clerkId)
      const differs = () => user !== undefined && Object.keys(patchFor(store.places, owned, user)).length > 0
      // Whoever is gone is reconcile's business.
      yield { clerkId, differs: user !== undefined && (isGivenUp || differs()) }
    }
  }
}
