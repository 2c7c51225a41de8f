import { fixtures } from 'clerk-mongo-sync/testing'
import mongoose, { Schema } from 'mongoose'
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { type TestModel, useDatabase } from '../../support/database'

const db = useDatabase('push_surface')
const push = { publicMetadata: ['plan'] } as const

/** No longer in the types of mongoose. */
interface Overwriting {
  overwrite(values: object): { save(): Promise<unknown> }
}

let users: TestModel
let clerkId: string
const own = () => ({ clerkId })
const stored = (id = clerkId) => users.collection.findOne({ clerkId: id })
const marked = { syncStatus: 'pending', clerkPushToken: expect.stringMatching(/^a/), clerkPushWritten: { plan: true } }

beforeAll(async () => {
  users = await db.users({ definition: { plan: { type: String, default: 'free' }, visits: Number }, push })
})
beforeEach(async () => {
  const user = fixtures.user()
  clerkId = user.id
  await users.upsertFromClerk(user)
})

/** Names of public mongoose methods that may write. */
const sounding = /insert|update|replace|save|create|bulk|delete|write|merge|^out$|increment|overwrite/i

const queries = ['updateOne', 'updateMany', 'replaceOne', 'findOneAndUpdate', 'findByIdAndUpdate', 'findOneAndReplace']
const deletions = ['deleteOne', 'deleteMany', 'findOneAndDelete', 'findByIdAndDelete']

/** Writes documents and is noticed, as the table of docs/reference/push.md says and the tests of marking show. */
const noticed: Record<string, string[]> = {
  Model: ['create', 'insertOne', 'insertMany', 'bulkSave', 'bulkWrite', ...queries],
  Document: ['save', '$save', 'updateOne', 'replaceOne'],
  Query: queries,
}
/** Writes documents past every hook, as the table of docs/reference/push.md says. */
const unnoticed: Record<string, string[]> = { Connection: ['bulkWrite'], Aggregate: ['out'] }
/** Writes no value of a document that remains. */
const harmless: Record<string, string[]> = {
  Model: [
    ...['createCollection', 'createIndexes', 'createSearchIndex', 'createSearchIndexes', 'updateSearchIndex'],
    ...['buildBulkWriteOperations', ...deletions],
  ],
  Document: ['increment', 'overwrite', 'deleteOne', '$isDeleted', '$createModifiedPathsSnapshot'],
  Query: ['getUpdate', 'setUpdate', 'merge', 'writeConcern', ...deletions],
  Connection: ['createClient', 'createCollection', 'createCollections', 'deleteModel'],
  Aggregate: ['replaceRoot'],
}

function publicNames(object: object, stop: object | null): string[] {
  const names = new Set<string>()
  for (let from: object | null = object; from && from !== stop; from = Object.getPrototypeOf(from)) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(from)))
      if (typeof value === 'function' && !/^(_|\$__)/.test(name)) names.add(name)
  }
  return [...names]
}

it('mongoose has no write method that is missing in the table', () => {
  const Plain = db.connection.model('PlainSurface', new Schema({ plan: String }))
  const surface: [string, object, object | null][] = [
    ['Model', Plain, Function.prototype],
    ['Document', Plain.prototype, Object.prototype],
    ['Query', mongoose.Query.prototype, Object.prototype],
    ['Connection', db.connection, Object.prototype],
    ['Aggregate', mongoose.Aggregate.prototype, Object.prototype],
  ]
  const unknown = surface.flatMap(([on, object, stop]) => {
    const sounds = publicNames(object, stop).filter((name) => sounding.test(name))
    expect(sounds).not.toEqual([])
    const known = [noticed, unnoticed, harmless].flatMap((kind) => kind[on] ?? [])
    return sounds.filter((name) => !known.includes(name)).map((name) => `${on}.${name}`)
  })
  expect(unknown).toEqual([])
})

describe('a write is noticed', () => {
  it.each<[string, () => PromiseLike<unknown>]>([
    [
      'replaceOne of a document',
      async () => (await users.findOne(own()).orFail()).replaceOne({ clerkId, plan: 'pro' } as never),
    ],
    [
      'overwrite, then save',
      async () =>
        ((await users.findOne(own()).orFail()) as unknown as Overwriting).overwrite({ clerkId, plan: 'pro' }).save(),
    ],
    [
      '$save',
      async () => {
        const doc = await users.findOne(own()).orFail()
        doc.set('plan', 'pro')
        await (doc as unknown as { $save(): Promise<unknown> }).$save()
      },
    ],
    ['increment, then save', async () => (await users.findOne(own()).orFail()).set('plan', 'pro').increment().save()],
    [
      'bulkWrite of what buildBulkWriteOperations gives',
      async () =>
        users.bulkWrite(
          (users as unknown as { buildBulkWriteOperations(docs: unknown[]): never[] }).buildBulkWriteOperations([
            (await users.findOne(own()).orFail()).set('plan', 'pro'),
          ]),
        ),
    ],
  ])('%s', async (_, write) => {
    await write()
    expect(await stored()).toMatchObject({ plan: 'pro', ...marked })
  })

  it.runIf('insertOne' in mongoose.Model)('insertOne', async () => {
    const { id } = fixtures.user()
    const { insertOne } = users as unknown as { insertOne(doc: object): Promise<unknown> }
    await insertOne.call(users, { clerkId: id, plan: 'pro' })
    expect(await stored(id)).toMatchObject({ plan: 'pro', ...marked })
  })
})

describe('a write is not noticed, as the table says', () => {
  it.each<[string, () => PromiseLike<unknown>]>([
    ['the driver', () => users.collection.updateOne(own(), { $set: { plan: 'pro' } })],
    [
      '$merge',
      () =>
        users.aggregate([
          { $match: own() },
          { $set: { plan: 'pro' } },
          { $merge: { into: users.collection.name, on: '_id', whenMatched: 'replace' } },
        ]),
    ],
    [
      'a model without the plugin',
      () =>
        db.connection
          .model(
            `Bare${users.modelName}${clerkId}`,
            new Schema({ plan: String }, { collection: users.collection.name }),
          )
          .updateOne(own() as never, { plan: 'pro' }),
    ],
  ])('%s', async (_, write) => {
    await write()
    const doc = await stored()
    expect(doc).toMatchObject({ plan: 'pro', syncStatus: 'active' })
    expect(doc).not.toHaveProperty('clerkPushToken')
  })

  // mongoose 8 has no such option.
  it.skipIf(mongoose.version.startsWith('8.'))('middleware: false', async () => {
    await users.updateOne(own(), { plan: 'pro' } as never, { middleware: false } as never)
    expect(await stored()).toMatchObject({ plan: 'pro', syncStatus: 'active' })
  })

  it('connection.bulkWrite', async () => {
    const client = db.connection.getClient()
    const send = vi.spyOn(client, 'bulkWrite').mockResolvedValue({} as never)
    const update = { $set: { plan: 'pro' } }
    await db.connection.bulkWrite([{ model: users, name: 'updateOne', filter: own(), update } as never])
    expect(send).toHaveBeenCalledOnce()
    expect(JSON.stringify(send.mock.calls)).not.toContain('clerkPush')
    send.mockRestore()
  })
})
