import type { ClerkUserJSON } from '../events/events'
import type { ClerkOrganizationMembershipJSON, MembershipPair } from '../events/membership'
import type { ClerkOrganizationJSON } from '../events/organization'
import type { Logger } from '../logger'

/** What an event changed. The set is closed. */
export type SyncOutcome = 'created' | 'updated' | 'deleted' | 'linked' | 'stale' | 'duplicate' | 'ignored' | 'conflict'

/** A user as Clerk's JSON, or as the SDK's `User`, whose `raw` holds that JSON. */
export type ClerkUserInput = ClerkUserJSON | { readonly raw: ClerkUserJSON | null }

/** An organization as Clerk's JSON, or as the SDK's `Organization`, whose `raw` holds that JSON. */
export type ClerkOrganizationInput = ClerkOrganizationJSON | { readonly raw: ClerkOrganizationJSON | null }

/** A membership as Clerk's JSON, or as the SDK's `OrganizationMembership`, whose `raw` holds that JSON. */
export type ClerkMembershipInput =
  | ClerkOrganizationMembershipJSON
  | { readonly raw: ClerkOrganizationMembershipJSON | null }

/** Field values by path. `undefined` and `null` unset the field. */
export type MappedFields = Record<string, unknown>

/** Rules that the plugin sets for a model. `createClerkSync` can override them. */
export interface SyncRules {
  /**
   * Maps Clerk's user to the fields to store. The plugin's `paths` translate our names (`email`, `username`,
   * `firstName`, `lastName`, `imageUrl`); any other key is a path of your schema.
   * @default mapClerkUser
   */
  mapUser?: MapUser
  /**
   * Whether a new Clerk user takes over the local account with the same e-mail address. `'verified-email'`: only if
   * Clerk verified the address. If local sign-up does not verify addresses, an attacker can create an account that
   * another person later takes over; use a function to check more.
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

/** Rules for organizations, which `createClerkSync` can override per call. */
export interface OrganizationRules {
  /**
   * Maps Clerk's organization to the fields to store. The plugin's `paths` translate our names (`name`, `slug`,
   * `imageUrl`, `createdBy`); any other key is a path of your schema.
   * @default mapClerkOrganization
   */
  mapOrganization?: MapOrganization
}

/** Rules for memberships, which `createClerkSync` can override per call. */
export interface MembershipRules {
  /**
   * Maps Clerk's membership to the fields to store, besides the ids of its organization and user. The plugin's `paths`
   * translate our names (`role`, `permissions`); any other key is a path of your schema.
   * @default mapClerkMembership
   */
  mapMembership?: MapMembership
}

/** The rules of any resource. */
export interface AnyRules extends SyncRules, OrganizationRules, MembershipRules {}

/** Maps Clerk's JSON of a membership to field values by path. Must be synchronous. */
export type MapMembership = (membership: ClerkOrganizationMembershipJSON) => MappedFields

/** Maps Clerk's JSON of an organization to field values by path. Must be synchronous. */
export type MapOrganization = (organization: ClerkOrganizationJSON) => MappedFields

/** Maps Clerk's JSON of a user to field values by path. Must be synchronous. */
export type MapUser = (user: ClerkUserJSON) => MappedFields

/** A document of the app, reduced to what this library knows. Annotate the parameter with your own type instead. */
export interface HostDocument {
  _id: unknown
  /** Returns the value at a dotted path. */
  get(path: string): unknown
}

// Method signatures, so that apps may annotate the parameter with their own document type.
interface RuleFunctions {
  linkBy(localUser: HostDocument, user: ClerkUserJSON): boolean | Promise<boolean>
  onDelete(user: HostDocument, context: { clerkId: string; messageId: string | undefined }): unknown
}

/** The rule of `linkBy`. A function returns true if the Clerk user takes over the local account. */
export type LinkBy = false | 'verified-email' | RuleFunctions['linkBy']

/**
 * The rule of `onDelete`. A function runs at least once for each deleted user; use `messageId` as its idempotency key.
 */
export type OnDelete = 'soft' | 'hard' | 'anonymize' | RuleFunctions['onDelete']

/** Fetches a user from Clerk. `null`: Clerk has no such user. `undefined`: there is no secret key to ask with. */
export type FetchUser = (clerkId: string, deadline?: number) => Promise<ClerkUserJSON | null | undefined>

/** Fetches an organization from Clerk, as `FetchUser` does a user. */
export type FetchOrganization = (
  clerkId: string,
  deadline?: number,
) => Promise<ClerkOrganizationJSON | null | undefined>

/** Fetches the membership of a user in an organization from Clerk, as `FetchUser` does a user. */
export type FetchMembership = (
  pair: MembershipPair,
  deadline?: number,
) => Promise<ClerkOrganizationMembershipJSON | null | undefined>

/** Context of a write. All fields are optional, for apps that call a static directly. */
export interface WriteContext extends AnyRules {
  /** `svix-id`. Without it there is no redelivery. */
  messageId?: string
  /** When the event occurred, in milliseconds: the version of a user whose JSON has no `updated_at`. */
  eventAt?: number
  /** Fetched from the Backend API: apply an equal version too. */
  fromApi?: boolean
  /** Called if two events of a user have the same version. */
  fetchUser?: FetchUser
  /** The same for organizations. */
  fetchOrganization?: FetchOrganization
  /** The same for memberships. */
  fetchMembership?: FetchMembership
  /**
   * The state came inside the event of another resource, and is usually stored already: reads before it writes. A
   * redelivery of that event brings it again.
   */
  isBroughtAlong?: boolean
  /** Marks to leave with the write, for the hooks that run after it. */
  marks?: HookMarks
  /**
   * Whether an earlier delivery of this message ran its hook to the end. Checked before an equal version is applied.
   */
  isFinished?: () => Promise<boolean>
  /** Whether to report what the write changes. Requires reading the document first. */
  changes?: boolean
  /** Receives warnings about this write. */
  logger?: Logger
  /** Time, in milliseconds since the epoch, after which the result is no longer needed. */
  deadline?: number
}

/** Marks stored from a write until the hooks that belong to it have finished. */
export interface HookMarks {
  /** The message whose hook must run. */
  message?: string
  /**
   * Event type whose hook is still pending because another write created the document. A deletion without a `message`
   * always leaves its own type, because another process may have the hook.
   */
  pendingType?: string
  /** Whether any event type has a hook, so that the document may have marks of other messages. */
  hasHooks?: boolean
}

/** A hook that has finished. */
export interface FinishedHook extends HookMarks {
  /** Whether it was the hook of a deletion. */
  isDeletion?: boolean
}

/** What a write changed, by path. */
export type Changes = Record<string, { before: unknown; after: unknown }>

/** The result of one write. */
export interface WriteResult {
  /** What the write changed. */
  outcome: SyncOutcome
  /** Clerk id of the user. */
  clerkId: string
  /** Marks stored after the write: its own, and those of earlier writes. */
  due?: readonly string[]
  /** What changed, if requested and if this call made the write. */
  changes?: Changes
  /** With outcome `conflict`: the reason. */
  conflict?: ConflictReason
}

/** Why an event could not be applied unchanged. Names paths, never values. */
export interface ConflictReason {
  /**
   * `conflict`: another document holds a value of the user. `host_rule`: a rule of the app's schema, indexes or
   * collection refuses the user. `missing_id`: the event has no id.
   */
  code: 'conflict' | 'host_rule' | 'missing_id'
  /** The schema path concerned, if there is one. */
  path?: string
  /** Explanation for people. */
  message: string
}

/** Location of a store's users, for people. Without user names and passwords. */
export interface StoreLocation {
  /** `localhost:27017`; several hosts separated by commas; the name of a `mongodb+srv` connection string. */
  server: string
  database: string
  collection: string
}
