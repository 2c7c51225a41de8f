import { type ClerkUserJSON, isClerkId } from '../../events/events'
import { count } from '../../number-options'
import type { ResolvedClerkSyncOptions } from '../../resolved-options'
import type { JobLease } from '../../store/job-store'
import { readAhead } from '../clerk/read-ahead'
import { requireSameInstance } from '../clerk/same-instance'
import { walkChanged } from '../clerk/walk-changed'
import { PAGE_SIZE, type Position, walkClerk } from '../clerk/walk-clerk'
import { holdLease } from '../run/hold-lease'
import { type JobContext, prepareJob } from '../run/job-context'
import { ProgressRate } from '../run/progress-rate'
import { writePage } from '../run/write-page'
import type { BackfillOptions, BackfillResult } from './backfill-report'
import { BackfillTally } from './backfill-tally'

/** Implements `ClerkSync.backfill`. */
export async function runBackfill(
  resolved: ResolvedClerkSyncOptions,
  options: BackfillOptions,
): Promise<BackfillResult> {
  count('limit', options.limit ?? Number.POSITIVE_INFINITY)
  const tally = new BackfillTally()
  const { signal } = options
  let isComplete = false
  try {
    const context = await prepareJob(resolved, options)
    isComplete = options.dryRun ? await run(context, options, tally) : await runAlone(context, options, tally)
  } catch (error) {
    if (!signal?.aborted || error !== signal.reason) throw error
  }
  const { failures, causes } = tally.failed
  return { ...tally.counts, complete: isComplete, failures, causes }
}

/** Runs with the lease, and saves the position in it. */
async function runAlone(context: JobContext, options: BackfillOptions, tally: BackfillTally): Promise<boolean> {
  const lease = await holdLease(context, 'backfill')
  // A run with `since` keeps the position that a full run saved.
  const isApart = options.since !== undefined
  let isOver = false
  try {
    await requireSameInstance(context, { mayDelete: false, signal: options.signal })
    const complete = await run(context, options, tally, lease)
    isOver = isApart ? lease.state?.cursor === undefined : complete
    return complete
  } finally {
    // The lease expires by itself; an error before this explains why it could not be released.
    await lease.release(isOver ? 'ended' : 'paused').catch(() => {})
  }
}

async function run(
  context: JobContext,
  options: BackfillOptions,
  tally: BackfillTally,
  lease?: JobLease,
): Promise<boolean> {
  const { since, limit = Number.POSITIVE_INFINITY, signal, onProgress } = options
  if (limit < 1) return false
  const start = since || options.restart ? undefined : readState(lease?.state)
  const before = start?.done ?? 0
  const counted = since ? undefined : await context.api.countUsers(signal && { signal })
  const total = counted === undefined ? undefined : Math.min(counted, before + limit)
  const rate = new ProgressRate()
  const pages = (until: AbortSignal) =>
    since
      ? walkChanged(context.api, { since: since.getTime(), signal: until })
      : walkClerk(context.api, { from: start?.cursor, pageSize: Math.min(PAGE_SIZE, limit), signal: until })
  for await (const page of readAhead(pages, signal)) {
    const users = page.slice(0, limit - tally.counts.seen)
    await processPage(context, users, options, tally)
    const done = before + tally.counts.seen
    const last = users.at(-1)
    if (last && lease) await lease.save(since ? { ...lease.state } : stateAt(last, done))
    const left = total === undefined ? undefined : total - done
    onProgress?.({ ...tally.counts, total, done, ...rate.at(tally.counts.seen, left) })
    if (signal?.aborted || tally.counts.seen >= limit) return false
  }
  return true
}

async function processPage(
  context: JobContext,
  users: readonly ClerkUserJSON[],
  { dryRun, signal }: BackfillOptions,
  tally: BackfillTally,
): Promise<void> {
  if (!dryRun) return tally.add(await writePage(context, users, signal))
  const { jobs, writeContext } = context
  const rules = writeContext()
  const found = await jobs.find(
    users.map(({ id }) => id),
    rules,
  )
  const stored = new Map(found.map((one) => [one.clerkId, one]))
  for (const user of users) tally.addComparison(jobs.compare(user, stored.get(user.id), rules))
}

function stateAt({ id, created_at }: ClerkUserJSON, done: number): Record<string, unknown> {
  return { cursor: { id, createdAt: created_at ?? null }, done }
}

/** Reads the value of `stateAt` back from the database. */
function readState(state: JobLease['state']): { cursor: Position; done: number } | undefined {
  const { cursor, done } = (state ?? {}) as { cursor?: { id?: unknown; createdAt?: unknown }; done?: unknown }
  if (!isClerkId(cursor?.id)) return undefined
  const createdAt = typeof cursor?.createdAt === 'number' ? cursor.createdAt : undefined
  return { cursor: { id: cursor.id, createdAt }, done: typeof done === 'number' ? done : 0 }
}
