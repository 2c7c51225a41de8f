import type { FailureCause } from '../run/failure-tally'
import type { JobFailure } from '../run/job-failure'

export interface BackfillOptions {
  /** Only users changed since then, the last changed first. */
  since?: Date
  /** Stop after about this many users; the next run goes on from there. */
  limit?: number
  /** Forget how far an earlier run came. */
  restart?: boolean
  /** Read Clerk and the store, write nothing. @default false */
  dryRun?: boolean
  /** Leave the `user.created` hook to run for users this makes, once their own message comes. @default false */
  hooks?: boolean
  onProgress?: (progress: BackfillProgress) => void
  /** Ends the run after the page at hand; it resolves with `complete: false` and can be resumed. */
  signal?: AbortSignal
}

export interface BackfillCounts {
  /** Users read from Clerk in this run. */
  seen: number
  created: number
  /** Linked ones included. */
  updated: number
  /** In step already. */
  unchanged: number
  /** Newer here by then, or deleted here. */
  stale: number
  conflicts: number
  failed: number
}

export interface BackfillProgress extends BackfillCounts {
  /** Users to see, with what earlier runs did: as Clerk counted them at the start, or up to the limit. `undefined` with `since`, and where Clerk does not count them. */
  total: number | undefined
  /** Of `total`, with what earlier runs did. */
  done: number
  perSecond: number
  secondsLeft: number | undefined
}

export interface BackfillResult extends BackfillCounts {
  /** Whether every user was seen, stored or not; else the next run goes on from here. */
  complete: boolean
  /** Conflicts and failures, the first hundred. */
  failures: JobFailure[]
  /** The same users, all of them, counted by cause; the most frequent first. */
  causes: FailureCause[]
}
