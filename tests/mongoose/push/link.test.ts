import { createClerkSync } from 'clerk-mongo-sync'
import { fixtures } from 'clerk-mongo-sync/testing'
import { Schema, Types } from 'mongoose'
import { describe, expect, it } from 'vitest'
import { useDatabase } from '../../support/database'
import { gateBefore } from '../../support/gate'
import { queueOf } from './queue'

const db = useDatabase('push_link')
const push = { publicMetadata: ['plan'], profile: ['username'], externalId: '_id' } as const
/** No other unique index, so that only the external id can find the local account. */
const definition = { email: String, username: String, firstName: String, plan: String }

async function setUp(options: object = { definition }) {
  const users = await db.users({ push, ...options })
  const fields = fixtures.localUser({ plan: 'mine', firstName: 'Local' })
  const { _id } = await users.create(fields)
  const user = fixtures.user({ email: fields.email, username: fields.username, external_id: String(_id) })
  return { users, queue: queueOf(users), _id, user, fields, all: () => users.collection.find({}).toArray() }
}

describe('a local account to register', () => {
  it('is returned in the shape of Clerk', async () => {
    const { queue, _id, fields } = await setUp()
    for (const id of [_id, String(_id)]) {
      expect(await queue.forRegistration(id, {})).toEqual({
        clerkId: undefined,
        email: fields.email,
        username: fields.username,
        firstName: 'Local',
        lastName: undefined,
        owned: {
          public_metadata: { plan: 'mine' },
          profile: { username: fields.username },
          external_id: String(_id),
        },
      })
    }
  })

  it('is null if there is none, and has the Clerk id if it is linked', async () => {
    const { queue, _id, user } = await setUp()
    for (const id of ['nonsense', new Types.ObjectId(), undefined])
      expect(await queue.forRegistration(id, {})).toBeNull()
    await queue.link(_id, user, {})
    expect(await queue.forRegistration(_id, {})).toMatchObject({ clerkId: user.id })
  })
})

describe('linking', () => {
  it('sets the Clerk id in one write and marks the document as due', async () => {
    const { users, queue, _id, user, all } = await setUp()
    await users.deleteFromClerk('user_nobody')
    db.forget()
    expect(await queue.link(_id, user, {})).toMatchObject({ outcome: 'linked', clerkId: user.id })
    expect(db.commands.filter(({ name }) => name === 'update')).toHaveLength(1)
    expect(await all()).toEqual([
      expect.objectContaining({ _id, clerkId: user.id, authProvider: 'clerk', plan: 'mine', syncStatus: 'pending' }),
    ])
  })

  it('is idempotent', async () => {
    const { queue, _id, user, all } = await setUp()
    await queue.link(_id, user, {})
    const before = await all()
    expect((await queue.link(String(_id), user, {})).outcome).toBe('duplicate')
    expect(await all()).toEqual(before)
  })

  it('leaves one document if an event arrives before any of its commands', async () => {
    for (let nth = 0; nth < 8; nth++) {
      const { users, queue, _id, user, all } = await setUp()
      const { sync } = createClerkSync({ users })
      await users.deleteFromClerk('user_nobody')
      const gate = gateBefore(users)
      gate.arm(nth, () => sync(fixtures.userCreated(user), { messageId: 'msg_1' }))
      const { outcome } = await queue.link(_id, user, {})
      gate.open()
      expect(['linked', 'duplicate']).toContain(outcome)
      expect((await sync(fixtures.userUpdated(user), { messageId: 'msg_2' })).outcome).toBe('updated')
      expect(await all()).toEqual([expect.objectContaining({ _id, clerkId: user.id, plan: 'mine' })])
    }
  })

  it('leaves one document if it runs before any command of an event', async () => {
    for (let nth = 0; nth < 8; nth++) {
      const { users, queue, _id, user, all } = await setUp()
      const { sync } = createClerkSync({ users })
      await users.deleteFromClerk('user_nobody')
      const gate = gateBefore(users)
      gate.arm(nth, () => queue.link(_id, user, {}))
      const { outcome } = await sync(fixtures.userCreated(user), { messageId: 'msg_1' })
      gate.open()
      expect(['linked', 'duplicate']).toContain(outcome)
      expect(await all()).toEqual([expect.objectContaining({ _id, clerkId: user.id, plan: 'mine' })])
    }
  })

  it('finds the account by another path than _id, if the external id is stored there', async () => {
    const users = await db.users({
      definition: { ...definition, number: { type: Number, unique: true, sparse: true } },
      push: { externalId: 'number' },
    })
    const { _id } = await users.create({ number: 42 })
    const user = fixtures.user({ external_id: '42' })
    expect((await users.upsertFromClerk(user, { messageId: 'msg_1' })).outcome).toBe('linked')
    expect((await queueOf(users).claim(1, 1_000, {})).map(({ owned }) => owned)).toEqual([{ external_id: '42' }])
    expect(await users.findByClerkId(user.id)).toMatchObject({ _id })
  })

  it('is done by the event if the process crashed before it', async () => {
    const { users, _id, user, all } = await setUp()
    const { sync } = createClerkSync({ users })
    expect((await sync(fixtures.userCreated(user), { messageId: 'msg_1' })).outcome).toBe('linked')
    expect(await all()).toEqual([
      expect.objectContaining({ _id, clerkId: user.id, plan: 'mine', syncStatus: 'pending' }),
    ])
  })

  it('is done by the event if the address is unique and linkBy is not set', async () => {
    const { users, _id, user } = await setUp({})
    expect((await users.upsertFromClerk(user, { messageId: 'msg_1' })).outcome).toBe('linked')
    expect(await users.collection.findOne({ clerkId: user.id })).toMatchObject({ _id })
  })

  it('is not done for an external id that names no document, or one of another user', async () => {
    const { users, queue, _id, user, all } = await setUp()
    await queue.link(_id, user, {})
    for (const external_id of ['nonsense', String(new Types.ObjectId()), String(_id)]) {
      const other = fixtures.user({ external_id })
      expect((await users.upsertFromClerk(other, { messageId: 'msg' })).outcome).toBe('created')
    }
    expect(await all()).toHaveLength(4)
  })

  it('is a conflict if the user has another document, or the account another user', async () => {
    const { users, queue, _id, user } = await setUp()
    const other = fixtures.user()
    await users.upsertFromClerk(other)
    for (const version of [other, fixtures.changedUser(other)]) {
      expect(await queue.link(_id, version, {})).toMatchObject({ outcome: 'conflict', conflict: { code: 'conflict' } })
    }
    expect(await users.collection.findOne({ _id: _id as never })).not.toHaveProperty('clerkId')
    await queue.link(_id, user, {})
    expect(await queue.link(_id, fixtures.user(), {})).toMatchObject({ outcome: 'conflict' })
    expect(await users.collection.findOne({ _id: _id as never })).toMatchObject({ clerkId: user.id })
  })

  it('does not restore a user that Clerk deleted', async () => {
    const { users, queue, _id, user } = await setUp()
    await users.deleteFromClerk(user.id)
    expect((await queue.link(_id, user, {})).outcome).toBe('stale')
    expect(await users.findByClerkId(user.id).activeInClerk()).toBeNull()
  })
})

describe('an external id that is not unique', () => {
  const push = { externalId: 'accountNo' } as const
  const usersWith = (accountNo: unknown, options: { autoIndex?: boolean } = {}) =>
    db.users({ schema: new Schema({ email: String, accountNo } as never, options), push })

  it.each([
    ['is not indexed', String],
    ['has an index that is not unique', { type: String, index: true }],
    [
      'is unique among some documents only',
      { type: String, index: { unique: true, partialFilterExpression: { email: 'a' } } },
    ],
  ])('is refused at start-up, as it would link the wrong account: %s', async (_, accountNo) => {
    const users = await usersWith(accountNo)
    const refusal = {
      code: 'schema_unfit',
      message: expect.stringContaining('push.externalId is accountNo, which has no unique index'),
    }
    expect(() => createClerkSync({ users })).toThrow(expect.objectContaining(refusal))
  })

  it.each([
    ['unique', { type: String, unique: true, sparse: true }],
    [
      'unique where it is a text',
      { type: String, index: { unique: true, partialFilterExpression: { accountNo: { $gt: '' } } } },
    ],
  ])('is accepted if it is %s', async (_, accountNo) => {
    createClerkSync({ users: await usersWith(accountNo) })
  })

  it('is reported by diagnose if only the schema says that it is unique', async () => {
    const users = await usersWith({ type: String, unique: true, sparse: true }, { autoIndex: false })
    const clerkSync = createClerkSync({ users })
    const finding = async () => (await clerkSync.diagnose()).find(({ check }) => check === 'external_id_index')
    expect(await finding()).toMatchObject({ verdict: 'problem', path: 'accountNo' })
    await users.createIndexes()
    expect(await finding()).toMatchObject({ verdict: 'ok' })
  })
})
