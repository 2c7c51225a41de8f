import type { PushCandidate } from '../../store/push-store'
import { changesFor, type OwnedChange } from './owned-patch'
import type { PushContext } from './push-context'

/** The largest number of ids in one request to Clerk. */
const BATCH = 100
const EXAMPLES = 3

/** What a push would do to an owned path, over all users. */
export type OwnedDifference = { path: string } & Record<OwnedChange, { users: number; examples: string[] }>

/** What a push would change for one Clerk user; empty if in step. */
export interface UserDifference {
  clerkId: string
  changes: ReturnType<typeof changesFor>
  /** Whether its last push was abandoned, so that it must be pushed even without a difference. */
  isGivenUp: boolean
}

/** Compares every Clerk user. Writes nothing. */
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
      // Users that Clerk no longer has are left to reconcile.
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
