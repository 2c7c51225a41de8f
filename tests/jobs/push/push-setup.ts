import { type ClerkSyncOptions, type ClerkUserJSON, createClerkSync, primaryEmail } from 'clerk-mongo-sync'
import { toNodeHandler } from 'clerk-mongo-sync/node'
import { createFakeClerk, type FakeClerk, fixtures } from 'clerk-mongo-sync/testing'
import { Types } from 'mongoose'
import { afterEach, beforeEach, expect } from 'vitest'
import { defaultDefinition, type TestDatabase, type TestModel, useDatabase } from '../../support/database'
import { type Served, serve } from '../../support/serve'

const owned = {
  publicMetadata: { plan: 'plan', 'billing.seats': 'billing.seats' },
  privateMetadata: ['notes'],
  profile: ['firstName', 'username'],
  externalId: '_id',
} as const
const definition = {
  ...defaultDefinition,
  billing: { seats: Number, currency: String },
  notes: {},
}

/** A database, and for each test a Clerk without limits, a model that owns a few paths, and an app that Clerk delivers to. */
export function usePushes(name: string) {
  const db: TestDatabase = useDatabase(name)
  const setup = {
    db,
    clerk: undefined as unknown as FakeClerk,
    users: undefined as unknown as TestModel,
    /** Another process' view: an object of its own. */
    clerkSync: (options: Partial<ClerkSyncOptions> = {}) =>
      createClerkSync({
        users: setup.users,
        clerk: { secretKey: setup.clerk.secretKey, apiUrl: setup.clerk.url },
        signingSecret: setup.clerk.signingSecret,
        logger: false,
        ...options,
      }),
    /** Creates users at Clerk and here, in step. */
    async signUp(count = 1): Promise<string[]> {
      const people = Array.from({ length: count }, () => {
        const _id = new Types.ObjectId()
        const user = fixtures.user({
          external_id: String(_id),
          username: null,
          public_metadata: {},
          private_metadata: {},
        })
        return { _id, user }
      })
      setup.clerk.seed(people.map(({ user }) => user))
      await setup.users.collection.insertMany(people.map(({ _id, user }) => documentOf(_id, user)) as never)
      return people.map(({ user }) => user.id)
    },
    change: (id: string, values: object) => setup.users.updateOne({ clerkId: id }, values as never),
    read: (id: string) => setup.users.collection.findOne({ clerkId: id }),
    /** From now on Clerk delivers its events to the app. */
    async deliver(options: Partial<ClerkSyncOptions> = {}): Promise<void> {
      app = await serve(toNodeHandler(setup.clerkSync(options)))
      setup.clerk.deliverTo(app.url)
    },
    /** Requests that change something at Clerk. */
    sent: () => setup.clerk.requests.filter(({ method }) => method !== 'GET'),
  }
  let app: Served | undefined
  beforeEach(async () => {
    const secretKey = `sk_live_${crypto.randomUUID().replaceAll('-', '')}`
    setup.clerk = await createFakeClerk({ secretKey, rateLimit: false, delivery: { schedule: [0, 50, 100, 500] } })
    setup.users = await db.users({ definition, push: owned as never })
  })
  afterEach(async () => {
    await setup.clerk.close()
    await app?.close()
    app = undefined
  })
  return setup
}

function documentOf(_id: Types.ObjectId, user: ClerkUserJSON) {
  return {
    _id,
    clerkId: user.id,
    authProvider: 'clerk',
    syncStatus: 'active',
    clerkUpdatedAt: new Date(user.updated_at ?? 0),
    email: primaryEmail(user),
    firstName: user.first_name,
    lastName: user.last_name,
    imageUrl: user.image_url,
  }
}

/** Waits until the condition holds, and fails with its last value otherwise. */
export async function until(isSo: () => unknown, timeoutMs = 20_000): Promise<void> {
  const end = Date.now() + timeoutMs
  while (!(await isSo())) {
    if (Date.now() > end) expect.fail(`never: ${isSo}`)
    await new Promise((resume) => setTimeout(resume, 25))
  }
}
