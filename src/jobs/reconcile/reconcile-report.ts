import type { ClerkUserJSON } from '../../events/events'
import type { FailureCause } from '../run/failure-tally'
import type { JobFailure } from '../run/job-failure'
import type { Unstored } from './unstored'

/**
 * `missing`: in Clerk, not stored. `stale`: an older version is stored. `changed`: stored fields that belong to Clerk
 * were changed. `deletedInClerk`: stored, but no longer in Clerk, or deleted by a weaker rule than `onDelete`.
 * `deletedHere`: deleted in the store, alive in Clerk; only `revive` repairs it. `duplicate`: live documents share an
 * e-mail address; never repaired.
 */
export type DriftKind = 'missing' | 'stale' | 'changed' | 'deletedInClerk' | 'deletedHere' | 'duplicate'

/** Options of `reconcile()`. */
export interface ReconcileOptions {
  /** Repair what can be repaired, then compare again. @default false */
  apply?: boolean
  /** Compare about this many random users of both sides instead of all. */
  sample?: number
  /** Compare only users changed in Clerk since then. Finds no deletions. */
  since?: Date
  /** Compare only these users, by Clerk id. */
  users?: readonly string[]
  /** Restore these users, which are deleted in the store, if Clerk still has them. */
  revive?: readonly string[]
  /** Called after each page. */
  onProgress?: (progress: ReconcileProgress) => void
  /** Ends the run. The result has `complete: false` and what was found so far. */
  signal?: AbortSignal
}

/** Argument of `onProgress`. */
export interface ReconcileProgress {
  /** Current step. `compare again` follows the repairs. */
  phase: 'compare' | 'repair' | 'compare again'
  /** Users compared so far. */
  checked: number
  /**
   * Users to compare: Clerk's count at the start, the size of the sample, or the users named. `undefined` with `since`,
   * or if Clerk does not count its users.
   */
  total: number | undefined
  /** Differences found so far. */
  drift: number
  /** Users per second in this step. */
  perSecond: number
  /** Estimated time left; `undefined` if the total is unknown. */
  secondsLeft: number | undefined
}

/** What a comparison found. */
export interface DriftReport {
  /** Users compared, of both sides. */
  checked: number
  /** Users without a difference. */
  inStep: number
  /** Number of differences by kind. */
  drift: Record<DriftKind, number>
  /** At most ten Clerk ids of each kind. */
  examples: Record<DriftKind, string[]>
}

/** Result of `reconcile()`. */
export interface ReconcileReport extends DriftReport {
  /** Which users were compared. */
  mode: 'full' | 'sample' | 'since' | 'users'
  /** `false` if the run was aborted. */
  complete: boolean
  /** With `users`: those that neither Clerk nor the store knows, such as misspelt ids. */
  unknown?: string[]
  /** With `apply` or `revive`: number of repaired users by kind. */
  repaired?: Partial<Record<DriftKind, number>>
  /** With `apply` or `revive`: users that could not be repaired, the first hundred. */
  failures?: JobFailure[]
  /** All users that could not be repaired, counted by cause. */
  causes?: FailureCause[]
  /** With `apply` or `revive`: what a second comparison found. */
  after?: DriftReport
  /** In a full run without `apply`: users that no attempt could store. They also count as missing or stale. */
  unstored?: Unstored
}

/** A user's state in Clerk, and how the stored one differs. */
export interface Drifted {
  user: ClerkUserJSON
  kind: 'missing' | 'stale' | 'changed'
}
