import type { ClerkResourceJSON } from '../../events/events'
import type { FailureCause } from '../run/failure-tally'
import type { JobFailure } from '../run/job-failure'
import type { ResourceOption } from '../run/job-resources'
import type { Unstored } from './unstored'

/**
 * `missing`: in Clerk, not stored. `stale`: an older version is stored. `changed`: stored fields that belong to Clerk
 * were changed. `deletedInClerk`: stored, but no longer in Clerk, or deleted by a weaker rule than `onDelete`, or a
 * living membership of a deleted user or organization.
 * `deletedHere`: deleted in the store, alive in Clerk; only `revive` repairs it. `duplicate`: live documents share an
 * e-mail address; never repaired.
 */
export type DriftKind = 'missing' | 'stale' | 'changed' | 'deletedInClerk' | 'deletedHere' | 'duplicate'

/** Options of `reconcile()`. */
export interface ReconcileOptions {
  /** Repair what can be repaired, then compare again. @default false */
  apply?: boolean
  /** Only these resources. @default all that `createClerkSync` was given */
  only?: readonly ResourceOption[]
  /** Compare about this many random ones of each resource, from both sides, instead of all. */
  sample?: number
  /** Compare only what changed in Clerk since then. Finds no deletions. */
  since?: Date
  /** Compare only these users, by Clerk id, and no other resource. */
  users?: readonly string[]
  /** Compare only what has these Clerk ids, of any resource. With `apply`: fetches it from Clerk and stores it. */
  ids?: readonly string[]
  /**
   * Restore what has these Clerk ids, of any resource, and is deleted in the store, if Clerk still has it. A restored
   * user or organization does not restore its memberships.
   */
  revive?: readonly string[]
  /** Called after each page. */
  onProgress?: (progress: ReconcileProgress) => void
  /** Ends the run. The result has `complete: false` and what was found so far. */
  signal?: AbortSignal
}

/** Argument of `onProgress`: the progress of one resource. */
export interface ReconcileProgress {
  /** The resource in work. */
  resource: ResourceOption
  /** Current step. `compare again` follows the repairs. */
  phase: 'compare' | 'repair' | 'compare again'
  /** Compared so far. */
  checked: number
  /**
   * How many to compare: Clerk's count at the start, the size of the sample, or the users named. `undefined` with `since`,
   * or if Clerk does not count them.
   */
  total: number | undefined
  /** Differences found so far. */
  drift: number
  /** How many per second in this step. */
  perSecond: number
  /** Estimated time left; `undefined` if the total is unknown. */
  secondsLeft: number | undefined
}

/** What a comparison found. */
export interface DriftReport {
  /** Compared documents, of both sides. */
  checked: number
  /** Those without a difference. */
  inStep: number
  /** Number of differences by kind. */
  drift: Record<DriftKind, number>
  /** At most ten Clerk ids of each kind. */
  examples: Record<DriftKind, string[]>
}

/** What `reconcile()` found and repaired in one resource. */
export interface ResourceReconcile extends DriftReport {
  /** What was compared. */
  mode: 'full' | 'sample' | 'since' | 'users'
  /** `false` if the run was aborted. */
  complete: boolean
  /** With `users` or `ids`: those that neither Clerk nor the store knows, such as misspelt ids. */
  unknown?: string[]
  /** With `apply` or `revive`: number of repaired documents by kind. */
  repaired?: Partial<Record<DriftKind, number>>
  /** With `apply` or `revive`: what could not be repaired, the first hundred. */
  failures?: JobFailure[]
  /** All that could not be repaired, counted by cause. */
  causes?: FailureCause[]
  /** With `apply` or `revive`: what a second comparison found. */
  after?: DriftReport
  /** In a full run without `apply`: what no attempt could store. It also counts as missing or stale. */
  unstored?: Unstored
}

/** Result of `reconcile()`: the report about users, and about each other resource in a field of its own. */
export interface ReconcileReport extends ResourceReconcile {
  /** `false` if the run was aborted. */
  complete: boolean
  /** Absent if organizations were not part of the run. */
  organizations?: ResourceReconcile
  /** Absent if memberships were not part of the run. */
  memberships?: ResourceReconcile
}

/** An object's state in Clerk, and how the stored one differs. */
export interface Drifted {
  json: ClerkResourceJSON
  kind: 'missing' | 'stale' | 'changed'
}
