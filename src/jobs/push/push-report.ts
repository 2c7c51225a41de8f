import type { FailureCause } from '../run/failure-tally'
import type { JobFailure } from '../run/job-failure'
import type { OwnedDifference } from './find-differences'

/** Options of `push()`. */
export interface PushRunOptions {
  /** Stop after about this many users. @default all due users */
  limit?: number
  /**
   * Stop after this time, in milliseconds, and release the remaining users. For cron routes of serverless hosts.
   * @default none
   */
  timeoutMs?: number
  /** Send nothing; `pending` is the number of due users. @default false */
  dryRun?: boolean
  /** First compare every user with Clerk, to find changes that bypassed mongoose. @default false */
  compare?: boolean
  /** Called after each user. */
  onProgress?: (progress: PushProgress) => void
  /** Ends the run and releases claimed users. */
  signal?: AbortSignal
}

/** Argument of `onProgress`. */
export interface PushProgress {
  /** Sent to Clerk. */
  pushed: number
  /** In step already, so that nothing was sent, or deleted in Clerk. */
  unchanged: number
  /** Abandoned, or to be retried later. */
  failed: number
  /** With `compare`: users compared so far. */
  compared: number
  /** Users due at the start, or to compare. If Clerk does not count its users: those compared so far. */
  total: number
}

/** Result of `push()`. */
export interface PushResult extends PushProgress {
  /** Users with a change that must still be pushed, including those waiting for a retry. */
  pending: number
  /** With `compare`: users that differ, whether the change was marked or not. */
  found: number
  /** With `compare`: the differences by owned path, with at most three ids each. */
  differences: OwnedDifference[]
  /** Failures, the first hundred. */
  failures: JobFailure[]
  /** All failures, counted by cause. */
  causes: FailureCause[]
}
