import type { PushCandidate } from '../../store/push-store'
import { changesFor, type OwnedChange } from './owned-patch'
import type { PushContext } from './push-context'

/** As many ids as Clerk takes in one look-up. */
const BATCH = 100
const EXAMPLES = 3

/** What a push would do to an owned value at Clerk, over all users. */
export type OwnedDifference = { path: string } & Record<OwnedChange, { users: number; examples: string[] }>

/** A user of Clerk's, with what a push would do there; nothing where the two are in step. */
export interface UserDifference {
  clerkId: string
  changes: ReturnType<typeof changesFor>
  /** A push of it was given up, so that it is to be pushed although nothing may differ. */
  isGivenUp: boolean
}

/** Every user of Clerk's. Writes nothing. */
export async function* findDifferences(
  { store, api, writeContext }: PushContext,
  signal: AbortSignal,
): AsyncIterable<UserDifference> {
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
    for (const candidate of candidates) {
      const { clerkId, isGivenUp = false } = candidate
      const user = users.get(clerkId)
      // Whoever is gone is reconcile's business.
      const changes = user ? changesFor(store.places, candidate, user) : []
      yield { clerkId, changes, isGivenUp: user !== undefined && isGivenUp }
    }
  }
}

/** Counts differences by path. */
export class DifferenceTally {
  readonly #byPath = new Map<string, OwnedDifference>()

  add(clerkId: string, changes: ReturnType<typeof changesFor>): void {
    for (const { path, change } of changes) {
      const known = this.#byPath.get(path) ?? { path, set: none(), overwritten: none(), removed: none() }
      known[change].users++
      if (known[change].examples.length < EXAMPLES) known[change].examples.push(clerkId)
      this.#byPath.set(path, known)
    }
  }

  report(): OwnedDifference[] {
    return [...this.#byPath.values()]
  }
}

const none = () => ({ users: 0, examples: [] })
