import { createClerkSync } from 'clerk-mongo-sync'
import { fixtures } from 'clerk-mongo-sync/testing'
import { Schema } from 'mongoose'
import { describe, expect, it } from 'vitest'
import type { DeliveryQuery } from '../../../src/store/job-store'
import { storeOf, type TestModel, useDatabase } from '../../support/database'
import { jobsOf } from './jobs-of'

const db = useDatabase('jobs_overview')
let made = 0

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}

describe('duplicates', () => {
  /** No unique index on the address: one that ignores case would prevent duplicates. */
  const definition = { email: String, username: String, firstName: String }
  const duplicates = (users: TestModel) => collect(jobsOf(users).duplicates({}))
  const add = (users: TestModel, docs: Record<string, unknown>[]) => users.collection.insertMany(docs as never[])

  it('are active documents with one address in any case, at least one of them of Clerk', async () => {
    const users = await db.users({ definition })
    await add(users, [
      { email: 'Ada@example.com', clerkId: 'user_ada' },
      { email: 'ada@example.com' },
      { email: 'ADA@EXAMPLE.COM', clerkId: 'user_other' },
      { email: 'alone@example.com', clerkId: 'user_alone' },
      { email: 'locals@example.com' },
      { email: 'locals@example.com' },
    ])
    const found = await duplicates(users)
    expect(found.map((group) => ({ ...group, clerkIds: [...group.clerkIds].sort() }))).toEqual([
      { documents: 3, clerkIds: ['user_ada', 'user_other'] },
    ])
  })

  it('leave out deleted users, placeholders, values that are no text and missing addresses', async () => {
    const users = await db.users({ definition })
    const twice = (doc: Record<string, unknown>) =>
      ['a', 'b'].map((end) => ({ ...doc, clerkId: `user_${++made}${end}` }))
    await add(users, [
      ...twice({ email: 'gone@example.com', clerkDeletedAt: new Date() }),
      ...twice({ email: 'user_1@placeholder.invalid' }),
      ...twice({ email: '' }),
      ...twice({ email: null }),
      ...twice({ email: 7 }),
      ...twice({ email: ['list@example.com'] }),
      ...twice({}),
    ])
    expect(await duplicates(users)).toEqual([])
  })

  it('include a document whose deletion date an older scheme left empty', async () => {
    const users = await db.users({ definition })
    await add(users, [
      { email: 'a@example.com', clerkId: 'user_1', clerkDeletedAt: null },
      { email: 'a@example.com', clerkId: 'user_2' },
    ])
    expect(await duplicates(users)).toMatchObject([{ documents: 2 }])
  })

  it('name at most ten ids of a group', async () => {
    const users = await db.users({ definition })
    await add(
      users,
      Array.from({ length: 12 }, (_, n) => ({ email: 'a@example.com', clerkId: `user_${n}` })),
    )
    const [group] = await duplicates(users)
    expect(group?.documents).toBe(12)
    expect(group?.clerkIds).toHaveLength(10)
  })

  it('are found at renamed paths of address and id', async () => {
    const schema = new Schema({ _id: String, contact: { mail: String } })
    const users = await db.users({ schema, paths: { clerkId: '_id', email: 'contact.mail' } })
    const contact = { mail: 'a@example.com' }
    await add(users, [
      { _id: 'user_1', contact },
      { _id: 'local-1', contact },
      { _id: 'adopted', authProvider: 'clerk', contact },
    ])
    const [group] = await duplicates(users)
    expect({ ...group, clerkIds: group?.clerkIds.sort() }).toEqual({ documents: 3, clerkIds: ['adopted', 'user_1'] })
  })
})

describe('the summary', () => {
  it('counts documents by state, and tombstones', async () => {
    const collections = { tombstones: `counted_tombstones_${++made}`, jobs: `counted_jobs_${made}` }
    const users = await db.users({ collections })
    const jobs = jobsOf(users)
    const page = Array.from({ length: 5 }, () => fixtures.user())
    await jobs.upsertMany(page, {})
    await users.deleteFromClerk(page[0]?.id as string)
    await users.deleteFromClerk('user_unknown')
    await users.updateOne({ clerkId: page[1]?.id as string }, { syncStatus: 'pending' })
    await users.updateOne({ clerkId: page[2]?.id as string }, { syncStatus: 'error', syncError: 'conflict' })
    await users.collection.insertMany([{ clerkId: 'user_adopted' }, { clerkId: '' }, { email: 'local@example.com' }])
    expect(await jobs.summary({})).toEqual({
      documents: { local: 2, active: 3, pending: 1, error: 1, deleted: 1 },
      tombstones: 2,
      inError: [{ clerkId: page[2]?.id, syncError: 'conflict' }],
      missingIndexes: [],
      jobs: [],
    })
  })
})

describe('the summary, of users whose _id is the id of Clerk', () => {
  it('counts as local what has another _id', async () => {
    const users = await db.users({ schema: new Schema({ _id: String, email: String }), paths: { clerkId: '_id' } })
    await jobsOf(users).upsertMany([fixtures.user(), fixtures.user()], {})
    await users.collection.insertOne({ _id: 'local-1' as never })
    expect((await jobsOf(users).summary({})).documents).toMatchObject({ local: 1, active: 2 })
  })

  it('names the indexes that are missing', async () => {
    const users = await db.users()
    await users.collection.dropIndex('clerk_status')
    expect((await jobsOf(users).summary({})).missingIndexes).toEqual([`${users.collection.name}.clerk_status`])
  })
})

describe('the delivery log', () => {
  async function setUp() {
    const users = await db.users()
    const deliveries = { collection: `read_deliveries_${++made}` }
    const clerkSync = createClerkSync({ users, deliveries })
    const hook = () => {
      throw new Error('broken')
    }
    const failing = createClerkSync({ users, deliveries, on: { 'user.updated': hook } })
    await users.create(fixtures.localUser({ email: `held${made}@example.com` }))
    const read = (query: DeliveryQuery = {}) => collect(jobsOf(users, { deliveries }).deliveries(query, {}))
    const conflict = fixtures.userCreated(fixtures.user({ email: `held${made}@example.com` }))
    return { clerkSync, failing, read, conflict }
  }
  const pause = () => new Promise((resolve) => setTimeout(resolve, 5))

  it('is read newest first, with message ids and attempt counts', async () => {
    const { clerkSync, read, conflict } = await setUp()
    const event = fixtures.userCreated()
    for (const [messageId, data] of [
      ['msg_1', event],
      ['msg_2', conflict],
      ['msg_1', event],
    ] as const) {
      await clerkSync.sync(data, { messageId })
      await pause()
    }
    const found = await read()
    expect(found.map(({ messageId }) => messageId)).toEqual(['msg_1', 'msg_2'])
    expect(found[0]).toEqual({
      messageId: 'msg_1',
      type: 'user.created',
      clerkId: event.data.id,
      instanceId: event.instance_id,
      eventAt: new Date(event.timestamp as number),
      outcome: 'duplicate',
      attempts: 2,
      durationMs: expect.any(Number),
      firstSeenAt: expect.any(Date),
      lastSeenAt: expect.any(Date),
    })
  })

  it('can be filtered by failures, conflicts and time, and limited', async () => {
    const { clerkSync, failing, read, conflict } = await setUp()
    await clerkSync.sync(fixtures.userCreated(), { messageId: 'msg_fine' })
    await pause()
    await clerkSync.sync(conflict, { messageId: 'msg_conflict' })
    await pause()
    const since = new Date()
    await expect(failing.sync(fixtures.userUpdated(), { messageId: 'msg_failed' })).rejects.toThrow()
    const ids = async (query: DeliveryQuery) => (await read(query)).map(({ messageId }) => messageId)
    expect(await ids({ failed: true })).toEqual(['msg_failed', 'msg_conflict'])
    expect(await ids({ since })).toEqual(['msg_failed'])
    expect(await ids({ limit: 2 })).toEqual(['msg_failed', 'msg_conflict'])
  })

  it('is empty if none is kept', async () => {
    const users = await db.users()
    expect(await collect(jobsOf(users).deliveries({}, {}))).toEqual([])
  })
})

describe('the check for a deleted user', () => {
  it('uses the renamed path, for hydrated and lean documents', async () => {
    const users = await db.users({ paths: { clerkDeletedAt: 'goneAt' } })
    const user = fixtures.user()
    await users.upsertFromClerk(user)
    const verdicts = async () => {
      const docs = [await users.findByClerkId(user.id), await users.findByClerkId(user.id).lean()]
      return Promise.all(docs.map((doc) => storeOf(users).isDeletedInClerk(doc)))
    }
    expect(await verdicts()).toEqual([false, false])
    await users.deleteFromClerk(user.id)
    expect(await verdicts()).toEqual([true, true])
  })
})
