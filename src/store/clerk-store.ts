import type { DeliveryLog, DeliveryLogOptions } from './delivery-log'
import type { Finding } from './finding'
import type { JobStore } from './job-store'
import type { PushStore } from './push-store'
import type { ClerkUserInput, SettledHook, StoreLocation, SyncRules, WriteContext, WriteResult } from './write'

/**
 * The database's side of the library: all the core needs. A mongoose model with `clerkSyncPlugin` has one; another is
 * `createMemoryStore()` of `clerk-mongo-sync/testing`. An implementation decides order and finality itself, atomically.
 */
export interface ClerkStore<Doc = unknown> {
  findByClerkId(clerkId: string | null | undefined, context?: Pick<WriteContext, 'deadline'>): PromiseLike<Doc | null>
  upsertFromClerk(user: ClerkUserInput, context?: WriteContext): Promise<WriteResult>
  deleteFromClerk(clerkId: string, context?: WriteContext): Promise<WriteResult>
  /** Takes away the marks of a hook that has finished. */
  clearHookMarks(clerkId: string, hook: SettledHook, context?: WriteContext): Promise<void>
  /**
   * What the schema costs users or fields, tried on sample users. Called at start-up; start-up logs it and `doctor` shows it.
   * @throws {ClerkSyncError} `schema_unfit` for what could never work.
   */
  checkSchema?(rules: SyncRules): Finding[]
  /** Whether the database is connected, as far as the driver knows. Without it, `connect` is called before each write. */
  isConnected?(): boolean
  /** Notes the event types that have hooks, which what the model's own statics write has to leave marks for. */
  noteHooks?(types: ReadonlySet<string>): void
  /** The delivery log beside the users. */
  deliveryLog?(options: DeliveryLogOptions): DeliveryLog
  /** What backfill, reconcile and `status` need. `deliveries`: where the delivery log is, if one is kept. */
  jobs?(options: JobStoreOptions): JobStore
  /** Where the users are. Waits for a connection that is being opened, and rejects where there is none. */
  location?(): Promise<StoreLocation>
  /**
   * An error of connecting, or `timed_out`, with what the store knows of it: the server, its reason, what to look at. What says
   * enough already, or is not the database's, is given back as it is.
   */
  explainError?(error: unknown): unknown
  /** Looks whether the database has what writes and jobs need. Rejects where it does not answer. */
  diagnose?(context: StoreDiagnoseContext): Promise<StoreDiagnosis>
  /** The queue of local changes that Clerk is to hear of. @throws {ClerkSyncError} `schema_unfit` where nothing is pushed. */
  pushes?(): PushStore
  /** Whether a document that `findByClerkId` gave is of a user Clerk has deleted. @default whether it has a `clerkDeletedAt` */
  isDeletedInClerk?(doc: Doc, context?: Pick<WriteContext, 'deadline'>): boolean | Promise<boolean>
  /** The Clerk id that a document bears. */
  clerkIdOf?(doc: object, context?: Pick<WriteContext, 'deadline'>): string | undefined | Promise<string | undefined>
}

/** How a store is to be looked at. */
export interface StoreDiagnoseContext extends Pick<WriteContext, 'deadline' | 'logger'> {
  /** Mend what can be mended without losing anything. */
  fix: boolean
  /** The rules of `createClerkSync`. */
  rules: SyncRules
  /** Store sample users and remove them again. */
  probe: boolean
  /** Where the delivery log is, if one is kept. */
  deliveries?: DeliveryLogOptions
}

/** What a store found about itself. */
export interface StoreDiagnosis {
  findings: Finding[]
  /** The database's clock, and ours at the same moment. */
  serverTime?: { theirs: Date; ours: Date } | undefined
  /** Clerk ids of users that an older scheme marked as deleted, in a way that holds nothing back here. */
  oldDeletions?(): Promise<string[]>
}

export interface JobStoreOptions {
  deliveries?: DeliveryLogOptions
}
