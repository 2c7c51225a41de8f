import type { FailureCause } from '../run/failure-tally'
import type { JobFailure } from '../run/job-failure'
import type { OwnedDifference } from './find-differences'

/** Options of `push()`. */
export interface PushRunOptions {
  /** Stop after about this many documents. @default all that are due */
  limit?: number
  /**
   * Stop after this time, in milliseconds, and release the remaining documents. For cron routes of serverless hosts.
   * @default none
   */
  timeoutMs?: number
  /** Send nothing; `pending` is the number of due documents. @default false */
  dryRun?: boolean
  /** First compare every document with Clerk, to find changes that bypassed mongoose. @default false */
  compare?: boolean
  /** Called after each document. */
  onProgress?: (progress: PushProgress) => void
  /** Ends the run and releases what was claimed. */
  signal?: AbortSignal
}

/** What happened to the documents of one resource. */
export interface ResourceProgress {
  /** Sent to Clerk. */
  pushed: number
  /** In step already, so that nothing was sent, or deleted in Clerk. */
  unchanged: number
  /** Abandoned, or to be retried later. */
  failed: number
}

/** Argument of `onProgress`. Counts users and organizations together. */
export interface PushProgress extends ResourceProgress {
  /** With `compare`: documents compared so far. */
  compared: number
  /** Documents due at the start, or to compare. If Clerk does not count them: those compared so far. */
  total: number
}

/** Result of `push()`. */
export interface PushResult extends PushProgress {
  /** Documents with a change that must still be pushed, including those waiting for a retry. */
  pending: number
  /** With `compare`: documents that differ, whether the change was marked or not. */
  found: number
  /** The counts of each resource whose plugin has the option `push`. */
  resources: Partial<Record<'users' | 'organizations', ResourceProgress & { pending: number }>>
  /** With `compare`: the differences by resource and owned path, with at most three ids each. */
  differences: OwnedDifference[]
  /** Failures, the first hundred. */
  failures: JobFailure[]
  /** All failures, counted by cause. */
  causes: FailureCause[]
}
