import type { ClerkSyncError } from '../errors'
import type { ClerkResourceJSON } from '../events/events'
import type { MembershipPair } from '../events/membership'
import type { DeliveryEntry } from './delivery-log'
import type { DeliveryTally, OpenDeliveries } from './delivery-tally'
import type { ConflictReason, SyncOutcome, WriteContext } from './write'

/**
 * What jobs require of a store beyond single documents. The mongoose stores provide it; for other stores it is optional.
 * Every resource has its own: users, organizations and memberships.
 */
export interface JobStore {
  /**
   * Stores resources just fetched from Clerk, with the rules of the guarded write and as few commands as possible.
   * Returns one result each, in the given order. One that fails is a result; the call rejects only if none can be
   * written.
   */
  upsertMany(resources: readonly ClerkResourceJSON[], context: WriteContext): Promise<BulkResult[]>
  /**
   * Iterates over all documents with a Clerk id, in ascending order of the id (by code unit), with one cursor and
   * constant memory.
   */
  walk(context: WriteContext & { signal?: AbortSignal }): AsyncIterable<StoredDocument>
  /** Returns what is stored for these ids, including tombstones without a document. Unknown ids are omitted. */
  find(clerkIds: readonly string[], context: WriteContext): Promise<StoredDocument[]>
  /** Returns the state of one document for people; `null` if nothing is stored, not even a tombstone. */
  lookUp?(clerkId: string, context: WriteContext): Promise<LookedUpDocument | null>
  /** Returns random documents with a Clerk id. */
  sample(size: number, context: WriteContext): Promise<StoredDocument[]>
  /** Compares Clerk's state of a resource with the stored one, with the rules in `context`. Pure. */
  compare(resource: ClerkResourceJSON, stored: StoredDocument | undefined, context: WriteContext): Comparison
  /**
   * Groups live documents that share an e-mail address, ignoring case. Yields ids, never the address. Empty for
   * resources without addresses.
   */
  duplicates(context: WriteContext): AsyncIterable<DuplicateGroup>
  /** Removes the tombstone and the deletion date of a document that Clerk still has, so that it can be written again. */
  revive(clerkId: string, context: WriteContext): Promise<void>
  /**
   * Acquires the exclusive right to run a job until the lease expires or is released; `null` if another process holds
   * it. Leases and the state of jobs are in one collection, one document per job.
   */
  lease(job: string, ttlMs: number, context: WriteContext): Promise<JobLease | null>
  /** Saves what a run of a job found, for `summary`. Needs no lease. */
  saveResult(job: string, result: Record<string, unknown>, context: WriteContext): Promise<void>
  /** Counts documents by state and lists the jobs. */
  summary(context: WriteContext): Promise<StoreSummary>
  /** Iterates over what has a version that could not be stored, latest attempt first. */
  unstored(context: WriteContext): AsyncIterable<UnstoredDocument>
  /** Removes the records of what could not be stored and that Clerk no longer has. */
  removeUnstored(clerkIds: readonly string[], context: WriteContext): Promise<void>
  /** Reads the delivery log, newest entry first. Empty without a delivery log. */
  deliveries(query: DeliveryQuery, context: WriteContext): AsyncIterable<LoggedDelivery>
  /** Reads the counts of the delivery log, whose cost does not grow with the log. All zero without a delivery log. */
  countDeliveries(since: Date, context: WriteContext): Promise<DeliveryCounts>
  /** Records in the log that these messages are `stale`, because the stored state is right without them. */
  closeDeliveries(messageIds: readonly string[], context: WriteContext): Promise<void>
}

/** Result of one resource in `upsertMany`. */
export interface BulkResult {
  clerkId: string
  /** Absent if the write failed. */
  outcome?: SyncOutcome
  /** With outcome `conflict`: the reason. */
  conflict?: ConflictReason
  /** Why the write failed. */
  error?: ClerkSyncError
}

/** The stored state of one resource. A store may add fields of its own. */
export interface StoredDocument {
  clerkId: string
  /** Whether it is deleted in Clerk according to its document or tombstone. */
  isDeleted: boolean
  /** Of a membership: its user and organization, by which Clerk finds it. Absent if only a tombstone is left. */
  pair?: MembershipPair
  /**
   * Of a living membership: the id of its user or organization if that is deleted in the store. Its own end was
   * interrupted.
   */
  endedBy?: string
  /**
   * Whether the deletion left more than `onDelete` now allows, for example because a process with other rules applied
   * it. In a walk this is a guess; `find` is exact.
   */
  isUnfinished?: boolean
  /** When it last changed in Clerk, else when it was stored. `undefined` if unknown. */
  changedAt?: Date | undefined
}

/** The state of one stored document, for people. */
export interface LookedUpDocument extends DocumentInError {
  /** As `status()` counts it. */
  state: 'active' | 'pending' | 'error' | 'deleted'
  /** Whether a document is stored, and not only the tombstone of a deleted one. */
  hasDocument: boolean
  /** When something from Clerk was last applied. */
  lastSyncAt?: Date
  /** Clerk's time of the version that is stored. */
  updatedAt?: Date
  /** When it was deleted in Clerk. */
  deletedAt?: Date
  /** Values by which people recognise it, by our names: `email`, `name`, `role`, `userId`, … Private: never for a log. */
  profile: Record<string, string>
}

/**
 * `same`: in step, or newer than Clerk's given state. `stale`: an older version. `changed`: the same version with other
 * values in Clerk's fields. `deletedHere`: deleted in the store. `missing`: not stored.
 */
export type Comparison = 'same' | 'missing' | 'stale' | 'changed' | 'deletedHere'

/** Live documents with the same e-mail address. */
export interface DuplicateGroup {
  /** How many documents share the address. */
  documents: number
  /** Clerk ids among them, at most ten. */
  clerkIds: string[]
}

/** The exclusive right to run a job. */
export interface JobLease {
  /** State saved by the last run; `undefined` if it finished or there was none. */
  readonly state: Readonly<Record<string, unknown>> | undefined
  /**
   * Saves the state for the next run and extends the lease. @throws {ClerkSyncError} `job_running` if another process
   * took it.
   */
  save(state: Record<string, unknown>): Promise<void>
  /** Releases the lease. `ended`: the job is done, and only the time is kept. `paused`: the saved state is kept. */
  release(how: 'ended' | 'paused'): Promise<void>
}

/** A stored document that differs from Clerk, or whose push was abandoned. */
export interface DocumentInError {
  clerkId: string
  /** `conflict`, `host_rule`, `push_failed`, `push_contested`; absent if an older scheme set the status. */
  syncError?: string
  /** With a conflict: the path that could not be stored. */
  path?: string
}

/** What could not be stored in its newest version. It has no document, or one at an older version. */
export interface UnstoredDocument extends ConflictReason {
  clerkId: string
}

/** Documents by state. */
export interface DocumentCounts {
  /** Of the app alone, without a Clerk id. */
  local: number
  active: number
  pending: number
  error: number
  deleted: number
}

/** Counts for `status`. */
export interface StoreSummary {
  documents: DocumentCounts
  /** Number of tombstones, of all resources whose tombstones are in the same collection. */
  tombstones: number
  /** The first ten documents counted as `error`, by Clerk id. Absent if there are none. */
  inError?: DocumentInError[]
  /** Indexes that are not there, by collection and name, such as `users.clerk_deleted`. Without them, counting is slow. */
  missingIndexes: string[]
  /** One entry per job. */
  jobs: JobSummary[]
}

/** What is stored about a job. */
export interface JobSummary {
  /** Name of the job. */
  job: string
  /** When its lease expires, while it runs. */
  runningUntil: Date | undefined
  /** What it saved for its next run. */
  state: unknown
  /** When a run last reached its end. */
  endedAt: Date | undefined
  /** What `saveResult` saved, and when. */
  result?: Record<string, unknown>
  resultAt?: Date
}

/** Counts of the delivery log. */
export interface DeliveryCounts extends OpenDeliveries {
  /** Deliveries since the given time, in tallies of ten minutes, oldest first. Those without a delivery are left out. */
  tallies: DeliveryTally[]
  /** When the last delivery arrived. */
  lastAt: Date | undefined
  /** The message that has failed for the longest time. */
  oldestFailing: LoggedDelivery | undefined
}

/** Filter of the delivery log. */
export interface DeliveryQuery {
  /** Only messages whose last delivery failed or that are in conflict. */
  failed?: boolean
  /** Only messages that arrived since then. */
  since?: Date
  /** The largest number of entries. @default no limit */
  limit?: number
}

/** One entry of the delivery log. */
export interface LoggedDelivery extends Omit<DeliveryEntry, 'eventAt' | 'isHookDone'> {
  /** When the event occurred in Clerk. */
  eventAt: Date | undefined
  /** Number of deliveries so far. */
  attempts: number
  /** Time of the first delivery. */
  firstSeenAt: Date
  /** Time of the last delivery. */
  lastSeenAt: Date
}
