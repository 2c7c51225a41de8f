import type { FailureCause } from '../run/failure-tally'
import type { JobFailure } from '../run/job-failure'
import type { ResourceOption } from '../run/job-resources'

/** Options of `backfill()`. */
export interface BackfillOptions {
  /**
   * Only these resources, in any order. Users come first, then organizations, then memberships, which refer to both.
   * @default all that `createClerkSync` was given
   */
  only?: readonly ResourceOption[]
  /** Only what changed since then; of users the last changed first. */
  since?: Date
  /** Stop after about this many of all resources together. The next run continues from there. */
  limit?: number
  /** Start from the first one, even if an earlier run stopped on the way. @default false */
  restart?: boolean
  /** Read Clerk and the store without writing. @default false */
  dryRun?: boolean
  /** Leave the hook of the creation pending for created documents, until their own message arrives. @default false */
  hooks?: boolean
  /** Called after each page. */
  onProgress?: (progress: BackfillProgress) => void
  /** Ends the run after the current page. The result has `complete: false`, and the next run continues from there. */
  signal?: AbortSignal
}

/** What a backfill did to one resource, counted by outcome. */
export interface BackfillCounts {
  /** Read from Clerk in this run. */
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

/** Argument of `onProgress`: the counts of one resource. */
export interface BackfillProgress extends BackfillCounts {
  /** The resource in work. */
  resource: ResourceOption
  /**
   * How many to process, including earlier runs: Clerk's count at the start, or up to the limit. `undefined` with `since`,
   * or if Clerk does not count them.
   */
  total: number | undefined
  /** Processed so far, including earlier runs. */
  done: number
  /** How many per second in this run. */
  perSecond: number
  /** Estimated time left; `undefined` if the total is unknown. */
  secondsLeft: number | undefined
}

/** What `backfill()` did to one resource. */
export interface ResourceBackfill extends BackfillCounts {
  /** Whether every one was processed, stored or not. Otherwise the next run continues from there. */
  complete: boolean
  /** Conflicts and failures, the first hundred. */
  failures: JobFailure[]
  /** All conflicts and failures, counted by cause, most frequent first. */
  causes: FailureCause[]
}

/** Result of `backfill()`: what happened to users, and to each other resource in a field of its own. */
export interface BackfillResult extends ResourceBackfill {
  /** Whether everything of every resource was processed. */
  complete: boolean
  /** Absent if organizations were not part of the run. */
  organizations?: ResourceBackfill
  /** Absent if memberships were not part of the run. */
  memberships?: ResourceBackfill
}
