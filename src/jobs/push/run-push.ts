import { sleep } from '../../clerk-api/sleep'
import type { JobFailure } from '../backfill'
import type { FailureCause } from '../failure-tally'
import { DifferenceTally, findDifferences, type OwnedDifference } from './find-differences'
import type { PushContext } from './push-context'
import { PushRound } from './push-round'

export interface PushOptions {
  /** Stop after about this many users. @default all that are due */
  limit?: number
  /** Stop after this time, in milliseconds, and give back what is not done: for cron routes of serverless hosts. @default none */
  timeoutMs?: number
  /** Look, send nothing: `pending` says how many are due. @default false */
  dryRun?: boolean
  /** First compare every user with Clerk, to find changes that mongoose did not see. @default false */
  compare?: boolean
  onProgress?: (progress: PushProgress) => void
  /** Ends the run; what was claimed is given back. */
  signal?: AbortSignal
}

export interface PushProgress {
  /** Brought to Clerk. */
  pushed: number
  /** Found to be in step, so that nothing was sent, or deleted in Clerk. */
  unchanged: number
  /** Given up, or to be tried again later. */
  failed: number
  /** With `compare`: users compared so far. */
  compared: number
  /** Users there were to do at the start, or to compare: those compared so far where Clerk does not count them. */
  total: number
}

export interface PushResult extends PushProgress {
  /** Users with a change still to be pushed, those that are to be tried again included. */
  pending: number
  /** With `compare`: users found to differ, whether mongoose saw the change or not. */
  found: number
  /** With `compare`: what was found, by owned path, with at most three ids each. */
  differences: OwnedDifference[]
  /** The first hundred. */
  failures: JobFailure[]
  /** The same users, all of them, counted by cause. */
  causes: FailureCause[]
}

/** Pushes what is due, the oldest change first. Any number of processes may do so at once. */
export async function runPush(context: PushContext, options: PushOptions): Promise<PushResult> {
  const { store, writeContext } = context
  const round = new PushRound(context, options)
  try {
    const due = options.compare ? 0 : await store.countDue(writeContext())
    round.progress.total = Math.min(round.left, due)
    const differences = new DifferenceTally()
    const found = options.compare ? await markDifferent(context, options, round, differences) : 0
    if (!options.dryRun) await pushAll(round)
    const pending = await store.countDue(writeContext())
    const { failures, causes } = round.failed
    return { ...round.progress, pending, found, differences: differences.report(), failures, causes }
  } finally {
    round.close()
  }
}

/** Waits for those, too, that were pushed just before and changed again. */
async function pushAll(round: PushRound): Promise<void> {
  await round.run()
  while (round.resting.length > 0 && !round.isOver) {
    const until = Math.min(...round.resting)
    if (until >= round.end) return
    await sleep(until - Date.now(), round.signal).catch(() => {})
    await round.run()
  }
}

async function markDifferent(
  context: PushContext,
  { dryRun = false }: PushOptions,
  round: PushRound,
  differences: DifferenceTally,
): Promise<number> {
  const { store, api, writeContext } = context
  let found = 0
  try {
    round.progress.total = (await api.countUsers({ signal: round.signal })) ?? 0
    for await (const { clerkId, changes, isGivenUp } of findDifferences(context, round.signal)) {
      if (round.isOver) break
      round.progress.compared++
      round.progress.total = Math.max(round.progress.total, round.progress.compared)
      differences.add(clerkId, changes)
      const isFound = isGivenUp || changes.length > 0
      if (isFound) found++
      if (isFound && !dryRun) await store.markDue(clerkId, writeContext())
      round.tell()
    }
  } catch (error) {
    if (!round.signal.aborted) throw error
  }
  return found
}
