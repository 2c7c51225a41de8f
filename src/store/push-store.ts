import type { ClerkResourceJSON } from '../events/events'
import type { ClerkUserInput, WriteContext, WriteResult } from './write'

/**
 * Values that MongoDB owns, in Clerk's shape. Contains only fields that the app wrote, or that differ from the schema's
 * default. `null`: the app removed the value, so Clerk's is removed too.
 */
export interface OwnedValues {
  public_metadata?: Record<string, unknown>
  private_metadata?: Record<string, unknown>
  unsafe_metadata?: Record<string, unknown>
  /** `first_name`, `last_name`, `username`; of an organization `name`, `slug`. */
  profile?: Record<string, unknown>
  external_id?: string | null
}

/**
 * Where an owned value is stored: `path` in the store, `field` in Clerk, and `at`, the keys within that field (none for
 * `external_id`).
 */
export interface OwnedPlace {
  readonly path: string
  readonly field: keyof OwnedValues
  readonly at: readonly string[]
}

/** A user with owned values that Clerk should have. A store may add fields of its own. */
export interface PushCandidate {
  readonly clerkId: string
  readonly owned: OwnedValues
  /** Whether the last push was abandoned. */
  readonly isGivenUp?: boolean
  /**
   * Paths not to push for this state of the user in Clerk: the app never wrote them, and Clerk's value does not fit the
   * store.
   */
  leftToClerk(user: ClerkResourceJSON): readonly string[]
}

/** A user that one worker has claimed until its lease expires. */
export interface PushClaim extends PushCandidate {
  /** Number of failed pushes of this change. */
  readonly attempts: number
  /**
   * Whether to send nothing for this state of the user in Clerk: the app wrote nothing, and earlier pushes were
   * reverted repeatedly.
   */
  isContested(user: ClerkResourceJSON): boolean
}

/** A user's states in Clerk that a worker saw. */
export interface PushSeen {
  /** The state before anything was sent. */
  before: ClerkResourceJSON
  /** Clerk's response to each request, in order. Empty if the user was in step. */
  answers: readonly ClerkResourceJSON[]
}

/**
 * Values of `syncError` after an abandoned push. `push_contested`: another system keeps writing the same fields in
 * Clerk.
 */
export const pushErrors = ['push_failed', 'push_contested'] as const
/** Value of `syncError` after an abandoned push. */
export type PushErrorCode = (typeof pushErrors)[number]
/** Whether a value of `syncError` comes from an abandoned push. */
export const isPushError = (error: unknown): error is PushErrorCode => pushErrors.some((one) => one === error)

/**
 * `completed`: in step. `changed`: a value changed meanwhile, here or in Clerk, and must still be pushed. `lost`: the
 * lease expired and another worker claimed the user, so the user is due again, or the user no longer exists.
 */
export type ClaimOutcome = 'completed' | 'changed' | 'lost'

/** A local account as a new Clerk user: the body of `POST /users`, without a password. */
export interface Registration {
  /** Set if the account already has a Clerk user, so that none must be created. */
  clerkId: string | undefined
  email: string | undefined
  username: string | undefined
  firstName: string | undefined
  lastName: string | undefined
  owned: OwnedValues
}

/** Counts of the push queue. */
export interface PushCounts {
  /** Changes to push, including those that wait for a retry, counted up to 10,000. */
  pending: number
  /** Of these, those whose push failed at least once and is retried, counted up to 10,000. */
  retrying: number
  /** Abandoned pushes, counted up to 10,000. */
  failed: number
  /** Since when the oldest pending change could have been pushed; a retry since its time. `undefined` if none is due. */
  oldestDueAt: Date | undefined
}

/**
 * The queue of local changes to send to Clerk. Each change is marked in its own write; workers claim users, push them
 * and complete the claims. Several workers can run at once, and a change made during a push is not lost.
 */
export interface PushStore {
  /** What MongoDB owns. The value at such a place is owned as a whole. */
  readonly places: readonly OwnedPlace[]
  /** Claims due users for `leaseMs`, oldest change first. */
  claim(limit: number, leaseMs: number, context: WriteContext): Promise<PushClaim[]>
  /**
   * Ends a claim whose user is in step in Clerk. Stores the version of the last response if nothing else can have
   * changed since, so that our own change is a `duplicate` when it returns as an event.
   */
  complete(claim: PushClaim, seen: PushSeen, context: WriteContext): Promise<ClaimOutcome>
  /** Ends a claim and makes the user due again at `at` (milliseconds). `seen`: what was sent before the failure. */
  retryLater(claim: PushClaim, at: number, context: WriteContext, seen?: PushSeen): Promise<void>
  /**
   * Abandons a push with `syncStatus: 'error'` and this `syncError`, until the next change or `markDue`. @default
   * `push_failed`
   */
  fail(claim: PushClaim, context: WriteContext, seen?: PushSeen, syncError?: PushErrorCode): Promise<void>
  /** Returns a claim without a push, due again at `at` (milliseconds). @default at once */
  release(claim: PushClaim, context: WriteContext, at?: number): Promise<void>
  /**
   * Counts users with a change to push, including claimed ones and those waiting for a retry, without abandoned ones.
   */
  countDue(context: WriteContext): Promise<number>
  /** Counts the queue, with its index. */
  counts(context: WriteContext): Promise<PushCounts>
  /** Iterates over Clerk users that are not deleted, for a comparison with Clerk. */
  candidates(context: WriteContext & { signal?: AbortSignal }): AsyncIterable<PushCandidate>
  /** Makes a user due as if it had just changed. `false` if the user does not exist or is deleted in Clerk. */
  markDue(clerkId: string, context: WriteContext): Promise<boolean>
  /**
   * Calls `wake` whenever a change may have become due, until `signal` aborts. Only a hint: workers also poll. Resolves
   * with `false`, at once or later, if the server does not report changes or stops doing so.
   */
  watch(signal: AbortSignal, wake: () => void): Promise<boolean>
  /** Iterates over the `_id`s of accounts that have never been Clerk users. */
  localAccounts(context: WriteContext & { signal?: AbortSignal }): AsyncIterable<unknown>
  /** Counts the accounts that `localAccounts` yields. */
  countLocalAccounts(context: WriteContext): Promise<number>
  /** Returns a local account as a new Clerk user; `null` if it does not exist or is deleted in Clerk. */
  forRegistration(localId: unknown, context: WriteContext): Promise<Registration | null>
  /**
   * Links a local account to the Clerk user created from it. Safe to repeat, and safe beside the user's own events.
   * `conflict` if the user has another document, or the account another user.
   */
  link(localId: unknown, user: ClerkUserInput, context: WriteContext): Promise<WriteResult>
}
