import { assertSynced, fixtures } from 'clerk-mongo-sync/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { type TestModel, useDatabase } from '../../support/database'
import { jobsOf } from './jobs-of'
import { justBeforeWriting } from './just-before-writing'

const db = useDatabase('upsert_many')
const many = (count: number, overrides: Parameters<typeof fixtures.user>[0] = {}) =>
  Array.from({ length: count }, () => fixtures.user(overrides))
const later = (users: ReturnType<typeof many>) =>
  users.map((user) => fixtures.changedUser(user, { first_name: 'Later' }))
const names = () => db.commands.map(({ name }) => name)
const raw = (users: TestModel) => users.collection.find({}).sort({ clerkId: 1 }).toArray()

/** After a page of new users, the next one is inserted. Otherwise it is written as upserts. */
let isAfterNew = false

async function setUp(options: Parameters<typeof db.users>[0] = {}) {
  const users = await db.users(options)
  const jobs = jobsOf(users)
  // The first write of a process also reads the indexes.
  await users.deleteFromClerk('user_nobody')
  if (isAfterNew) {
    await jobs.upsertMany(many(2), {})
    await users.collection.deleteMany({})
  }
  db.forget()
  return { users, jobs }
}

describe.each([
  ['upserts', false],
  ['inserts', true],
])('written as %s', (_, isAfter) => {
  beforeAll(() => {
    isAfterNew = isAfter
  })

  describe('a page of users', () => {
    it('is created with three commands in any number, if the users are new', async () => {
      const { users, jobs } = await setUp()
      const page = many(30)
      const results = await jobs.upsertMany(page, {})
      expect(results).toEqual(page.map(({ id }) => ({ clerkId: id, outcome: 'created' })))
      expect(names()).toEqual(['find', isAfterNew ? 'insert' : 'update', 'find'])
      for (const user of page) assertSynced(await users.findByClerkId(user.id), user)
    })

    it('costs three commands in any number and writes nothing, if the users are in step', async () => {
      const { users, jobs } = await setUp()
      // More than the default batch size of a server.
      const page = many(120)
      await jobs.upsertMany(page, {})
      await jobs.upsertMany(page, {})
      const before = await raw(users)
      db.forget()
      const results = await jobs.upsertMany(page, {})
      expect(new Set(results.map(({ outcome }) => outcome))).toEqual(new Set(['duplicate']))
      expect(names()).toEqual(['find', 'update', 'aggregate'])
      expect(await raw(users)).toEqual(before)
    })

    it('costs one command more if the users of the page before were new, and these are not', async () => {
      const { users, jobs } = await setUp()
      const [first, second] = [many(3), many(3)]
      await jobs.upsertMany(first, {})
      await jobs.upsertMany(second, {})
      const before = await raw(users)
      db.forget()
      const results = await jobs.upsertMany([...first, ...later(second)], {})
      const outcomes = results.map(({ outcome }) => outcome)
      expect(outcomes).toEqual([...first.map(() => 'duplicate'), ...second.map(() => 'updated')])
      expect(names()).toEqual(['find', 'insert', 'update', 'aggregate'])
      const ids = new Set(first.map(({ id }) => id))
      const ofFirst = (doc: Record<string, unknown>) => ids.has(doc.clerkId as string)
      expect((await raw(users)).filter(ofFirst)).toEqual(before.filter(ofFirst))
      for (const user of later(second)) assertSynced(await users.findByClerkId(user.id), user)
    })

    it('is updated with two commands if the users are stale', async () => {
      const { users, jobs } = await setUp()
      const page = many(30)
      await jobs.upsertMany(page, {})
      await jobs.upsertMany(page, {})
      db.forget()
      const results = await jobs.upsertMany(later(page), {})
      expect(new Set(results.map(({ outcome }) => outcome))).toEqual(new Set(['updated']))
      expect(names()).toEqual(['find', 'update'])
      for (const user of later(page)) assertSynced(await users.findByClerkId(user.id), user)
    })

    it('leaves users unchanged whose stored version is newer', async () => {
      const { users, jobs } = await setUp()
      const page = many(5)
      await jobs.upsertMany(later(page), {})
      await jobs.upsertMany(later(page), {})
      const before = await raw(users)
      db.forget()
      const results = await jobs.upsertMany(page, {})
      expect(names()).toEqual(['find', 'update', 'aggregate'])
      expect(new Set(results.map(({ outcome }) => outcome))).toEqual(new Set(['stale']))
      expect(await raw(users)).toEqual(before)
    })

    it('needs no command if it is empty', async () => {
      const { jobs } = await setUp()
      expect(await jobs.upsertMany([], {})).toEqual([])
      expect(names()).toEqual([])
    })

    it('stores one document at the newer version if it has one user twice', async () => {
      const { users, jobs } = await setUp()
      const [user] = many(1) as [ReturnType<typeof fixtures.user>]
      const newer = fixtures.changedUser(user, { first_name: 'Later' })
      const results = await jobs.upsertMany([newer, user, newer], {})
      expect(results.map(({ outcome }) => outcome)).toEqual(['created', 'stale', 'duplicate'])
      assertSynced(await users.findByClerkId(user.id), newer)
      expect(await raw(users)).toHaveLength(1)
    })

    it('is acknowledged by a majority and from the journal', async () => {
      const { jobs } = await setUp()
      await jobs.upsertMany(many(3), {})
      const [write] = db.commands.filter(({ name }) => name === (isAfterNew ? 'insert' : 'update'))
      expect(write?.command.writeConcern).toMatchObject({ w: 'majority', j: true })
    })

    it('leaves pendingType on created documents only', async () => {
      const { users, jobs } = await setUp()
      const [known, unknown] = many(2) as [ReturnType<typeof fixtures.user>, ReturnType<typeof fixtures.user>]
      await jobs.upsertMany([known], {})
      const marks = { pendingType: 'user.created' }
      await jobs.upsertMany([fixtures.changedUser(known, { first_name: 'Later' }), unknown], { marks })
      expect((await users.collection.findOne({ clerkId: known.id }))?.clerkPendingType).toBeUndefined()
      expect((await users.collection.findOne({ clerkId: unknown.id }))?.clerkPendingType).toBe('user.created')
    })

    it('corrects values that were changed locally at the same version', async () => {
      const { users, jobs } = await setUp()
      const [user] = many(1) as [ReturnType<typeof fixtures.user>]
      await jobs.upsertMany([user], {})
      await users.collection.updateOne({ clerkId: user.id }, { $set: { firstName: 'Changed here' } })
      expect(await jobs.upsertMany([user], {})).toEqual([{ clerkId: user.id, outcome: 'updated' }])
      assertSynced(await users.findByClerkId(user.id), user)
    })

    it('links a local account if the rules say so', async () => {
      const { users, jobs } = await setUp({ linkBy: 'verified-email' })
      const local = await users.create(fixtures.localUser({ email: 'mine@example.com' }))
      const user = fixtures.user({ email: 'mine@example.com' })
      expect(await jobs.upsertMany([user, fixtures.user()], {})).toMatchObject([
        { outcome: 'linked' },
        { outcome: 'created' },
      ])
      expect((await users.findByClerkId(user.id))?.id).toBe(local.id)
    })
  })

  describe('a page without an acknowledgement', () => {
    it('is rejected, even if single users were refused, and can be written again', async () => {
      const { users, jobs } = await setUp()
      const page = many(3)
      await jobs.upsertMany(page.slice(0, 1), {})
      const collection = users.collection as unknown as { bulkWrite(...args: unknown[]): Promise<unknown> }
      const real = collection.bulkWrite.bind(collection)
      collection.bulkWrite = (...args) => {
        collection.bulkWrite = real
        return real(...args).catch((error) => {
          // The error of the driver if the server could not wait for a majority.
          Object.assign(error.result, { getWriteConcernError: () => ({ code: 64, errmsg: 'timeout' }) })
          throw error
        })
      }
      await expect(jobs.upsertMany(page, {})).rejects.toMatchObject({ code: 'database_failed' })
      const results = await jobs.upsertMany(page, {})
      expect(results.map(({ outcome }) => outcome)).toEqual(['duplicate', 'duplicate', 'duplicate'])
    })
  })

  describe('users of a page that fail', () => {
    it('are reported with the reason, and do not keep other users out', async () => {
      const { users, jobs } = await setUp()
      await users.create(fixtures.localUser({ email: 'held@example.com' }))
      const page = [...many(3), fixtures.user({ email: 'held@example.com' }), ...many(3)]
      const results = await jobs.upsertMany(page, {})
      const conflict = { code: 'conflict', path: 'email', message: expect.any(String) }
      expect(results[3]).toEqual({ clerkId: page[3]?.id, outcome: 'conflict', conflict })
      expect(results.filter(({ outcome }) => outcome === 'created')).toHaveLength(6)
    })

    it('are reported without the message that mapUser threw', async () => {
      const { users, jobs } = await setUp()
      const bad = fixtures.user({ email: 'secret@example.com' })
      const mapUser = (user: { id: string }) => {
        if (user.id === bad.id) throw new Error('secret@example.com')
        return { firstName: 'Mapped' }
      }
      const [good] = many(1) as [ReturnType<typeof fixtures.user>]
      const results = await jobs.upsertMany([bad, good], { mapUser })
      expect(results).toMatchObject([
        { clerkId: bad.id, error: { code: 'host_code_failed', message: expect.not.stringContaining('secret') } },
        { clerkId: good.id, outcome: 'created' },
      ])
      expect((await users.findByClerkId(good.id))?.get('firstName')).toBe('Mapped')
    })

    it('are reported if they are malformed', async () => {
      const { jobs } = await setUp()
      const results = await jobs.upsertMany([{ id: '' }, ...many(1)], {})
      expect(results).toMatchObject([{ error: { code: 'invalid_clerk_user' } }, { outcome: 'created' }])
    })
  })

  describe('a deletion', () => {
    const rules = [['soft'], ['hard'], ['anonymize']] as const

    it.each(rules)('before the page keeps the user out (%s)', async (onDelete) => {
      const { users, jobs } = await setUp({ onDelete })
      const [known, unknown] = many(2) as [ReturnType<typeof fixtures.user>, ReturnType<typeof fixtures.user>]
      await jobs.upsertMany([known], {})
      await users.deleteFromClerk(known.id)
      await users.deleteFromClerk(unknown.id)
      const before = await raw(users)
      const results = await jobs.upsertMany(later([known, unknown]), {})
      expect(results.map(({ outcome }) => outcome)).toEqual(['stale', 'stale'])
      expect(await raw(users)).toEqual(before)
    })

    it.each(rules)('during the page removes the user (%s)', async (onDelete) => {
      const { users, jobs } = await setUp({ onDelete })
      const page = many(3)
      const [, deleted] = page as [unknown, ReturnType<typeof fixtures.user>]
      justBeforeWriting(users, () => users.deleteFromClerk(deleted.id))
      const results = await jobs.upsertMany(page, { marks: { pendingType: 'user.created' } })
      expect(results.map(({ outcome }) => outcome)).toEqual(['created', 'stale', 'created'])
      expect(await users.findByClerkId(deleted.id).activeInClerk()).toBeNull()
      expect((await users.findByClerkId(deleted.id))?.get('clerkPendingType')).toBeUndefined()
    })

    it('removes a user whose insert crashed before it checked the tombstone', async () => {
      const { users, jobs } = await setUp()
      const [user] = many(1) as [ReturnType<typeof fixtures.user>]
      await users.deleteFromClerk(user.id)
      await users.collection.insertOne({ clerkId: user.id, lastClerkSync: new Date(), clerkUpdatedAt: new Date(1) })
      expect(await jobs.upsertMany([user], {})).toEqual([{ clerkId: user.id, outcome: 'stale' }])
      expect(await users.findByClerkId(user.id).activeInClerk()).toBeNull()
    })
  })
})
