import { requireSameInstance } from '../clerk/same-instance'
import type { JobContext } from '../run/job-context'
import { ProgressRate } from '../run/progress-rate'
import { closeDeliveries } from './close-deliveries'
import { compareAll } from './compare-all'
import { compareChanged, compareIds, compareSample } from './compare-some'
import { DriftChecker } from './drift-checker'
import { DriftTally } from './drift-tally'
import type { ReconcileOptions, ReconcileProgress, ResourceReconcile } from './reconcile-report'
import { Repairs } from './repairs'
import { removeGoneUnstored, tallyUnstored, type Unstored } from './unstored'

/** The reconciliation of one resource, and its results so far. */
export class ResourceRun {
  readonly mode: ResourceReconcile['mode']
  readonly tally = new DriftTally()
  /** Ids in a sample that differ. The sample cannot be drawn a second time. */
  readonly #drifted = new Set<string>()
  /** Ids confirmed as gone from Clerk, so that later comparisons of this run do not wait for them. */
  readonly #confirmedGone = new Set<string>()
  readonly #options: ReconcileOptions
  #repairs: Repairs | undefined
  #after: DriftTally | undefined
  #unstored: Unstored | undefined
  #isComplete = false

  /** @param options Of them, `revive` has only ids of this resource. */
  constructor(options: ReconcileOptions) {
    this.#options = options
    this.mode = modeOf(options)
  }

  /** Compares without writing. */
  async compareOnly(context: JobContext): Promise<void> {
    await this.#compare(context, this)
    if (this.mode === 'full') this.#unstored = await tallyUnstored(context.jobs, context.contextWithoutDeadline)
    this.#isComplete = true
  }

  /** Compares and repairs. Requires the lease. */
  async repair(context: JobContext): Promise<void> {
    const { apply, revive, signal } = this.#options
    // Memberships are of users and organizations that were checked.
    if (apply && context.name !== 'memberships') await requireSameInstance(context, { mayDelete: true, signal })
    const repairs = new Repairs(context, signal)
    this.#repairs = repairs
    await this.#compare(context, this, apply ? repairs : undefined)
    this.#reporter(context, this.tally, 'repair', undefined)()
    const deleted = await repairs.delete(this.tally, this.mode === 'users')
    await repairs.revive(new Set(revive))
    this.#after = await this.#compareAgain(context)
    // What was deleted only now may have held a value that another should get.
    if (deleted > 0 && this.#after.hasRepairable) {
      repairs.discardFailedWrites()
      this.#after = await this.#compareAgain(context, repairs)
      if (this.#after.hasRepairable) this.#after = await this.#compareAgain(context)
    }
    // With only `revive`, no other deliveries are closed.
    const ids = this.#options.users ?? (apply ? undefined : revive)
    await closeDeliveries(context, { ids, signal })
    if (apply && this.mode === 'full') await removeGoneUnstored(context, signal)
    this.#isComplete = true
  }

  report(): ResourceReconcile {
    const repairs = this.#repairs
    return {
      mode: this.mode,
      complete: this.#isComplete,
      ...this.tally.report(),
      ...(this.#options.users && { unknown: this.tally.unknown }),
      ...(repairs && { repaired: repairs.repaired, failures: repairs.failures, causes: repairs.causes }),
      ...(this.#after && { after: this.#after.report() }),
      ...(this.#unstored && { unstored: this.#unstored }),
    }
  }

  /** Repeats the comparison; of a sample, only for what differed. */
  async #compareAgain(context: JobContext, repairs?: Repairs): Promise<DriftTally> {
    const tally = new DriftTally()
    const isSample = this.mode === 'sample'
    const again = isSample ? { mode: 'users' as const, ids: [...this.#drifted] } : { mode: this.mode }
    await this.#compare(context, { ...again, tally }, repairs, 'compare again')
    return tally
  }

  async #compare(
    context: JobContext,
    { mode, tally, ids }: { mode: ResourceRun['mode']; tally: DriftTally; ids?: readonly string[] },
    repairs?: Repairs,
    phase: ReconcileProgress['phase'] = 'compare',
  ): Promise<void> {
    const { users, revive, sample = 0, since, signal } = this.#options
    const wanted = ids ?? users ?? revive ?? []
    const onDrift = (clerkId: string) => mode === 'sample' && this.#drifted.add(clerkId)
    const checker = new DriftChecker(context, tally, { repairs, signal, onDrift, confirmedGone: this.#confirmedGone })
    const total = await this.#countFor(context, mode, wanted)
    const comparing = { checker, tally, signal, onProgress: this.#reporter(context, tally, phase, total) }
    if (mode === 'users') await compareIds(comparing, wanted)
    else if (mode === 'sample') await compareSample(context, comparing, sample)
    else if (mode === 'since' && since) await compareChanged(context, comparing, since)
    else await compareAll(context, comparing)
    await checker.finish()
    if (mode !== 'full') return
    for await (const { clerkIds } of context.jobs.duplicates(context.contextWithoutDeadline)) {
      signal?.throwIfAborted()
      tally.addDuplicate(clerkIds)
    }
  }

  /** How many to compare, if known. */
  async #countFor(
    { source }: JobContext,
    mode: ResourceRun['mode'],
    ids: readonly string[],
  ): Promise<number | undefined> {
    const { sample = 0, signal } = this.#options
    if (mode === 'users') return ids.length
    if (mode === 'since') return undefined
    const total = await source.count(signal && { signal })
    return mode === 'sample' ? Math.min(total ?? sample, sample) : total
  }

  #reporter(
    { name }: JobContext,
    tally: DriftTally,
    phase: ReconcileProgress['phase'],
    total: number | undefined,
  ): () => void {
    const rate = new ProgressRate()
    return () => {
      const { checked, drift } = tally
      const left = total === undefined ? undefined : total - checked
      this.#options.onProgress?.({ resource: name, phase, checked, total, drift, ...rate.at(checked, left) })
    }
  }
}

function modeOf({ users, revive, apply, sample, since }: ReconcileOptions): ResourceReconcile['mode'] {
  if (users) return 'users'
  if (sample !== undefined) return 'sample'
  if (since) return 'since'
  // With only `revive`, nothing else is compared.
  return revive?.length && !apply ? 'users' : 'full'
}
