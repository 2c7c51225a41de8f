import type { ClerkResourceJSON } from '../../events/events'
import type { Comparison, StoredDocument } from '../../store/job-store'
import { readAhead } from '../clerk/read-ahead'
import type { JobContext } from '../run/job-context'
import type { DriftChecker } from './drift-checker'
import type { DriftTally } from './drift-tally'

/** How many objects without a counterpart are held per side. Clerk's JSON of a user takes about ten kilobytes. */
const POOL = 1_000
const BATCH = 500

/** What a comparison reports to. */
export interface Comparing {
  checker: DriftChecker
  tally: DriftTally
  onProgress: () => void
  signal: AbortSignal | undefined
}

/**
 * Walks both sides in step. Clerk lists by creation time, the store by id. Ids of users, organizations and memberships
 * begin with that time, so the orders are almost, but not always, the same. An object whose counterpart does not appear
 * is therefore looked up, never decided by its absence.
 *
 * This holds two pages and two pools, whatever the number of objects. Comparing organization by organization would need
 * a request for each, also for those with a single member.
 */
export async function compareAll(
  context: JobContext,
  { checker, tally, onProgress, signal }: Comparing,
): Promise<void> {
  const pools = new Pools(context, tally, checker)
  const notProcessed = (items: ClerkResourceJSON[]) => checker.notCounted(items)
  const listed = readAhead((until) => context.source.walk({ signal: until, notProcessed }), signal)
  const stored = context.jobs
    .walk({ ...context.contextWithoutDeadline, ...(signal && { signal }) })
    [Symbol.asyncIterator]()
  let clerkAt: string | undefined = ''
  let storeAt: string | undefined = ''
  try {
    while (clerkAt !== undefined || storeAt !== undefined) {
      signal?.throwIfAborted()
      if (storeAt === undefined || (clerkAt !== undefined && storeAt >= clerkAt)) {
        clerkAt = pools.addListed((await listed.next()).value ?? [])
      } else {
        storeAt = await pools.addStored(stored, clerkAt)
      }
      await pools.drain(POOL)
      onProgress()
    }
    signal?.throwIfAborted()
    await pools.drain(0)
  } finally {
    await Promise.all([listed.return(), stored.return?.()])
  }
}

/** Objects whose counterpart has not appeared yet. */
class Pools {
  readonly #listed = new Map<string, ClerkResourceJSON>()
  readonly #stored = new Map<string, StoredDocument>()
  /** Objects that seem to differ: the stored state was read before or after Clerk's. */
  readonly #suspects: ClerkResourceJSON[] = []
  readonly #compare: (json: ClerkResourceJSON, stored: StoredDocument) => Comparison
  readonly #tally: DriftTally
  readonly #checker: DriftChecker

  constructor({ jobs, writeContext }: JobContext, tally: DriftTally, checker: DriftChecker) {
    const rules = writeContext()
    this.#compare = (json, stored) => jobs.compare(json, stored, rules)
    this.#tally = tally
    this.#checker = checker
  }

  /** Returns the last id of the page; `undefined` at the end. */
  addListed(page: readonly ClerkResourceJSON[]): string | undefined {
    for (const json of page) {
      const stored = this.#stored.get(json.id)
      if (stored) this.#match(json, stored)
      else this.#listed.set(json.id, json)
    }
    return page.at(-1)?.id
  }

  /** Reads documents up to the last id of Clerk's list, at most a batch. */
  async addStored(stored: AsyncIterator<StoredDocument>, until: string | undefined): Promise<string | undefined> {
    let last: string | undefined
    for (let taken = 0; taken < BATCH; taken += 1) {
      const { done, value } = await stored.next()
      if (done) return undefined
      last = value.clerkId
      const json = this.#listed.get(value.clerkId)
      if (json) this.#match(json, value)
      else this.#stored.set(value.clerkId, value)
      if (until !== undefined && value.clerkId >= until) break
    }
    return last
  }

  /** Decides about the oldest ones, until no pool holds more than `size`. */
  async drain(size: number): Promise<void> {
    while (this.#suspects.length > Math.min(size, BATCH)) await this.#checker.listed(this.#suspects.splice(0, BATCH))
    while (this.#listed.size > size) await this.#checker.listed(take(this.#listed, BATCH))
    while (this.#stored.size > size) {
      const batch = take(this.#stored, BATCH)
      // What is deleted as `onDelete` requires and not listed by Clerk is in step, and is not looked up.
      await this.#checker.unlisted(batch.filter(({ isDeleted }) => !isDeleted))
      await this.#checker.unfinished(batch.filter(({ isUnfinished }) => isUnfinished))
    }
  }

  #match(json: ClerkResourceJSON, stored: StoredDocument): void {
    this.#listed.delete(json.id)
    this.#stored.delete(json.id)
    if (this.#compare(json, stored) !== 'same') this.#suspects.push(json)
    else {
      this.#tally.onBothSides += 1
      this.#tally.addInStep()
    }
  }
}

function take<T>(pool: Map<string, T>, count: number): T[] {
  const taken = [...pool].slice(0, count)
  for (const [id] of taken) pool.delete(id)
  return taken.map(([, value]) => value)
}
