import { createClerkSync } from 'clerk-mongo-sync'
import { fixtures } from 'clerk-mongo-sync/testing'
import { describe, expect, it } from 'vitest'
import { startClerkList } from '../../jobs/clerk-list'
import { defaultDefinition, type TestModel, useDatabase } from '../../support/database'
import { jobsOf } from './jobs-of'
import { justBeforeWriting } from './just-before-writing'

const db = useDatabase('external_id_many')
const names = () => db.commands.map(({ name }) => name)
const numbered = { ...defaultDefinition, number: { type: Number, unique: true, sparse: true } }
type User = ReturnType<typeof fixtures.user>

/** A model, and `count` local accounts with their Clerk users. */
async function setUp(count: number, options: Parameters<typeof db.users>[0] = {}) {
  const users = await db.users({ push: { externalId: '_id', publicMetadata: ['plan'] }, ...options })
  const locals = await users.create(Array.from({ length: count }, () => fixtures.localUser()))
  const page = locals.map(({ _id, email }) => fixtures.user({ email: String(email), external_id: String(_id) }))
  // The first write of a process also reads the indexes.
  await users.deleteFromClerk('user_nobody')
  db.forget()
  return { users, locals, page, jobs: jobsOf(users), all: () => users.collection.find({}).toArray() }
}

describe('a backfill with an external id', () => {
  it('costs one more command per page, for new, linked and unchanged users', async () => {
    const clerk = await startClerkList()
    const cost = async (users: TestModel) => {
      const clerkSync = createClerkSync({ users, clerk: clerk.access, logger: false })
      await users.deleteFromClerk('user_nobody')
      await db.connection.collection('clerk_jobs').deleteMany({})
      db.forget()
      const first = await clerkSync.backfill()
      const ofFirst = db.commands.filter(({ on }) => on !== 'clerk_jobs').length
      db.forget()
      const again = await clerkSync.backfill()
      return { first, again, ofFirst, ofAgain: db.commands.filter(({ on }) => on !== 'clerk_jobs').length }
    }
    try {
      const users = await db.users({ push: { externalId: '_id' } })
      const locals = await users.create(Array.from({ length: 60 }, () => fixtures.localUser()))
      clerk.add(120, (n) => ({ external_id: n < 60 ? String(locals[n]?._id) : `of another kind ${n}` }))
      const plain = await cost(await db.users())
      const withIds = await cost(users)
      expect(plain.first).toMatchObject({ created: 120, complete: true })
      expect(withIds.first).toMatchObject({ created: 60, updated: 60, complete: true })
      expect(withIds.again).toMatchObject({ unchanged: 120, complete: true })
      expect(withIds.ofFirst).toBeLessThanOrEqual(plain.ofFirst + 1)
      expect(withIds.ofAgain).toBeLessThanOrEqual(plain.ofAgain + 1)
      expect(await users.countDocuments()).toBe(120)
    } finally {
      await clerk.close()
    }
  })
})

describe('a page of users with external ids', () => {
  it('links all local accounts in one command, with the same result as one by one', async () => {
    const { users, locals, page, jobs, all } = await setUp(30)
    const results = await jobs.upsertMany(page, { marks: { pendingType: 'user.created' } })
    expect(results).toEqual(page.map(({ id }) => ({ clerkId: id, outcome: 'linked' })))
    expect(names()).toEqual(['find', 'find', 'update', 'find'])
    const alone = await setUp(1)
    await alone.users.upsertFromClerk(alone.page[0] as User, { fromApi: true, marks: { pendingType: 'user.created' } })
    const [expected] = await alone.all()
    for (const [n, { _id }] of locals.entries()) {
      const doc = await users.collection.findOne({ _id: _id as never })
      expect(doc).toMatchObject({ clerkId: page[n]?.id, syncStatus: 'pending', clerkPendingType: 'user.created' })
      expect(Object.keys(doc ?? {}).sort()).toEqual(Object.keys(expected ?? {}).sort())
    }
    expect(await all()).toHaveLength(30)
  })

  it('links by another path than _id, and creates documents for unknown ids', async () => {
    const users = await db.users({ definition: numbered, push: { externalId: 'number' } })
    const { _id } = await users.create({ number: 42, email: 'mine@example.com' })
    const page = ['42', '43', 'nonsense'].map((external_id) => fixtures.user({ external_id }))
    const results = await jobsOf(users).upsertMany(page, {})
    expect(results.map(({ outcome }) => outcome)).toEqual(['linked', 'created', 'created'])
    expect(await users.findByClerkId(page[0]?.id)).toMatchObject({ _id, number: 42 })
    expect(await users.findByClerkId(page[1]?.id)).toMatchObject({ number: 43 })
  })

  it('leaves a local account unchanged if its user has another document, which is updated', async () => {
    const { users, page, jobs, locals } = await setUp(3)
    const [user] = page as [User]
    const before = fixtures.changedUser({ ...user, external_id: null, updated_at: 1 }, { email_addresses: [] })
    await users.upsertFromClerk({ ...before, updated_at: 2 })
    const outcomes = (await jobs.upsertMany(page, {})).map(({ outcome }) => outcome)
    expect(outcomes.slice(1)).toEqual(['linked', 'linked'])
    expect(await users.collection.findOne({ _id: locals[0]?._id as never })).not.toHaveProperty('clerkId')
    expect(await users.collection.findOne({ clerkId: user.id })).toMatchObject({
      clerkUpdatedAt: new Date(user.updated_at as number),
    })
  })

  it('links the other accounts if an event linked one, or gave it to another user, in between', async () => {
    const { users, page, jobs, locals, all } = await setUp(4)
    const [first] = page as [User]
    const other = fixtures.user({ external_id: String(locals[1]?._id) })
    const newer = fixtures.changedUser(first, { first_name: 'Later' })
    justBeforeWriting(users, async () => {
      await users.upsertFromClerk(newer, { messageId: 'msg_1' })
      await users.upsertFromClerk(other, { messageId: 'msg_2' })
    })
    const outcomes = (await jobs.upsertMany(page, {})).map(({ outcome }) => outcome)
    expect(outcomes).toEqual(['stale', expect.any(String), 'linked', 'linked'])
    expect(await users.collection.findOne({ _id: locals[0]?._id as never })).toMatchObject({
      clerkId: first.id,
      firstName: 'Later',
    })
    expect(await users.collection.findOne({ _id: locals[1]?._id as never })).toMatchObject({ clerkId: other.id })
    const linked = (await all()).filter(({ clerkId }) => page.slice(2).some(({ id }) => id === clerkId))
    expect(linked).toHaveLength(2)
  })

  it('keeps a user deleted if the deletion arrives in between', async () => {
    const { users, page, jobs, locals } = await setUp(3)
    const [user] = page as [User]
    justBeforeWriting(users, () => users.deleteFromClerk(user.id))
    const outcomes = (await jobs.upsertMany(page, {})).map(({ outcome }) => outcome)
    expect(outcomes).toEqual(['stale', 'linked', 'linked'])
    expect(await users.findByClerkId(user.id).activeInClerk()).toBeNull()
    expect(await users.collection.countDocuments({ _id: locals[0]?._id as never })).toBe(1)
  })
})
