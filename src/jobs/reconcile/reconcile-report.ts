import type { ClerkUserJSON } from '../../events/events'
import type { FailureCause } from '../run/failure-tally'
import type { JobFailure } from '../run/job-failure'
import type { Unstored } from './unstored'

/**
 * `missing`: at Clerk, not here. `stale`: an older version here. `changed`: fields that are Clerk's were changed here.
 * `deletedInClerk`: here, but no longer at Clerk; or deleted here by a weaker rule than `onDelete` is. `deletedHere`: deleted here, alive at Clerk; only `revive` mends it.
 * `duplicate`: live documents share an e-mail address; never mended by itself.
 */
export type DriftKind = 'missing' | 'stale' | 'changed' | 'deletedInClerk' | 'deletedHere' | 'duplicate'

export interface ReconcileOptions {
  /** Mend what can be mended, then look again. @default false */
  apply?: boolean
  /** Look at about this many users of either side, drawn at random, instead of all. */
  sample?: number
  /** Only users changed at Clerk since then; finds no deletions. */
  since?: Date
  /** Only these users. */
  users?: readonly string[]
  /** Bring these back that are deleted here, if Clerk, asked once more, still has them. */
  revive?: readonly string[]
  onProgress?: (progress: ReconcileProgress) => void
  /** Ends the run; it resolves with `complete: false` and what was found so far. */
  signal?: AbortSignal
}

export interface ReconcileProgress {
  phase: 'compare' | 'repair' | 'compare again'
  checked: number
  /** Users to look at: all that Clerk counted at the start, the size of the sample, or those named. `undefined` with `since`, and where Clerk does not count them. */
  total: number | undefined
  drift: number
  perSecond: number
  secondsLeft: number | undefined
}

export interface DriftReport {
  /** Users looked at, of either side. */
  checked: number
  inStep: number
  drift: Record<DriftKind, number>
  /** Clerk ids, at most ten of a kind. */
  examples: Record<DriftKind, string[]>
}

export interface ReconcileReport extends DriftReport {
  mode: 'full' | 'sample' | 'since' | 'users'
  complete: boolean
  /** With `users`: those given that neither Clerk nor the store knows, such as misspelt ones. */
  unknown?: string[]
  /** With `apply` or `revive`: how many were mended, by kind. */
  repaired?: Partial<Record<DriftKind, number>>
  /** With `apply` or `revive`: users that could not be mended, the first hundred. */
  failures?: JobFailure[]
  /** The same users, all of them, counted by cause. */
  causes?: FailureCause[]
  /** With `apply` or `revive`: what a second look found. */
  after?: DriftReport
  /** In a full run without `apply`: users that no attempt could store. They count among the missing and the stale as well. */
  unstored?: Unstored
}

/** A user as Clerk has it, and how what is stored differs. */
export interface Drifted {
  user: ClerkUserJSON
  kind: 'missing' | 'stale' | 'changed'
}
