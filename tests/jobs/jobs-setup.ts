import {
  type ClerkStore,
  type ClerkSyncOptions,
  type ClerkUserJSON,
  createClerkSync,
  type JobStore,
  type JobStoreOptions,
} from 'clerk-mongo-sync'
import { afterEach, beforeEach, vi } from 'vitest'
import { storeOf, type TestDatabase, type TestModel, useDatabase } from '../support/database'
import { type ClerkList, startClerkList } from './clerk-list'

/** A database, and a Clerk and a model anew for each test. */
export function useJobs(name: string) {
  // A thousand users can be slow on a busy machine.
  vi.setConfig({ testTimeout: 60_000 })
  const db = useDatabase(name)
  const setup = {
    db,
    clerk: undefined as unknown as ClerkList,
    users: undefined as unknown as TestModel,
    /** Another process' view: an object of its own. */
    clerkSync: (options: Partial<ClerkSyncOptions> = {}) =>
      createClerkSync({ users: setup.users, clerk: setup.clerk.access, logger: false, ...options }),
    stored: () => setup.users.find().sort({ clerkId: 1 }).lean(),
    /** Adds users at Clerk and here, in step. */
    async inStep(count: number, overrides?: (index: number) => Partial<ClerkUserJSON>): Promise<ClerkUserJSON[]> {
      const users = setup.clerk.add(count, overrides)
      await jobStoreOf(setup.users).upsertMany(users, { fromApi: true })
      return users
    },
    /** Acts once while Clerk's second page of users is awaited. @returns the error of the action, or its result */
    duringWalk(act: () => Promise<unknown>): () => Promise<unknown> {
      let acted: Promise<unknown> | undefined
      setup.clerk.before = ({ searchParams }) => {
        if (acted || !searchParams.has('starting_after')) return
        acted = act().catch((error: unknown) => error)
        return acted
      }
      return () => acted ?? Promise.reject(new Error('No second page was asked for.'))
    },
  }
  beforeEach(async () => {
    setup.clerk = await startClerkList()
    setup.users = await db.users()
    await clearJobs(db)
    db.forget()
  })
  afterEach(() => setup.clerk.close())
  return setup
}

/** Job state is stored per job, so it would leak into the next test. */
async function clearJobs(db: TestDatabase): Promise<void> {
  await db.connection.collection('clerk_jobs').deleteMany({})
}

/** The store of the model with the given methods replaced. */
export const storeLike = (users: TestModel, changes: Partial<ClerkStore>): ClerkStore => ({
  ...storeOf(users),
  ...changes,
})

/** The job store of the model. */
export function jobStoreOf(users: TestModel, options: JobStoreOptions = {}): JobStore {
  return storeOf(users).jobs(options)
}
