import { count } from '../../number-options'
import type { ResolvedClerkSyncOptions } from '../../resolved-options'
import { requireSameInstance } from '../clerk/same-instance'
import { holdLease } from '../run/hold-lease'
import { type JobContext, prepareJob } from '../run/job-context'
import { ProgressRate } from '../run/progress-rate'
import { closeDeliveries } from './close-deliveries'
import { compareAll } from './compare-all'
import { compareChanged, compareSample, compareUsers } from './compare-some'
import { DriftChecker } from './drift-checker'
import { DriftTally } from './drift-tally'
import type { ReconcileOptions, ReconcileProgress, ReconcileReport } from './reconcile-report'
import { Repairs } from './repairs'
import { removeGoneUnstored, tallyUnstored, type Unstored } from './unstored'

/** Implements `ClerkSync.reconcile`. */
export async function runReconcile(
  resolved: ResolvedClerkSyncOptions,
  options: ReconcileOptions,
): Promise<ReconcileReport> {
  count('sample', options.sample ?? 0)
  const { signal } = options
  const run: Run = {
    mode: modeOf(options),
    tally: new DriftTally(),
    drifted: new Set(),
    confirmedGone: new Set(),
    complete: false,
  }
  try {
    const context = await prepareJob(resolved, { signal })
    if (options.apply || options.revive?.length) await runAlone(context, options, run)
    else {
      await compare(context, options, run)
      if (run.mode === 'full') run.unstored = await tallyUnstored(context.jobs, context.contextWithoutDeadline)
    }
    run.complete = true
  } catch (error) {
    if (!signal?.aborted || error !== signal.reason) throw error
  }
  const { mode, complete, tally, repairs, after, unstored } = run
  return {
    mode,
    complete,
    ...tally.report(),
    ...(options.users && { unknown: tally.unknown }),
    ...(repairs && { repaired: repairs.repaired, failures: repairs.failures, causes: repairs.causes }),
    ...(after && { after: after.report() }),
    ...(unstored && { unstored }),
  }
}

/** The results of a run so far. */
interface Run {
  mode: ReconcileReport['mode']
  tally: DriftTally
  /** Differing users of a sample, which cannot be drawn a second time. */
  drifted: Set<string>
  /** Users confirmed as gone from Clerk, so that later comparisons of this run do not wait for them. */
  confirmedGone: Set<string>
  repairs?: Repairs
  after?: DriftTally
  unstored?: Unstored | undefined
  complete: boolean
}

function modeOf({ users, revive, apply, sample, since }: ReconcileOptions): Run['mode'] {
  if (users) return 'users'
  if (sample !== undefined) return 'sample'
  if (since) return 'since'
  // With only `revive`, no other users are compared.
  return revive?.length && !apply ? 'users' : 'full'
}

async function runAlone(context: JobContext, options: ReconcileOptions, run: Run): Promise<void> {
  const lease = await holdLease(context, 'reconcile')
  try {
    if (options.apply) await requireSameInstance(context, { mayDelete: true, signal: options.signal })
    const repairs = new Repairs(context, options.signal)
    run.repairs = repairs
    await compare(context, options, run, options.apply ? repairs : undefined)
    reporter(options, run.tally, 'repair', undefined)()
    const deleted = await repairs.delete(run.tally, run.mode === 'users')
    await repairs.revive(new Set(options.revive))
    run.after = await compareAgain(context, options, run)
    // A user deleted only now may have held an address that another should get.
    if (deleted > 0 && run.after.hasRepairable) {
      repairs.discardFailedWrites()
      run.after = await compareAgain(context, options, run, repairs)
      if (run.after.hasRepairable) run.after = await compareAgain(context, options, run)
    }
    // With only `revive`, no other deliveries are closed.
    const users = options.users ?? (options.apply ? undefined : options.revive)
    await closeDeliveries(context, { users, signal: options.signal })
    if (options.apply && run.mode === 'full') await removeGoneUnstored(context, options.signal)
  } finally {
    // The lease expires by itself; an error before this explains why it could not be released.
    await lease.release('ended').catch(() => {})
  }
}

/** Repeats the comparison; of a sample, only for users that differed. */
async function compareAgain(
  context: JobContext,
  options: ReconcileOptions,
  run: Run,
  repairs?: Repairs,
): Promise<DriftTally> {
  const tally = new DriftTally()
  const again = run.mode === 'sample' ? { users: [...run.drifted], mode: 'users' as const } : { mode: run.mode }
  await compare(context, { ...options, ...again }, { ...run, ...again, tally }, repairs, 'compare again')
  return tally
}

async function compare(
  context: JobContext,
  options: ReconcileOptions,
  { mode, tally, drifted, confirmedGone }: Pick<Run, 'mode' | 'tally' | 'drifted' | 'confirmedGone'>,
  repairs?: Repairs,
  phase: ReconcileProgress['phase'] = 'compare',
): Promise<void> {
  const { signal } = options
  const users = options.users ?? options.revive ?? []
  const onDrift = (clerkId: string) => mode === 'sample' && drifted.add(clerkId)
  const checker = new DriftChecker(context, tally, { repairs, signal, onDrift, confirmedGone })
  const total = await countFor(context, options, { mode, users })
  const comparing = { checker, tally, signal, onProgress: reporter(options, tally, phase, total) }
  if (mode === 'users') await compareUsers(comparing, users)
  else if (mode === 'sample') await compareSample(context, comparing, options.sample ?? 0)
  else if (mode === 'since' && options.since) await compareChanged(context, comparing, options.since)
  else await compareAll(context, comparing)
  await checker.finish()
  if (mode !== 'full') return
  for await (const { clerkIds } of context.jobs.duplicates(context.contextWithoutDeadline)) {
    signal?.throwIfAborted()
    tally.addDuplicate(clerkIds)
  }
}

/** The number of users to compare, if known. */
async function countFor(
  { api }: JobContext,
  { sample = 0, signal }: ReconcileOptions,
  { mode, users }: { mode: Run['mode']; users: readonly string[] },
): Promise<number | undefined> {
  if (mode === 'users') return users.length
  if (mode === 'since') return undefined
  const total = await api.countUsers(signal && { signal })
  return mode === 'sample' ? Math.min(total ?? sample, sample) : total
}

function reporter(
  { onProgress }: ReconcileOptions,
  tally: DriftTally,
  phase: ReconcileProgress['phase'],
  total: number | undefined,
): () => void {
  const rate = new ProgressRate()
  return () => {
    const { checked, drift } = tally
    const left = total === undefined ? undefined : total - checked
    onProgress?.({ phase, checked, total, drift, ...rate.at(checked, left) })
  }
}
