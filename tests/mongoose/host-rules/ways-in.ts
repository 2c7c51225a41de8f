import {
  type ClerkSyncError,
  type ClerkSyncOptions,
  type ClerkUserJSON,
  type ConflictReason,
  createClerkSync,
  type SyncOutcome,
} from 'clerk-mongo-sync'
import { fixtures } from 'clerk-mongo-sync/testing'
import type { TestModel } from '../../support/database'
import { jobsOf } from '../bulk/jobs-of'

/** The result of writing a user. */
export interface Fate {
  outcome?: SyncOutcome
  conflict?: ConflictReason
  error?: ClerkSyncError
}

/** Writes a user of Clerk into the database. Never rejects. */
export type WayIn = (users: TestModel, user: ClerkUserJSON, options?: Partial<ClerkSyncOptions>) => Promise<Fate>

let messages = 0
/** A new message id for each delivery. */
export const delivery = () => ({ messageId: `msg_ways_${++messages}` })

const orError = (write: Promise<Fate>): Promise<Fate> => write.catch((error: ClerkSyncError) => ({ error }))

/** One `clerkSync` per model and setting, as in an app. */
const started = new WeakMap<TestModel, Map<boolean, ReturnType<typeof createClerkSync>>>()

function startedFor(users: TestModel, changes: boolean) {
  const those = started.get(users) ?? new Map()
  started.set(users, those)
  const clerkSync = those.get(changes) ?? syncOf(users, { changes })
  those.set(changes, clerkSync)
  return clerkSync
}

const event = async (users: TestModel, user: ClerkUserJSON, options: Partial<ClerkSyncOptions> = {}): Promise<Fate> => {
  const { changes = false, ...rules } = options
  const clerkSync = Object.keys(rules).length > 0 ? syncOf(users, options) : startedFor(users, changes)
  return orError(clerkSync.sync(fixtures.userCreated(user), delivery()))
}

const bulk: WayIn = async (users, user, options = {}) => {
  const { mapUser, linkBy } = options
  const context = { ...(mapUser && { mapUser }), ...(linkBy !== undefined && { linkBy }) }
  return orError(
    jobsOf(users)
      .upsertMany([user], context as object)
      .then(([result]) => result as Fate),
  )
}

/** Every way to write a user; all must have the same result. */
export const waysIn: readonly (readonly [string, WayIn])[] = [
  ['an event', event],
  ['an event with changes', (users, user, options) => event(users, user, { changes: true, ...options })],
  ['a backfill page', bulk],
  ['a static', (users, user) => orError(users.upsertFromClerk(user))],
]

/** The stored document, read past the middleware of the app. */
export const stored = (users: TestModel, { id }: { id: string }) => users.collection.findOne({ clerkId: id })

/** `createClerkSync` with the settings of most tests here. */
export const syncOf = (users: TestModel, options: Partial<ClerkSyncOptions> = {}) =>
  createClerkSync({ users, logger: false, ...options })
