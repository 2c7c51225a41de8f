import type { BulkResult, Comparison } from '../../store/job-store'
import type { SyncOutcome } from '../../store/write'
import { FailureTally } from '../run/failure-tally'
import type { JobFailure } from '../run/job-failure'
import type { BackfillCounts, ResourceBackfill } from './backfill-report'

const countOf: Record<SyncOutcome | Comparison, keyof BackfillCounts> = {
  created: 'created',
  updated: 'updated',
  linked: 'updated',
  duplicate: 'unchanged',
  ignored: 'unchanged',
  stale: 'stale',
  deleted: 'stale',
  conflict: 'conflicts',
  // What a write would do.
  missing: 'created',
  changed: 'updated',
  same: 'unchanged',
  deletedHere: 'stale',
}

/** Counts what a backfill did to one resource. */
export class BackfillTally {
  readonly counts: BackfillCounts = { seen: 0, created: 0, updated: 0, unchanged: 0, stale: 0, conflicts: 0, failed: 0 }
  readonly failed = new FailureTally()
  /** Whether everything was processed. */
  isComplete = false
  readonly #notInStep = new Set<string>()

  add(results: readonly BulkResult[]): void {
    for (const result of results) {
      this.counts.seen += 1
      this.counts[result.outcome ? countOf[result.outcome] : 'failed'] += 1
      const failure = failureOf(result)
      if (!failure) continue
      this.failed.add(failure)
      this.#notInStep.add(failure.clerkId)
    }
  }

  /** Whether this run counted a conflict or a failure of this id. */
  hasFailed(clerkId: string): boolean {
    return this.#notInStep.has(clerkId)
  }

  report(): ResourceBackfill {
    const { failures, causes } = this.failed
    return { ...this.counts, complete: this.isComplete, failures, causes }
  }

  /** Counts what a dry run would have done. */
  addComparison(comparison: Comparison): void {
    this.counts.seen += 1
    // A write would update an older version.
    this.counts[comparison === 'stale' ? 'updated' : countOf[comparison]] += 1
  }
}

/** Why something could not be stored unchanged; `undefined` if it was. */
export function failureOf({ clerkId, conflict, error }: BulkResult): JobFailure | undefined {
  if (error) return { clerkId, code: error.code, message: error.message }
  if (!conflict) return undefined
  const { code, path, message } = conflict
  return { clerkId, code, ...(path !== undefined && { path }), message }
}
