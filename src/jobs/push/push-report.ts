import type { FailureCause } from '../run/failure-tally'
import type { JobFailure } from '../run/job-failure'
import type { OwnedDifference } from './find-differences'

export interface PushRunOptions {
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
