import type { JobFailure } from './backfill'

/**
 * `missing`: at Clerk, not here. `stale`: an older version here. `changed`: fields that are Clerk's were changed here.
 * `deletedInClerk`: here, but no longer at Clerk. `deletedHere`: deleted here, alive at Clerk; only `revive` mends it.
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
  /** As Clerk counted them at the start. */
  total: number
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
  /** With `apply` or `revive`: how many were mended, by kind. */
  repaired?: Partial<Record<DriftKind, number>>
  /** With `apply` or `revive`: users that could not be mended, the first hundred. */
  failures?: JobFailure[]
  /** With `apply` or `revive`: what a second look found. */
  after?: DriftReport
}
