import { count } from '../../number-options'
import type { ResolvedClerkSyncOptions } from '../../resolved-options'
import { requireSameInstance } from '../clerk/same-instance'
import { holdLease } from '../run/hold-lease'
import { type JobContext, prepareJob } from '../run/job-context'
import { type ResourceOption, resourcesFor } from '../run/job-resources'
import { saveResult } from '../run/save-result'
import type { BackfillOptions, BackfillResult, ResourceBackfill } from './backfill-report'
import { backfillResource } from './backfill-resource'
import { BackfillState } from './backfill-state'
import { BackfillTally } from './backfill-tally'
import { toLastBackfill } from './last-backfill'

type Tallies = ReadonlyMap<ResourceOption, BackfillTally>

/** Implements `ClerkSync.backfill`. */
export async function runBackfill(
  resolved: ResolvedClerkSyncOptions,
  options: BackfillOptions,
): Promise<BackfillResult> {
  count('limit', options.limit ?? Number.POSITIVE_INFINITY)
  const { signal } = options
  const names = resourcesFor(resolved, options.only).map(({ name }) => name)
  const tallies: Tallies = new Map(names.map((name) => [name, new BackfillTally()]))
  let contexts: JobContext[] = []
  try {
    contexts = await prepareJob(resolved, options)
    if (options.dryRun) await runAll(contexts, options, tallies, new BackfillState(undefined))
    else await runAlone(contexts, options, tallies)
  } catch (error) {
    if (!signal?.aborted || error !== signal.reason) throw error
  }
  const reports = reportsOf(tallies)
  const { users, ...others } = reports
  const complete = [...tallies.values()].every(({ isComplete }) => isComplete)
  const [first] = contexts
  if (first && !options.dryRun) await saveResult(first, 'backfill', toLastBackfill(reports, complete))
  return { ...(users ?? new BackfillTally().report()), complete, ...others }
}

function reportsOf(tallies: Tallies): Partial<Record<ResourceOption, ResourceBackfill>> {
  return Object.fromEntries([...tallies].map(([name, tally]) => [name, tally.report()]))
}

/** Runs with the lease, and saves the positions in it. */
async function runAlone(contexts: JobContext[], options: BackfillOptions, tallies: Tallies): Promise<void> {
  const [first] = contexts
  if (!first) return
  const lease = await holdLease(first, 'backfill')
  const state = new BackfillState(lease)
  let isOver = false
  try {
    for (const context of contexts) {
      // Memberships are of users and organizations that were checked.
      if (context.name !== 'memberships')
        await requireSameInstance(context, { mayDelete: false, signal: options.signal })
    }
    await runAll(contexts, options, tallies, state)
    const ended = [...tallies].filter(([, { isComplete }]) => isComplete)
    // A run with `since` keeps the positions that a full run saved.
    if (options.since) isOver = !(await state.end([]))
    else if (ended.length === tallies.size) isOver = !(await state.end(ended.map(([name]) => name)))
  } finally {
    // The lease expires by itself; an error before this explains why it could not be released.
    await lease.release(isOver ? 'ended' : 'paused').catch(() => {})
  }
}

async function runAll(
  contexts: readonly JobContext[],
  options: BackfillOptions,
  tallies: Tallies,
  state: BackfillState,
): Promise<void> {
  let limit = options.limit ?? Number.POSITIVE_INFINITY
  for (const context of contexts) {
    const tally = tallies.get(context.name)
    if (!tally) continue
    tally.isComplete = await backfillResource(context, { options, tally, state, limit })
    if (!tally.isComplete) return
    limit -= tally.counts.seen
  }
}
