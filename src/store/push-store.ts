import type { ClerkUserJSON } from '../events/events'
import type { ClerkUserInput, WriteContext, WriteResult } from './write'

/**
 * Values that MongoDB owns, in Clerk's shape. Only that is there on which the document holds an opinion: the app wrote it, or there
 * is a value that is not the schema's default. `null`: the app took it away, so Clerk shall have none.
 */
export interface OwnedValues {
  public_metadata?: Record<string, unknown>
  private_metadata?: Record<string, unknown>
  unsafe_metadata?: Record<string, unknown>
  /** `first_name`, `last_name`, `username`. */
  profile?: Record<string, unknown>
  external_id?: string | null
}

/** Where an owned value is: the store's name of it; at Clerk the field, and the keys within it (none for `external_id`). */
export interface OwnedPlace {
  readonly path: string
  readonly field: keyof OwnedValues
  readonly at: readonly string[]
}

/** A user whose owned values are to be brought to Clerk. What the store knows beyond this it keeps for itself. */
export interface PushCandidate {
  readonly clerkId: string
  readonly owned: OwnedValues
  /** Whether the last push was given up. */
  readonly isGivenUp?: boolean
  /** Paths to leave alone at this state of the user there: the app never wrote them, and Clerk has more than the store can take. */
  leftToClerk(user: ClerkUserJSON): readonly string[]
}

/** A user that one worker has for itself, until its lease runs out. */
export interface PushClaim extends PushCandidate {
  /** How often pushing this change has failed before. */
  readonly attempts: number
  /**
   * Whether not to send anything at this state of the user there: the app wrote nothing, and what was pushed before has been reverted
   * again and again.
   */
  isContested(user: ClerkUserJSON): boolean
}

/** What a worker saw of a user at Clerk. */
export interface PushSeen {
  /** The user as Clerk had it before anything was sent. */
  before: ClerkUserJSON
  /** What Clerk answered to each thing sent, in order. None: it was in step. */
  answers: readonly ClerkUserJSON[]
}

/** What `syncError` says of a push that was given up. `push_contested`: somebody else keeps writing the same at Clerk. */
export const pushErrors = ['push_failed', 'push_contested'] as const
export type PushErrorCode = (typeof pushErrors)[number]
export const isPushError = (error: unknown): error is PushErrorCode => pushErrors.some((one) => one === error)

/**
 * `settled`: in step. `changed`: something was changed meanwhile, here or at Clerk, and is still to be pushed. `lost`: the lease ran out and another took the
 * user, so it was marked once more, or the user is gone.
 */
export type PushSettlement = 'settled' | 'changed' | 'lost'

/** A local account as a new user of Clerk's: the body of `POST /users`, but for a password. */
export interface Registration {
  /** Set where the account is a user of Clerk's already: nothing is to be made. */
  clerkId: string | undefined
  email: string | undefined
  username: string | undefined
  firstName: string | undefined
  lastName: string | undefined
  owned: OwnedValues
}

/**
 * The queue of local changes that Clerk is to hear of. Each change is marked in its own write; workers claim users, push and
 * settle them. Any number may work at once; a change made while one is pushed is never lost.
 */
export interface PushStore {
  /** What is owned. A value at such a place is owned as a whole, whatever is in it. */
  readonly places: readonly OwnedPlace[]
  /** Due users, the oldest change first, each now this caller's alone for `leaseMs`. */
  claim(limit: number, leaseMs: number, context: WriteContext): Promise<PushClaim[]>
  /**
   * Ends a claim whose user is in step at Clerk. The version of the last answer is taken over where nothing else can have changed
   * since, so that our own change is a `duplicate` when it comes back as an event.
   */
  settle(claim: PushClaim, seen: PushSeen, context: WriteContext): Promise<PushSettlement>
  /** Ends a claim to be tried again from `at` on (milliseconds). `seen`: what was sent before it failed. */
  retryLater(claim: PushClaim, at: number, context: WriteContext, seen?: PushSeen): Promise<void>
  /** Ends a claim for good, with `syncStatus: 'error'` and this `syncError`, until the next change or `markDue`. @default `push_failed` */
  fail(claim: PushClaim, context: WriteContext, seen?: PushSeen, syncError?: PushErrorCode): Promise<void>
  /** Gives a claim back untried, to be taken up again from `at` (milliseconds) on. @default at once */
  release(claim: PushClaim, context: WriteContext, at?: number): Promise<void>
  /** Users with a change to be pushed, claimed or waiting for their next try included; those given up are not. */
  countDue(context: WriteContext): Promise<number>
  /** Users of Clerk's that it has not deleted, to be compared with what Clerk has. */
  candidates(context: WriteContext & { signal?: AbortSignal }): AsyncIterable<PushCandidate>
  /** Marks a user as if it had just been changed. `false`: there is none, or Clerk deleted it. */
  markDue(clerkId: string, context: WriteContext): Promise<boolean>
  /**
   * Calls `wake` whenever something may have become due, until `signal` aborts. A hint, nothing to rely on: a worker also looks
   * by itself now and then. `false`, at once or later: the server tells nothing, or no longer.
   */
  watch(signal: AbortSignal, wake: () => void): Promise<boolean>
  /** The `_id`s of the accounts that are no users of Clerk's, and have never been. */
  localAccounts(context: WriteContext & { signal?: AbortSignal }): AsyncIterable<unknown>
  countLocalAccounts(context: WriteContext): Promise<number>
  /** A local account by its `_id`, as a new user of Clerk's; `null`: there is none, or Clerk deleted it. */
  forRegistration(localId: unknown, context: WriteContext): Promise<Registration | null>
  /**
   * Makes a local account the document of the user that Clerk made from it. Safe to repeat, and beside the user's own events.
   * `conflict`: the user has another document, or the account another user.
   */
  link(localId: unknown, user: ClerkUserInput, context: WriteContext): Promise<WriteResult>
}
