import type { ClerkUserJSON } from './events'
import type { Finding } from './finding'
import type { JobStore } from './job-store'
import type { Logger } from './logger'
import type { PushStore } from './push-store'

/** What became of an event. The set is closed. */
export type SyncOutcome = 'created' | 'updated' | 'deleted' | 'linked' | 'stale' | 'duplicate' | 'ignored' | 'conflict'

/** A user as Clerk's JSON, or as the SDK's `User`, whose `raw` holds that JSON. */
export type ClerkUserInput = ClerkUserJSON | { readonly raw: ClerkUserJSON | null }

/** Field values by path. `undefined` and `null` mean that Clerk has none: the field is unset. */
export type MappedUser = Record<string, unknown>

/** Rules that a model has from the plugin and that `createClerkSync` may override. */
export interface SyncRules {
  /**
   * Clerk's user in the fields to store. Our names (`email`, `username`, `firstName`, `lastName`, `imageUrl`) are
   * translated by the plugin's `paths`; any other key is a path of your schema.
   * @default mapClerkUser
   */
  mapUser?: MapUser
  /**
   * Whether a new Clerk user takes over the local account that has the same e-mail address. `'verified-email'`: only if
   * Clerk verified the address. Whoever can register an address locally without owning it could plant an account to be
   * taken over: a function can look closer.
   * @default false
   */
  linkBy?: LinkBy
  /**
   * What a deletion leaves. `soft` keeps the document and sets `clerkDeletedAt`; `hard` removes it; `anonymize` keeps
   * `_id` and `clerkId` and empties every field mapped from Clerk; a function runs after a soft deletion.
   * @default 'soft'
   */
  onDelete?: OnDelete
}

export type MapUser = (user: ClerkUserJSON) => MappedUser

/** A document of the host's, as far as this library can know it. Annotate the parameter with your own type instead. */
export interface HostDocument {
  _id: unknown
  get(path: string): unknown
}

// Method signatures, so that a host may write a document type of its own for the parameter.
interface RuleFunctions {
  linkBy(localUser: HostDocument, user: ClerkUserJSON): boolean | Promise<boolean>
  onDelete(user: HostDocument, context: { clerkId: string; messageId: string | undefined }): unknown
}

export type LinkBy = false | 'verified-email' | RuleFunctions['linkBy']
/** A function runs at least once for each deleted user; `messageId` is the key to make it idempotent. */
export type OnDelete = 'soft' | 'hard' | 'anonymize' | RuleFunctions['onDelete']

/** Everything a write knows beside the user. All optional: a bare call is a host using a static. */
export interface WriteContext extends SyncRules {
  /** `svix-id`. Its absence says that nobody will deliver this again. */
  messageId?: string
  /** When the event occurred, in milliseconds: the version of a user whose JSON has no `updated_at`. */
  eventAt?: number
  /** The user was just fetched from Clerk: an equal version is applied as well, not only a newer one. */
  truth?: boolean
  /** Asks Clerk for the user as it is now; `null` when it has none. Used where two events claim the same version. */
  fetchUser?: (clerkId: string, deadline?: number) => Promise<ClerkUserJSON | null>
  /** Marks to leave with the write, for the hooks that are to run after it. */
  marks?: HookMarks
  /** Whether the hook of this message has run to its end at an earlier delivery. Asked before a tie is applied. */
  isFinished?: () => Promise<boolean>
  /** Whether to tell what the write changes, at the price of reading the document before. */
  changes?: boolean
  logger?: Logger
  /** Point in time, in milliseconds, after which nobody waits for the result. */
  deadline?: number
}

/** What stands in the database from a write until the hook that belongs to it has finished. */
export interface HookMarks {
  /** The message whose hook is to run. */
  message?: string
  /**
   * A type whose hook is to run when its own message comes: left where something else made the document. A deletion leaves its own
   * always, unless it has a `message`: another process may have the hook that this one lacks.
   */
  sentinel?: string
  /** Whether any type has a hook, so that the document may bear marks of other messages. */
  hasHooks?: boolean
}

/** The hook that has finished. */
export interface SettledHook extends HookMarks {
  isDeletion?: boolean
}

/** What a write changed, by path. */
export type Changes = Record<string, { before: unknown; after: unknown }>

export interface WriteResult {
  outcome: SyncOutcome
  clerkId: string
  /** Marks that stand after the write: its own, and those that earlier ones left. */
  due?: readonly string[]
  /** Where asked for, and where this call was the one that wrote. */
  changes?: Changes
  /** With `conflict`: what stood in the way. */
  conflict?: ConflictReason
}

/** Why an event could not be applied as it is. Names paths, never values. */
export interface ConflictReason {
  code: 'conflict' | 'host_rule' | 'missing_id'
  /** The schema path that refused, where there is one. */
  path?: string
  message: string
}

/** Where a store keeps its users, for people. Without user names and passwords. */
export interface StoreLocation {
  /** `localhost:27017`; several with commas; the name of a `mongodb+srv` connection string. */
  server: string
  database: string
  collection: string
}

/**
 * The database's side of the library: all the core needs. A mongoose model with `clerkSyncPlugin` has one; another is
 * `createMemoryStore()` of `clerk-mongo-sync/testing`. An implementation decides order and finality itself, atomically.
 */
export interface ClerkStore<Doc = unknown> {
  findByClerkId(clerkId: string | null | undefined, context?: Pick<WriteContext, 'deadline'>): PromiseLike<Doc | null>
  upsertFromClerk(user: ClerkUserInput, context?: WriteContext): Promise<WriteResult>
  deleteFromClerk(clerkId: string, context?: WriteContext): Promise<WriteResult>
  /** Takes away the marks of a hook that has finished. */
  settleHook(clerkId: string, hook: SettledHook, context?: WriteContext): Promise<void>
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

export interface DeliveryLogOptions {
  /** @default 'clerk_deliveries', on the connection of the users */
  collection?: string
  /** How long an entry stays after its last delivery. Svix can replay for 90 days. @default 90 */
  ttlDays?: number
  /** A mongoose model whose collection to use instead. */
  model?: { readonly collection: object }
}

/** What is kept of a message: never its payload. */
export interface DeliveryEntry {
  messageId: string
  type: string
  clerkId: string | undefined
  instanceId: string | undefined
  /** When it occurred at Clerk, in milliseconds. */
  eventAt: number | undefined
  durationMs: number
  /** What became of it; absent while it fails. */
  outcome?: SyncOutcome
  /** Why it failed, or what the conflict was. */
  errorCode?: string
  /** Whether this delivery ran the hook of its type to its end, or found that it need not run. */
  isHookDone?: boolean
}

export interface DeliveryLog {
  /** Whether the hook of a message is known to have run to its end for these users. */
  isHookDone(messageId: string, context: WriteContext): Promise<boolean>
  /** Notes one delivery of a message. */
  record(entry: DeliveryEntry, context: WriteContext): Promise<void>
}
