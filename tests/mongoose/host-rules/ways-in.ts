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
import { jobsOf } from '../jobs/jobs-of'

/** What became of a user on its way into the database. */
export interface Fate {
  outcome?: SyncOutcome
  conflict?: ConflictReason
  error?: ClerkSyncError
}

/** Brings a user, as Clerk has it, into the database. Never rejects. */
export type WayIn = (users: TestModel, user: ClerkUserJSON, options?: Partial<ClerkSyncOptions>) => Promise<Fate>

let messages = 0
/** A message id of its own for each delivery. */
export const delivery = () => ({ messageId: `msg_ways_${++messages}` })

const orError = (write: Promise<Fate>): Promise<Fate> => write.catch((error: ClerkSyncError) => ({ error }))

/** Started once for each model, as an app does. */
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

/** Every way in; all of them must come to the same. */
export const waysIn: readonly (readonly [string, WayIn])[] = [
  ['an event', event],
  ['an event that asks for changes', (users, user, options) => event(users, user, { changes: true, ...options })],
  ['a page of many', bulk],
  ['a static', (users, user) => orError(users.upsertFromClerk(user))],
]

/** The stored document, beneath all of the app's middleware. */
export const stored = (users: TestModel, { id }: { id: string }) => users.collection.findOne({ clerkId: id })

/** As `createClerkSync` is used in most tests here. */
export const syncOf = (users: TestModel, options: Partial<ClerkSyncOptions> = {}) =>
  createClerkSync({ users, logger: false, ...options })
