import type { FailureCause } from '../run/failure-tally'
import type { JobFailure } from '../run/job-failure'

/** Options of `backfill()`. */
export interface BackfillOptions {
  /** Only users changed since then, last changed first. */
  since?: Date
  /** Stop after about this many users. The next run continues from there. */
  limit?: number
  /** Start from the first user, even if an earlier run stopped on the way. @default false */
  restart?: boolean
  /** Read Clerk and the store without writing. @default false */
  dryRun?: boolean
  /** Leave the `user.created` hook pending for created users, until their own message arrives. @default false */
  hooks?: boolean
  /** Called after each page. */
  onProgress?: (progress: BackfillProgress) => void
  /** Ends the run after the current page. The result has `complete: false`, and the next run continues from there. */
  signal?: AbortSignal
}

/** Users of a backfill, counted by outcome. */
export interface BackfillCounts {
  /** Users read from Clerk in this run. */
  seen: number
  /** New documents. */
  created: number
  /** Updated, or linked to a local account. */
  updated: number
  /** Already in step. */
  unchanged: number
  /** Stored in a newer version meanwhile, or deleted in the store. */
  stale: number
  /** Not stored, or not unchanged, because of a conflict. */
  conflicts: number
  /** Not stored because of an error. */
  failed: number
}

/** Argument of `onProgress`. */
export interface BackfillProgress extends BackfillCounts {
  /**
   * Users to process, including earlier runs: Clerk's count at the start, or up to the limit. `undefined` with `since`,
   * or if Clerk does not count them.
   */
  total: number | undefined
  /** Processed so far, including earlier runs. */
  done: number
  /** Users per second in this run. */
  perSecond: number
  /** Estimated time left; `undefined` if the total is unknown. */
  secondsLeft: number | undefined
}

/** Result of `backfill()`. */
export interface BackfillResult extends BackfillCounts {
  /** Whether every user was processed, stored or not. Otherwise the next run continues from there. */
  complete: boolean
  /** Conflicts and failures, the first hundred. */
  failures: JobFailure[]
  /** All conflicts and failures, counted by cause, most frequent first. */
  causes: FailureCause[]
}
