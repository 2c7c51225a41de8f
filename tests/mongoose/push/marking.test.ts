import { createClerkSync } from 'clerk-mongo-sync'
import { fixtures } from 'clerk-mongo-sync/testing'
import { type AnyBulkWriteOperation, Schema } from 'mongoose'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type TestModel, useDatabase } from '../../support/database'

const db = useDatabase('push_marking')

const definition = {
  email: { type: String, unique: true, sparse: true },
  username: { type: String, unique: true, sparse: true },
  firstName: String,
  plan: { type: String, default: 'free', alias: 'tariff' },
  billing: { tier: String, seats: Number },
  tags: [String],
  settings: Schema.Types.Mixed,
  visits: Number,
}
const push = {
  publicMetadata: { plan: 'plan', 'billing.tier': 'tier', tags: 'tags' },
  unsafeMetadata: ['settings'],
  profile: ['firstName'],
} as const

let users: TestModel
let clerkId: string
/** Updates of paths that exist in these tests only. */
type Update = Record<string, unknown>
const own = () => ({ clerkId })
const stored = async (id = clerkId): Promise<Update> => (await users.collection.findOne({ clerkId: id })) ?? {}
const token = async () => (await stored()).clerkPushToken as string | undefined

beforeAll(async () => {
  users = await db.users({ definition, push })
  createClerkSync({ users })
  await users.deleteFromClerk('user_nobody')
})

beforeEach(async () => {
  const user = fixtures.user()
  clerkId = user.id
  await users.upsertFromClerk(user)
  await users.collection.updateOne(own(), {
    $set: { billing: { tier: 'a', seats: 1 }, tags: ['x'], settings: { a: 1 } },
  })
  db.forget()
})

/** A later version of the user with the owned values of MongoDB. */
const inStep = () =>
  fixtures.user({
    id: clerkId,
    updated_at: Date.now() + 5_000,
    public_metadata: { plan: 'free', tier: 'a', tags: ['x'] },
    unsafe_metadata: { settings: { a: 1 } },
  })

const update = (changes: Update | Update[], options = {}) => users.updateOne(own(), changes as never, options)

const marking: [string, () => PromiseLike<unknown>][] = [
  ['save', async () => (await users.findOne(own()).orFail()).set('plan', 'pro').save()],
  ['save of a path beneath one', async () => (await users.findOne(own()).orFail()).set('settings.a', 2).save()],
  ['save of a parent', async () => (await users.findOne(own()).orFail()).set('billing', { tier: 'b' }).save()],
  [
    'save of a list',
    async () => {
      const doc = await users.findOne(own()).orFail()
      ;(doc.get('tags') as string[]).push('y')
      await doc.save()
    },
  ],
  [
    'save of a document read in part',
    async () => (await users.findOne(own(), { plan: 1 }).orFail()).set('plan', 'pro').save(),
  ],
  ['updateOne', () => update({ plan: 'pro' })],
  ['updateOne with $set beside a path of no operator', () => update({ plan: 'pro', $inc: { visits: 1 } })],
  ['updateMany', () => users.updateMany(own(), { $set: { plan: 'pro' } } as never)],
  ['findOneAndUpdate', () => users.findOneAndUpdate(own(), { plan: 'pro' } as never)],
  ['findByIdAndUpdate', async () => users.findByIdAndUpdate((await stored())._id, { plan: 'pro' } as never)],
  ['a query built step by step', () => users.findOneAndUpdate(own()).set('plan', 'pro')],
  ['updateOne of a document', async () => (await users.findOne(own()).orFail()).updateOne({ plan: 'pro' } as never)],
  ['replaceOne', () => users.replaceOne(own(), { clerkId, plan: 'pro' } as never)],
  ['findOneAndReplace', () => users.findOneAndReplace(own(), { clerkId, plan: 'pro' } as never)],
  ['$unset', () => update({ $unset: { plan: 1 } })],
  ['$inc of a path beneath', () => update({ $inc: { 'settings.a': 1 } })],
  ['$rename away', () => update({ $rename: { plan: 'oldPlan' } }, { strict: false })],
  ['$rename onto', () => update({ $rename: { username: 'plan' } })],
  ['$push', () => update({ $push: { tags: 'y' } })],
  ['$pull', () => update({ $pull: { tags: 'x' } })],
  ['a position', () => users.updateOne({ clerkId, tags: 'x' }, { $set: { 'tags.$': 'z' } } as never)],
  ['array filters', () => update({ $set: { 'tags.$[tag]': 'z' } }, { arrayFilters: [{ tag: 'x' }] })],
  ['a parent', () => update({ billing: { tier: 'b' } })],
  ['a path beneath', () => update({ 'settings.a': 2 })],
  ['a pipeline', () => update([{ $set: { plan: 'pro' } }], { updatePipeline: true })],
  ['a pipeline that unsets', () => update([{ $unset: ['plan'] }], { updatePipeline: true })],
  [
    'a pipeline of a new shape',
    () => update([{ $replaceWith: { $mergeObjects: ['$$ROOT', { plan: 'pro' }] } }], { updatePipeline: true }),
  ],
  ['an alias', () => update({ tariff: 'pro' }, { translateAliases: true })],
  [
    'bulkWrite updateOne',
    () => users.bulkWrite([{ updateOne: { filter: own(), update: { plan: 'pro' } } }] as AnyBulkWriteOperation[]),
  ],
  [
    'bulkWrite updateMany',
    () =>
      users.bulkWrite([
        { updateMany: { filter: own(), update: { $set: { plan: 'pro' } } } },
      ] as AnyBulkWriteOperation[]),
  ],
  [
    'bulkWrite replaceOne',
    () =>
      users.bulkWrite([
        { replaceOne: { filter: own(), replacement: { clerkId, plan: 'pro' } } },
      ] as AnyBulkWriteOperation[]),
  ],
  ['bulkSave', async () => users.bulkSave([(await users.findOne(own()).orFail()).set('plan', 'pro')])],
]

const passing: [string, () => PromiseLike<unknown>][] = [
  ['save of another path', async () => (await users.findOne(own()).orFail()).set('visits', 2).save()],
  ['save of the same value', async () => (await users.findOne(own()).orFail()).set('plan', 'free').save()],
  ['updateOne of another path', () => update({ visits: 2 })],
  ['updateOne of a path beside an owned one', () => update({ 'billing.seats': 3 })],
  ['updateOne of a path whose name begins alike', () => update({ planned: true }, { strict: false })],
  [
    '$setOnInsert without an insert',
    () => update({ $set: { visits: 3 }, $setOnInsert: { plan: 'pro' } }, { upsert: true }),
  ],
  [
    'a pipeline over other paths',
    () => update([{ $set: { visits: 4 } }, { $unset: ['username'] }], { updatePipeline: true }),
  ],
  ['an event', () => users.upsertFromClerk(inStep())],
  ['findOneAndUpdate of an event', () => users.upsertFromClerk(inStep(), { changes: true })],
]

describe('a write of the app to a path that MongoDB owns marks the document', () => {
  it.each(marking)('%s', async (_, write) => {
    await write()
    expect(await stored()).toMatchObject({ syncStatus: 'pending', clerkPushToken: expect.stringMatching(/^a/) })
  })

  it.each(marking)('in the command that writes: %s', async (_, write) => {
    await write()
    const writes = db.commands.filter(({ name }) => name === 'update' || name === 'findAndModify')
    expect(writes.map(({ command }) => JSON.stringify(command).includes('clerkPushToken'))).toEqual([true])
  })

  it('with a new token at each change, so that the oldest change is first in the queue', async () => {
    await update({ plan: 'pro' })
    const first = await token()
    await new Promise((resume) => setTimeout(resume, 2))
    await update({ plan: 'max' })
    expect((await token())?.localeCompare(first ?? '')).toBe(1)
  })

  it('with a new token each time, if the same update or bulk is used again', async () => {
    const changes = { plan: 'pro' }
    const bulk = [{ updateOne: { filter: own(), update: changes } }] as AnyBulkWriteOperation[]
    const tokens = new Set<unknown>()
    for (const write of [
      () => update(changes),
      () => update(changes),
      () => users.bulkWrite(bulk),
      () => users.bulkWrite(bulk),
    ]) {
      await write()
      tokens.add(await token())
    }
    expect(tokens.size).toBe(4)
    expect(changes).toEqual({ plan: 'pro' })
  })

  it('and sets syncStatus, also on a document that was marked before and pushed since', async () => {
    const doc = await users.findOne(own())
    doc?.set('plan', 'pro')
    await doc?.save()
    await users.collection.updateOne(own(), { $set: { syncStatus: 'active' }, $unset: { clerkPushToken: 1 } })
    doc?.set('plan', 'max')
    await doc?.save()
    expect(await stored()).toMatchObject({ syncStatus: 'pending', clerkPushToken: expect.any(String) })
  })

  it('if the update sets the status itself', async () => {
    await update({ plan: 'pro', syncStatus: 'active' })
    await update({ $set: { plan: 'max' }, $unset: { syncStatus: 1 } })
    expect(await stored()).toMatchObject({ plan: 'max', syncStatus: 'pending' })
  })

  it('in the same transaction', async () => {
    const abort = new Error('abort')
    const run = db.connection.transaction(async (session) => {
      const doc = await users.findOne(own()).session(session).orFail()
      await doc.set('plan', 'pro').save({ session })
      await users.updateOne(own(), { visits: 9, plan: 'max' } as never, { session })
      throw abort
    })
    await expect(run).rejects.toBe(abort)
    expect(await stored()).toMatchObject({ plan: 'free', syncStatus: 'active' })
    expect(await token()).toBeUndefined()
    await db.connection.transaction(async (session) => {
      await users.updateOne(own(), { plan: 'max' } as never, { session })
    })
    expect(await stored()).toMatchObject({ plan: 'max', syncStatus: 'pending' })
  })
})

describe('a write leaves no mark', () => {
  it.each(passing)('%s', async (_, write) => {
    await write()
    expect(await token()).toBeUndefined()
    expect((await stored()).syncStatus).toBe('active')
  })

  it('if it creates a local account', async () => {
    const [one, two] = [fixtures.localUser({ plan: 'pro' }), fixtures.localUser({ plan: 'pro' })]
    await users.create(one)
    await users.insertMany([two])
    const found = await users.collection.find({ email: { $in: [one.email, two.email] } }).toArray()
    expect(found.map((doc) => doc.clerkPushToken)).toEqual([undefined, undefined])
  })

  it('if it saves a user that Clerk deleted', async () => {
    await users.deleteFromClerk(clerkId)
    await (await users.findOne(own()).orFail()).set('plan', 'pro').save()
    expect(await stored()).toMatchObject({ syncStatus: 'error', syncError: 'deleted' })
    expect(await token()).toBeUndefined()
  })
})

describe('a new document with a Clerk id is marked', () => {
  const made: [string, (doc: Update) => PromiseLike<unknown>][] = [
    ['create', (doc) => users.create(doc)],
    ['insertMany', (doc) => users.insertMany([doc])],
    ['insertMany of one', (doc) => users.insertMany(doc)],
    ['insertMany of a document', (doc) => users.insertMany([new users(doc)])],
    ['a lean insertMany', (doc) => users.insertMany([doc], { lean: true })],
    ['bulkWrite insertOne', (document) => users.bulkWrite([{ insertOne: { document } }] as AnyBulkWriteOperation[])],
    ['bulkSave', (doc) => users.bulkSave([new users(doc)])],
    ['an upsert', (doc) => users.updateOne({ clerkId: doc.clerkId as string }, doc as never, { upsert: true })],
    [
      'an upsert with $setOnInsert',
      (doc) =>
        users.updateOne({ clerkId: doc.clerkId as string }, { $setOnInsert: { plan: 'pro' } } as never, {
          upsert: true,
        }),
    ],
  ]
  it.each(made)('%s', async (_, make) => {
    const { id } = fixtures.user()
    await make({ clerkId: id, plan: 'pro' })
    expect(await stored(id)).toMatchObject({ plan: 'pro', syncStatus: 'pending', clerkPushToken: expect.any(String) })
  })
})

describe('a local account that is saved', () => {
  it('is marked but not shown as pending, as it may have been linked since it was read', async () => {
    const { _id } = await users.create(fixtures.localUser())
    const doc = await users.findById(_id).orFail()
    await doc.set('plan', 'pro').save()
    const found = await users.collection.findOne({ _id: _id as never })
    expect(found).not.toHaveProperty('syncStatus')
    expect(found?.clerkPushToken).toMatch(/^a/)
  })
})

it('a discriminator marks documents as its base does', async () => {
  const base = await db.users({
    schema: new Schema({ plan: String }, { discriminatorKey: 'kind' }),
    push: { publicMetadata: ['plan'] },
  })
  const Admin = base.discriminator('PushAdmin', new Schema({ level: Number }))
  const { id } = fixtures.user()
  await Admin.create({ clerkId: id, level: 1 } as never)
  await base.collection.updateOne({ clerkId: id }, { $unset: { clerkPushToken: 1 } })
  await Admin.updateOne({ clerkId: id } as never, { plan: 'pro' } as never)
  expect(await base.collection.findOne({ clerkId: id })).toMatchObject({ clerkPushToken: expect.any(String) })
})

it('the mark is written at renamed paths', async () => {
  const paths = { clerkPushToken: 'clerk.due', syncStatus: 'clerk.status', clerkId: 'clerk.id' }
  const renamed = await db.users({ definition: { plan: String }, paths, push: { publicMetadata: ['plan'] } })
  const [a, b] = [fixtures.user(), fixtures.user()]
  await renamed.upsertFromClerk(a)
  await renamed.updateOne({ 'clerk.id': a.id } as never, { plan: 'pro' } as never)
  await renamed.insertMany([{ clerk: { id: b.id }, plan: 'pro' } as never], { lean: true })
  const found = await renamed.collection.find({}).toArray()
  expect(found.map(({ clerk }) => clerk)).toEqual([
    expect.objectContaining({ id: a.id, due: expect.any(String), status: 'pending' }),
    expect.objectContaining({ id: b.id, due: expect.any(String), status: 'pending' }),
  ])
})
