import type { ClerkSyncError } from '../errors'
import type { ClerkUserJSON } from '../events/events'
import type { DeliveryEntry } from './delivery-log'
import type { ConflictReason, SyncOutcome, WriteContext } from './write'

/** What the jobs need of a store beyond one user at a time. The mongoose store has it; a store of one's own may go without. */
export interface JobStore {
  /**
   * Applies users just fetched from Clerk, each by the rules of the one guarded write, in as few commands as can be. One result
   * a user, in the order given. A user that fails is a result, not a rejection; it rejects only where none can be written.
   */
  upsertMany(users: readonly ClerkUserJSON[], context: WriteContext): Promise<BulkResult[]>
  /** Every document with a Clerk id, ascending by that id (by code unit), one cursor, constant memory. */
  walk(context: WriteContext & { signal?: AbortSignal }): AsyncIterable<StoredUser>
  /** What is stored for these ids, tombstones without a document included; unknown ids are left out. */
  find(clerkIds: readonly string[], context: WriteContext): Promise<StoredUser[]>
  /** Documents with a Clerk id, drawn at random. */
  sample(size: number, context: WriteContext): Promise<StoredUser[]>
  /** How what is stored stands to what Clerk has; by the rules of `context`. Pure. */
  compare(user: ClerkUserJSON, stored: StoredUser | undefined, context: WriteContext): Comparison
  /** Live documents that share an e-mail address, whatever its case: the ids of each such group, never the address. */
  duplicates(context: WriteContext): AsyncIterable<DuplicateGroup>
  /** Takes tombstone and deletion date away, so that a user Clerk was just seen to have can be written again. */
  revive(clerkId: string, context: WriteContext): Promise<void>
  /**
   * Makes this process the only one at a job, until the lease runs out or is released. `null`: another holds it.
   * Leases and what jobs remember are in one collection, one document a job.
   */
  lease(job: string, ttlMs: number, context: WriteContext): Promise<JobLease | null>
  summary(context: WriteContext): Promise<StoreSummary>
  /** Users with a version that could not be stored so far, the latest attempt first. */
  unstored(context: WriteContext): AsyncIterable<UnstoredUser>
  /** Removes the notes about these users, whom Clerk no longer has. */
  forgetUnstored(clerkIds: readonly string[], context: WriteContext): Promise<void>
  /** The delivery log, the newest entry first. Nothing where none is kept. */
  deliveries(query: DeliveryQuery, context: WriteContext): AsyncIterable<LoggedDelivery>
  /** The log's entries of messages that came since then, counted by the database. All zero where no log is kept. */
  countDeliveries(since: Date, context: WriteContext): Promise<DeliveryCounts>
  /** Notes in the log that these messages are `stale`, as what is stored is right without them. */
  settleDeliveries(messageIds: readonly string[], context: WriteContext): Promise<void>
}

export interface BulkResult {
  clerkId: string
  /** Absent where it failed. */
  outcome?: SyncOutcome
  conflict?: ConflictReason
  error?: ClerkSyncError
}

/** One user as it is stored. What the store knows beyond this it keeps for itself. */
export interface StoredUser {
  clerkId: string
  /** Deleted in Clerk as far as the store knows, by document or by tombstone. */
  isDeleted: boolean
  /** Deleted by a weaker rule than `onDelete` is, such as a process with other rules; in a walk, perhaps: `find` tells. */
  isUnfinished?: boolean
  /** When it was last changed at Clerk as far as the store knows; else when it was stored. `undefined`: nobody knows. */
  changedAt?: Date | undefined
}

/**
 * `same`: in step, or newer than what was asked about. `stale`: an older version, or none. `changed`: the same version, other
 * values in fields that are Clerk's. `deletedHere`: the store says deleted. `missing`: nothing is stored.
 */
export type Comparison = 'same' | 'missing' | 'stale' | 'changed' | 'deletedHere'

export interface DuplicateGroup {
  /** How many documents share the address. */
  documents: number
  /** Clerk ids among them, at most ten. */
  clerkIds: string[]
}

export interface JobLease {
  /** What the last run saved; `undefined` where it ended, or there was none. */
  readonly state: Readonly<Record<string, unknown>> | undefined
  /** Saves what the next run needs and prolongs the lease. @throws {ClerkSyncError} `job_running` when another has taken it. */
  save(state: Record<string, unknown>): Promise<void>
  /** Gives the lease back. `ended`: the job is done, nothing is remembered but when. */
  release(how: 'ended' | 'paused'): Promise<void>
}

/** A stored user that differs from Clerk's, or whose push was given up. */
export interface UserInError {
  clerkId: string
  /** `conflict`, `host_rule`, `push_failed`, `push_contested`; absent if an older scheme set the status. */
  syncError?: string
  /** With a conflict: the path whose value could not be stored. */
  path?: string
}

/** A user whose newest version could not be written. It has no document, or one at an older version. */
export interface UnstoredUser extends ConflictReason {
  clerkId: string
}

export interface StoreSummary {
  /** Documents by `authProvider` and state. */
  users: { local: number; active: number; pending: number; error: number; deleted: number }
  tombstones: number
  /** The first ten users counted as `error`, by Clerk id; absent if there are none. */
  inError?: UserInError[]
  /** By job. */
  jobs: { job: string; runningUntil: Date | undefined; state: unknown; endedAt: Date | undefined }[]
}

export interface DeliveryCounts {
  /** Messages by outcome; `failing` for those that never succeeded. */
  byOutcome: Record<string, number>
  lastAt: Date | undefined
}

export interface DeliveryQuery {
  /** Only what failed at its last delivery, or is in conflict. */
  failed?: boolean
  /** Only what came since then. */
  since?: Date
  limit?: number
}

/** An entry of the delivery log. */
export interface LoggedDelivery extends Omit<DeliveryEntry, 'eventAt' | 'isHookDone'> {
  eventAt: Date | undefined
  attempts: number
  firstSeenAt: Date
  lastSeenAt: Date
}
