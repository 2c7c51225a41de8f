import type { ClerkResourceJSON, ResourceName } from '../../events/events'
import type { PushCandidate } from '../../store/push-store'
import { IDS_A_REQUEST } from '../clerk/look-up-memberships'
import { changesFor, type OwnedChange } from './owned-patch'
import type { PushContext } from './push-context'

const EXAMPLES = 3

/** What a push would do to an owned path, over all documents of a resource. */
export type OwnedDifference = { resource: ResourceName; path: string } & Record<
  OwnedChange,
  { count: number; examples: string[] }
>

/** What a push would change for one document; empty if in step. */
export interface DocumentDifference {
  clerkId: string
  changes: ReturnType<typeof changesFor>
  /** Whether its last push was abandoned, so that it must be pushed even without a difference. */
  isGivenUp: boolean
}

/** Compares every document of a resource. Writes nothing. */
export async function* findDifferences(
  { store, source, writeContext }: PushContext,
  signal: AbortSignal,
): AsyncIterable<DocumentDifference> {
  let batch: PushCandidate[] = []
  for await (const candidate of store.candidates({ ...writeContext(), signal })) {
    batch.push(candidate)
    if (batch.length < IDS_A_REQUEST) continue
    yield* compare(batch)
    batch = []
  }
  if (batch.length > 0) yield* compare(batch)

  async function* compare(candidates: readonly PushCandidate[]) {
    const found = new Map<string, ClerkResourceJSON>()
    for await (const page of source.lookUp(candidates, signal)) for (const json of page.found) found.set(json.id, json)
    for (const candidate of candidates) {
      const { clerkId, isGivenUp = false } = candidate
      const json = found.get(clerkId)
      // Those that Clerk no longer has are left to reconcile.
      const changes = json ? changesFor(store.places, candidate, json) : []
      yield { clerkId, changes, isGivenUp: json !== undefined && isGivenUp }
    }
  }
}

/** Counts differences by resource and path. */
export class DifferenceTally {
  readonly #byPath = new Map<string, OwnedDifference>()

  add(resource: ResourceName, { clerkId, changes }: DocumentDifference): void {
    for (const { path, change } of changes) {
      const key = `${resource} ${path}`
      const known = this.#byPath.get(key) ?? { resource, path, set: none(), overwritten: none(), removed: none() }
      known[change].count++
      if (known[change].examples.length < EXAMPLES) known[change].examples.push(clerkId)
      this.#byPath.set(key, known)
    }
  }

  report(): OwnedDifference[] {
    return [...this.#byPath.values()]
  }
}

const none = () => ({ count: 0, examples: [] })
