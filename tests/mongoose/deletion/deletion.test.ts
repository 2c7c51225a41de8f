import { createClerkSync } from 'clerk-mongo-sync'
import type { ClerkSyncPluginOptions } from 'clerk-mongo-sync/mongoose'
import { fixtures } from 'clerk-mongo-sync/testing'
import { describe, expect, it } from 'vitest'
import { type TestModel, useDatabase } from '../../support/database'

const db = useDatabase('deletion')
let messages = 0
const delivery = () => ({ messageId: `msg_${++messages}` })

async function setUp(options: ClerkSyncPluginOptions & { definition?: Record<string, unknown> } = {}) {
  const users = await db.users(options)
  return { users, clerkSync: createClerkSync({ users }) }
}

const raw = (users: TestModel, clerkId: string) => users.collection.findOne({ clerkId })

describe('a deletion', () => {
  it('keeps the document, marks it as deleted, and is a duplicate the second time', async () => {
    const { users, clerkSync } = await setUp()
    const { data } = fixtures.userCreated()
    await clerkSync.sync(fixtures.userCreated(data), delivery())
    const deleted = { ...fixtures.userDeleted(data), timestamp: 1_800_000_000_000 }
    expect((await clerkSync.sync(deleted, delivery())).outcome).toBe('deleted')
    expect(await raw(users, data.id)).toMatchObject({
      clerkDeletedAt: new Date(1_800_000_000_000),
      syncStatus: 'error',
      syncError: 'deleted',
      email: data.email_addresses?.[0]?.email_address,
    })
    expect((await clerkSync.sync(deleted, delivery())).outcome).toBe('duplicate')
  })

  it('of an unknown user keeps a later creation from storing a document', async () => {
    const { users, clerkSync } = await setUp()
    const { data } = fixtures.userCreated()
    expect((await clerkSync.sync(fixtures.userDeleted(data), delivery())).outcome).toBe('deleted')
    expect((await clerkSync.sync(fixtures.userCreated(data), delivery())).outcome).toBe('stale')
    expect(await users.findByClerkId(data.id).activeInClerk()).toBeNull()
    expect((await raw(users, data.id))?.syncError).toBe('deleted')
  })

  it('that arrives first gives the later document its own time, not the time of the sign-up', async () => {
    const { users, clerkSync } = await setUp()
    const { data } = fixtures.userCreated()
    await clerkSync.sync({ ...fixtures.userDeleted(data), timestamp: 1_750_000_000_000 }, delivery())
    await clerkSync.sync({ ...fixtures.userCreated(data), timestamp: 1_700_000_000_000 }, delivery())
    expect((await raw(users, data.id))?.clerkDeletedAt).toEqual(new Date(1_750_000_000_000))
  })

  it('is not undone by a later update, by data from the API or by a static', async () => {
    const { users, clerkSync } = await setUp()
    const { data } = fixtures.userCreated()
    await clerkSync.sync(fixtures.userCreated(data), delivery())
    await clerkSync.sync(fixtures.userDeleted(data), delivery())
    expect((await clerkSync.sync(fixtures.userUpdated(data), delivery())).outcome).toBe('stale')
    expect((await users.upsertFromClerk(fixtures.changedUser(data), { fromApi: true })).outcome).toBe('stale')
    expect(await users.createClerkUser(fixtures.changedUser(data))).toBeNull()
    expect(await users.updateFromClerkData(data.id, fixtures.changedUser(data))).toBeNull()
    expect((await raw(users, data.id))?.syncError).toBe('deleted')
  })

  it('removes the document of an insert that crashed before it checked the tombstone', async () => {
    const { users, clerkSync } = await setUp()
    const { data } = fixtures.userCreated()
    await clerkSync.sync(fixtures.userDeleted(data), delivery())
    // The document that a process leaves if it is killed between its insert and the tombstone check.
    await users.collection.insertOne({
      clerkId: data.id,
      clerkUpdatedAt: new Date(data.updated_at as number),
      authProvider: 'clerk',
    })
    expect((await clerkSync.sync(fixtures.userCreated(data), delivery())).outcome).toBe('stale')
    expect(await users.findByClerkId(data.id).activeInClerk()).toBeNull()
  })

  it('keeps a static from storing the user', async () => {
    const { users, clerkSync } = await setUp()
    const { data } = fixtures.userCreated()
    await clerkSync.sync(fixtures.userDeleted(data), delivery())
    expect(await users.createClerkUser(data)).toBeNull()
    expect(await raw(users, data.id)).toBeNull()
  })

  it('is remembered for 100 days, longer than Svix can replay', async () => {
    const { users, clerkSync } = await setUp({ collections: { tombstones: 'graves' } })
    await clerkSync.sync(fixtures.userDeleted(), delivery())
    const indexes = await users.db.collection('graves').indexes()
    expect(indexes).toContainEqual(
      expect.objectContaining({ key: { receivedAt: 1 }, expireAfterSeconds: 100 * 24 * 3600 }),
    )
    expect(await users.db.collection('graves').findOne({})).toMatchObject({ receivedAt: expect.any(Date) })
  })
})

describe('onDelete', () => {
  it('hard removes the document, and a late update does not restore it', async () => {
    const { users, clerkSync } = await setUp({ onDelete: 'hard' })
    const { data } = fixtures.userCreated()
    await clerkSync.sync(fixtures.userCreated(data), delivery())
    expect((await clerkSync.sync(fixtures.userDeleted(data), delivery())).outcome).toBe('deleted')
    expect((await clerkSync.sync(fixtures.userUpdated(data), delivery())).outcome).toBe('stale')
    expect(await raw(users, data.id)).toBeNull()
  })

  it('anonymize removes the data from Clerk and the password, and keeps the rest', async () => {
    const definition = {
      email: { type: String, unique: true, required: true },
      username: { type: String, unique: true },
      firstName: String,
      lastName: String,
      password: { type: String, required: true },
      plan: String,
    }
    const { users, clerkSync } = await setUp({ onDelete: 'anonymize', passwordPath: 'password', definition })
    const two = [fixtures.userCreated(), fixtures.userCreated()]
    for (const event of two) {
      await clerkSync.sync(event, delivery())
      const { id } = event.data
      await users.collection.updateOne({ clerkId: id }, { $set: { plan: 'pro', password: 'hash' } })
      const before = await raw(users, id)
      expect((await clerkSync.sync(fixtures.userDeleted(event.data), delivery())).outcome).toBe('deleted')
      const after = await raw(users, id)
      expect(after).toMatchObject({
        _id: before?._id,
        clerkId: id,
        plan: 'pro',
        email: `${id}@placeholder.invalid`,
        syncError: 'deleted',
      })
      expect(after?.username).toMatch(/^user_/)
      for (const path of ['firstName', 'lastName', 'imageUrl', 'password']) expect(after).not.toHaveProperty(path)
    }
  })

  it('anonymize leaves no empty value if an index outside the schema counts it', async () => {
    const { users, clerkSync } = await setUp({ onDelete: 'anonymize', definition: { email: String } })
    await users.collection.createIndex({ email: 1 }, { unique: true })
    for (const { data } of [fixtures.userCreated(), fixtures.userCreated()]) {
      await clerkSync.sync(fixtures.userCreated(data), delivery())
      await clerkSync.sync(fixtures.userDeleted(data), delivery())
      expect((await raw(users, data.id))?.syncError).toBe('deleted')
    }
  })

  it('a function runs once after the soft deletion, with the document and the message', async () => {
    const calls: object[] = []
    const users = await db.users()
    const clerkSync = createClerkSync({
      users,
      onDelete: (user, context) =>
        void calls.push({ email: user.get('email'), deleted: user.get('clerkDeletedAt'), ...context }),
    })
    const { data } = fixtures.userCreated()
    await clerkSync.sync(fixtures.userCreated(data), delivery())
    await clerkSync.sync(fixtures.userDeleted(data), { messageId: 'msg_gone' })
    await clerkSync.sync(fixtures.userDeleted(data), { messageId: 'msg_gone' })
    expect(calls).toEqual([
      {
        email: data.email_addresses?.[0]?.email_address,
        deleted: expect.any(Date),
        clerkId: data.id,
        messageId: 'msg_gone',
      },
    ])
    expect(await raw(users, data.id)).not.toHaveProperty('clerkHooksDue')
  })

  it('a function that throws runs again at the redelivery, after the user was deleted', async () => {
    let calls = 0
    const users = await db.users()
    const clerkSync = createClerkSync({
      users,
      onDelete: () => {
        if (++calls === 1) throw new Error('the mail server is away')
      },
    })
    const { data } = fixtures.userCreated()
    await clerkSync.sync(fixtures.userCreated(data), delivery())
    await expect(clerkSync.sync(fixtures.userDeleted(data), { messageId: 'msg_again' })).rejects.toMatchObject({
      code: 'host_code_failed',
      cause: { message: 'the mail server is away' },
    })
    expect((await raw(users, data.id))?.syncError).toBe('deleted')
    expect((await clerkSync.sync(fixtures.userDeleted(data), { messageId: 'msg_again' })).outcome).toBe('duplicate')
    expect(calls).toBe(2)
  })
})

describe('an existing index on the tombstones', () => {
  const day = 86_400
  it.each([
    ['keeps them for longer', { receivedAt: 1 }, { expireAfterSeconds: 200 * day }, false],
    [
      'keeps them for longer, by another name',
      { receivedAt: 1 },
      { name: 'mine', expireAfterSeconds: 200 * day },
      false,
    ],
    ['keeps them for a week only', { receivedAt: 1 }, { expireAfterSeconds: 7 * day }, true],
    ['never lets them go', { receivedAt: 1 }, {}, false],
    ['has our name and is of something else', { other: 1 }, {}, false],
  ] as const)('that %s stops no delivery and is not changed', async (_, keys, options, warns) => {
    const collection = `tombstones_ttl_${++messages}`
    const tombstones = db.connection.collection(collection)
    await tombstones.createIndex({ ...keys }, { name: 'clerk_tombstones_ttl', ...options })
    const before = await tombstones.indexes()
    const warned: string[] = []
    const silent = () => {}
    const warn = (_: object, message?: string) => void warned.push(message ?? '')
    const users = await db.users({ collections: { tombstones: collection } })
    const clerkSync = createClerkSync({ users, logger: { debug: silent, info: silent, warn, error: silent } })
    expect(await clerkSync.sync(fixtures.userCreated(), delivery())).toMatchObject({ outcome: 'created' })
    expect(await tombstones.indexes()).toEqual(before)
    expect(warned).toHaveLength(warns ? 1 : 0)
    if (warns) expect(warned[0]).toContain('after 7 days, but Svix can replay for 90')
  })
})
