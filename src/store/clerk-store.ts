import type { MembershipPair } from '../events/membership'
import type { DeliveryLog, DeliveryLogOptions } from './delivery-log'
import type { Finding } from './finding'
import type { JobStore } from './job-store'
import type { PushStore } from './push-store'
import type { ClerkUserInput, FinishedHook, StoreLocation, SyncRules, WriteContext, WriteResult } from './write'

/**
 * What the core requires of a database. A mongoose model with `clerkSyncPlugin` provides it, and so does
 * `createMemoryStore()` of `clerk-mongo-sync/testing`. An implementation must decide atomically whether an event is
 * newer than what is stored, and must treat deletions as final.
 */
export interface ClerkStore<Doc = unknown> {
  /** Finds the document of a Clerk id; `null` if there is none or no id is given. */
  findByClerkId(clerkId: string | null | undefined, context?: Pick<WriteContext, 'deadline'>): PromiseLike<Doc | null>
  /** Stores a user's state unless a newer one, or a deletion, is stored. */
  upsertFromClerk(user: ClerkUserInput, context?: WriteContext): Promise<WriteResult>
  /** Applies a user's deletion in Clerk, also if no document exists yet. */
  deleteFromClerk(clerkId: string, context?: WriteContext): Promise<WriteResult>
  /** Removes the marks of a hook that has finished. */
  clearHookMarks(clerkId: string, hook: FinishedHook, context?: WriteContext): Promise<void>
  /**
   * Returns problems of the schema, found by trying it on sample users. Start-up logs them and `doctor` prints them.
   * @throws {ClerkSyncError} `schema_unfit` if the schema can never work.
   */
  checkSchema?(rules: SyncRules): Finding[]
  /** Whether the driver reports a connection. If a store lacks this, `connect` is called before each write. */
  isConnected?(): boolean
  /** Records the event types that have hooks. The model's own statics leave marks for them. */
  addHookTypes?(types: ReadonlySet<string>): void
  /** Finds the living membership of a pair; `null` if there is none. Only of a store of memberships. */
  findMembership?(pair: MembershipPair, context?: Pick<WriteContext, 'deadline'>): PromiseLike<Doc | null>
  /** The memberships of users or organizations. Only of a store of memberships. */
  dependentsOf?(owner: 'user' | 'organization'): Dependents
  /** Records what ends with a user or an organization, in `deleteFromClerk`. */
  addDependents?(dependents: Dependents): void
  /** Opens the delivery log stored beside the users. */
  deliveryLog?(options: DeliveryLogOptions): DeliveryLog
  /** Opens what backfill, reconcile and `status` need. */
  jobs?(options: JobStoreOptions): JobStore
  /** Returns the location of the users. Waits for a connection that is being opened; rejects without one. */
  location?(): Promise<StoreLocation>
  /** Asks the database for an answer. Rejects if there is none. */
  ping?(context: Pick<WriteContext, 'deadline'>): Promise<void>
  /** Adds the server, its reason and a remedy to a connection error or `timed_out`. Returns other errors unchanged. */
  explainError?(error: unknown): unknown
  /** Checks that the database has what writes and jobs need. Rejects if it does not respond. */
  diagnose?(context: StoreDiagnoseContext): Promise<StoreDiagnosis>
  /** Opens the queue of local changes to send to Clerk. `undefined` if Clerk owns everything. */
  pushes?(): PushStore | undefined
  /**
   * Whether a document from `findByClerkId` belongs to a user deleted in Clerk. @default whether it has a
   * `clerkDeletedAt`
   */
  isDeletedInClerk?(doc: Doc, context?: Pick<WriteContext, 'deadline'>): boolean | Promise<boolean>
  /** Returns the Clerk id stored in a document. */
  clerkIdOf?(doc: object, context?: Pick<WriteContext, 'deadline'>): string | undefined | Promise<string | undefined>
}

/** What ends with a user or an organization: its memberships. */
export interface Dependents {
  /** Name of their collection. */
  name: string
  /**
   * Ends all that belong to a deleted resource. Safe to repeat.
   * @param isAgain Whether the deletion was known before: an earlier call may have left something undone.
   */
  endAllOf(clerkId: string, context: WriteContext, isAgain?: boolean): Promise<void>
  /** Fills in the references to resources that were stored: their `_id`s by Clerk id. Only where references are kept. */
  setRefs?(ids: ReadonlyMap<string, unknown>, context: WriteContext): Promise<void>
}

/** Options of a store's `diagnose`. */
export interface StoreDiagnoseContext extends Pick<WriteContext, 'deadline' | 'logger'> {
  /** Fix what can be fixed without losing data. */
  fix: boolean
  /** The rules given to `createClerkSync`. */
  rules: SyncRules
  /** Store sample users and remove them again. */
  probe: boolean
  /** Location of the delivery log, if there is one. */
  deliveries?: DeliveryLogOptions
}

/** Result of a store's `diagnose`. */
export interface StoreDiagnosis {
  findings: Finding[]
  /** The database's clock and the local clock at the same moment. */
  serverTime?: { theirs: Date; ours: Date } | undefined
  /** Clerk ids of users that an older scheme marked as deleted with a field this library does not check. */
  oldDeletions?(): Promise<string[]>
}

/** Options of a store's `jobs`. */
export interface JobStoreOptions {
  /** Location of the delivery log, if there is one. */
  deliveries?: DeliveryLogOptions
}
