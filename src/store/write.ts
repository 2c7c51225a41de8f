import type { ClerkUserJSON } from '../events/events'
import type { Logger } from '../logger'

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
  fromApi?: boolean
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
  pendingType?: string
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
