import { type ClerkUserJSON, createClerkSync } from 'clerk-mongo-sync'
import { fixtures } from 'clerk-mongo-sync/testing'
import { type AnyBulkWriteOperation, Schema } from 'mongoose'
import { beforeEach, describe, expect, it } from 'vitest'
import { type TestModel, useDatabase } from '../../support/database'
import { gateBefore } from '../../support/gate'
import { jobsOf } from '../bulk/jobs-of'
import { queueOf } from './queue'

const db = useDatabase('push_set_by_app')

const definition = {
  email: { type: String, unique: true, sparse: true },
  username: { type: String, unique: true, sparse: true },
  firstName: String,
  lastName: String,
  bio: String,
  plan: { type: String, default: 'free', alias: 'tariff', maxlength: 9 },
  billing: { seats: Number, currency: String },
  tags: [String],
  settings: Schema.Types.Mixed,
  notes: String,
}
const push = {
  publicMetadata: { plan: 'plan', 'billing.seats': 'seats', tags: 'tags' },
  unsafeMetadata: ['settings'],
  privateMetadata: ['notes'],
  profile: ['lastName', 'username'],
} as const

type Doc = Record<string, unknown>
let users: TestModel
let user: ClerkUserJSON
let messages = 0
const own = () => ({ clerkId: user.id })
const read = async (): Promise<Doc> => (await users.collection.findOne(own())) ?? {}
const written = async () => (await read()).clerkPushWritten
const update = (changes: Doc | Doc[], options = {}) => users.updateOne(own(), changes as never, options)
/** The values that a push would send now. */
const owned = async () => {
  for await (const candidate of queueOf(users).candidates({})) if (candidate.clerkId === user.id) return candidate.owned
}
/** Delivers a newer event. */
const deliver = async (changes: Partial<ClerkUserJSON>) => {
  user = { ...user, ...changes, updated_at: Number(user.updated_at) + 1 }
  return createClerkSync({ users }).sync({ type: 'user.updated', data: user }, { messageId: `msg_${++messages}` })
}
const atClerk = {
  public_metadata: { plan: 'pro', seats: 3, tags: ['x'], other: 1 },
  unsafe_metadata: { settings: { theme: 'dark' } },
  private_metadata: { notes: 'vip' },
  last_name: 'Lovelace',
  username: 'ada',
}
const taken = {
  plan: 'pro',
  billing: { seats: 3 },
  tags: ['x'],
  settings: { theme: 'dark' },
  notes: 'vip',
  lastName: 'Lovelace',
}

/** Stores a user from before the app used push. */
async function storedBefore(extra: Doc = {}): Promise<void> {
  users = await db.users({ definition, push })
  user = fixtures.user({ ...atClerk, username: `ada_${crypto.randomUUID().slice(0, 8)}` })
  const version = { clerkUpdatedAt: new Date(Number(user.updated_at)), authProvider: 'clerk', syncStatus: 'active' }
  const email = user.email_addresses?.[0]?.email_address
  const profile = { email, firstName: user.first_name, imageUrl: user.image_url }
  await users.collection.insertOne({ ...own(), ...version, ...profile, plan: 'free', tags: [], ...extra })
  await users.deleteFromClerk('user_nobody')
  db.forget()
}

beforeEach(() => storedBefore())

describe('a path that the app never wrote', () => {
  const ways: [string, () => PromiseLike<unknown>][] = [
    ['an event', () => deliver({ first_name: 'New' })],
    ['data from the API at the same version', () => users.upsertFromClerk(user, { fromApi: true })],
    ['a page of a backfill, at the same version', () => jobsOf(users).upsertMany([user], {})],
    ['a page of a backfill, at a newer version', () => jobsOf(users).upsertMany([newer()], {})],
  ]
  const newer = () => fixtures.changedUser(user, { updated_at: Number(user.updated_at) + 1 })

  it.each(ways)('takes the value of Clerk by %s, and leaves nothing to push', async (_, happens) => {
    await happens()
    const doc = await read()
    expect(doc).toMatchObject({ ...taken, username: user.username, syncStatus: 'active' })
    for (const path of ['clerkPushToken', 'clerkPushWritten', 'syncError']) expect(doc).not.toHaveProperty(path)
  })

  it('takes the value of Clerk and reports it in the changes of a hook', async () => {
    const changes: Doc[] = []
    const on = { 'user.updated': (hook: { changes: unknown }) => void changes.push(hook.changes as Doc) }
    const data = { ...user, updated_at: Number(user.updated_at) + 1 }
    await createClerkSync({ users, on, changes: true }).sync({ type: 'user.updated', data }, { messageId: 'msg_hook' })
    expect(changes[0]).toMatchObject({ plan: { before: 'free', after: 'pro' }, notes: { after: 'vip' } })
  })

  it('costs a second write once, then an event is one command again', async () => {
    await deliver({ first_name: 'New' })
    expect(db.commands.map(({ name }) => name)).toEqual(['update', 'aggregate', 'update'])
    const { tags: _, ...public_metadata } = atClerk.public_metadata
    await deliver({ public_metadata: { ...public_metadata, tags: ['x'] } })
    await update({ $unset: { tags: 1 } })
    await users.collection.updateOne(own(), { $unset: { clerkPushToken: 1 } })
    await deliver({ public_metadata })
    db.forget()
    await deliver({ first_name: 'Newer' })
    expect(db.commands.map(({ name }) => name)).toEqual(['update'])
  })

  it('takes the value of Clerk while a local change of another path waits', async () => {
    await update({ plan: 'max' })
    await deliver({ first_name: 'New' })
    expect(await read()).toMatchObject({ ...taken, plan: 'max', syncStatus: 'pending' })
    expect(await owned()).toMatchObject({ public_metadata: { plan: 'max', seats: 3 } })
  })

  it('takes the value of Clerk while another value is to be pushed', async () => {
    await update({ plan: 'max' })
    await users.collection.updateOne(own(), { $unset: { clerkPushToken: 1 }, $set: { syncStatus: 'active' } })
    await deliver({ first_name: 'New' })
    expect(await read()).toMatchObject({ ...taken, plan: 'max', clerkPushToken: expect.any(String) })
  })

  it.each([0, 1, 2])('keeps what the app writes meanwhile: before command %i', async (nth) => {
    const gate = gateBefore(users)
    gate.arm(nth, () => update({ plan: 'max', $unset: { notes: 1 } }))
    expect((await deliver({ first_name: 'New' })).outcome).toBe('updated')
    gate.open()
    expect(await read()).toMatchObject({ firstName: 'New', plan: 'max', lastName: 'Lovelace' })
    expect(await read()).not.toHaveProperty('notes')
    expect(await owned()).toMatchObject({ public_metadata: { plan: 'max' }, private_metadata: { notes: null } })
  })

  it('is never pushed', async () => {
    expect(await owned()).toEqual({})
    await update({ plan: 'max' })
    expect(await owned()).toEqual({ public_metadata: { plan: 'max' } })
  })

  it('leaves a repeated message a duplicate', async () => {
    const { sync } = createClerkSync({ users })
    const event = { type: 'user.updated', data: user } as const
    expect((await sync(event, { messageId: 'msg_same' })).outcome).toBe('duplicate')
    expect(await read()).toMatchObject({ plan: 'free' })
  })

  it('is reported as changed by reconcile until the value is taken', async () => {
    const jobs = jobsOf(users)
    const compare = async () => {
      const [found] = await jobs.find([user.id], {})
      for await (const walked of jobs.walk({}))
        expect(jobs.compare(user, walked, {})).toBe(jobs.compare(user, found, {}))
      return jobs.compare(user, found, {})
    }
    expect(await compare()).toBe('changed')
    await jobs.upsertMany([user], {})
    expect(await compare()).toBe('same')
  })

  it('treats an empty object as no value, and a default that reads the document as a default', async () => {
    const reading = {
      label: {
        type: String,
        default(this: { bio?: string }) {
          return `about ${this.bio}`
        },
      },
      settings: Schema.Types.Mixed,
    }
    users = await db.users({
      definition: { ...definition, ...reading },
      push: { publicMetadata: ['label', 'settings'] },
    })
    user = fixtures.user({ public_metadata: { label: 'clerk', settings: { a: 1 } } })
    await users.collection.insertOne({ ...own(), authProvider: 'clerk', bio: 'me', label: 'about me', settings: {} })
    expect(await owned()).toEqual({})
    await deliver({})
    expect(await read()).toMatchObject({ label: 'clerk', settings: { a: 1 } })
  })
})

describe('a path that is missing in the JSON of Clerk', () => {
  it.each(['private_metadata', 'public_metadata', 'unsafe_metadata', 'last_name', 'username'] as const)(
    '%s: keeps the stored value, and nothing is pushed',
    async (field) => {
      await storedBefore({ ...taken, username: 'mine' })
      const said = { ...atClerk, username: 'mine' }
      await deliver({ ...said, [field]: undefined })
      expect(await read()).toMatchObject({ ...taken, username: 'mine', syncStatus: 'active' })
      expect(await read()).not.toHaveProperty('clerkPushToken')
    },
  )
})

describe('a value of Clerk that the schema or an index refuses', () => {
  it('leaves the default here and the value at Clerk', async () => {
    await deliver({ public_metadata: { ...atClerk.public_metadata, plan: 'much too long' } })
    expect(await read()).toMatchObject({ ...taken, plan: 'free', syncStatus: 'active' })
    expect(await read()).not.toHaveProperty('clerkPushToken')
    expect((await owned())?.public_metadata).toEqual({ seats: 3, tags: ['x'] })
    await update({ plan: 'free' })
    await users.collection.updateOne(own(), { $unset: { clerkPushToken: 1 } })
    await deliver({ first_name: 'New' })
    expect(await read()).toMatchObject({ plan: 'free', syncStatus: 'pending', clerkPushToken: expect.any(String) })
  })

  it('is stored with a suffix if it is a taken username, and is then unchanged', async () => {
    await users.collection.insertOne({ clerkId: 'user_other', authProvider: 'clerk', username: user.username })
    expect((await deliver({})).outcome).toBe('updated')
    expect(await read()).toMatchObject({ username: `${user.username}_${user.id.slice(-8)}`, syncStatus: 'active' })
    const jobs = jobsOf(users)
    expect(jobs.compare(user, (await jobs.find([user.id], {}))[0], {})).toBe('same')
    expect((await owned())?.profile).toEqual({ last_name: 'Lovelace' })
  })

  it('is left out and reported if an async validator refuses it', async () => {
    const slow = { type: String, validate: async (text: string) => text === 'fine' }
    users = await db.users({ definition: { ...definition, notes: slow }, push })
    await users.collection.insertOne({ ...own(), authProvider: 'clerk' })
    expect(await deliver({})).toMatchObject({ outcome: 'updated', conflict: { code: 'host_rule', path: 'notes' } })
    const { notes: _, ...others } = taken
    expect(await read()).toMatchObject({ ...others, syncStatus: 'active' })
    expect(await read()).not.toHaveProperty('notes')
  })

  it('is left out and reported if a unique index has it already', async () => {
    users = await db.users({ definition: { ...definition, notes: { type: String, unique: true, sparse: true } }, push })
    await users.collection.insertMany([
      { ...own(), authProvider: 'clerk' },
      { clerkId: 'user_other', notes: 'vip' },
    ])
    expect(await deliver({})).toMatchObject({ outcome: 'updated', conflict: { code: 'conflict', path: 'notes' } })
    expect(await read()).toMatchObject({ plan: 'pro', syncStatus: 'active' })
  })

  it('is left out if the collection validator refuses it, and the event is applied', async () => {
    await db.connection.db?.command({
      collMod: users.collection.collectionName,
      validator: { $jsonSchema: { properties: { notes: { enum: ['other'] } } } },
    })
    expect((await deliver({ first_name: 'New' })).outcome).toBe('updated')
    expect(await read()).toMatchObject({ firstName: 'New', plan: 'pro' })
    expect(await read()).not.toHaveProperty('notes')
  })

  it('is written with its parent if the parent is null', async () => {
    await storedBefore({ billing: null })
    expect((await deliver({})).outcome).toBe('updated')
    expect(await read()).toMatchObject(taken)
  })
})

describe('a write of the app is recorded in the same command', () => {
  const doc = () => users.findOne(own()).orFail()
  const bulk = (operation: Doc) => users.bulkWrite([operation] as unknown as AnyBulkWriteOperation[])
  const recording: [string, () => PromiseLike<unknown>, string[]][] = [
    ['save', async () => (await doc()).set('plan', 'max').save(), ['plan']],
    ['save that takes away', async () => (await doc()).set('notes', undefined).set('tags', undefined).save(), ['tags']],
    ['save of a parent', async () => (await doc()).set('billing', { currency: 'eur' }).save(), ['billing．seats']],
    [
      'save of a document read in part',
      async () => {
        await (await users.findOne(own(), { bio: 1 }).orFail()).set('plan', 'max').save()
      },
      ['plan'],
    ],
    ['bulkSave', async () => users.bulkSave([(await doc()).set('plan', 'max')]), ['plan']],
    [
      'bulkSave of another path, which fills defaults in',
      async () => {
        await users.collection.updateOne(own(), { $unset: { plan: 1, tags: 1 } })
        await users.bulkSave([(await doc()).set('bio', 'x')])
      },
      [],
    ],
    [
      'save of another path, which fills defaults in',
      async () => {
        await users.collection.updateOne(own(), { $unset: { plan: 1, tags: 1 } })
        await (await doc()).set('bio', 'x').save()
      },
      [],
    ],
    ['updateOne', () => update({ plan: 'free' }), ['plan']],
    ['updateOne that takes away', () => update({ $unset: { plan: 1, notes: 1 } }), ['plan', 'notes']],
    [
      'updateOne of several',
      () => update({ $set: { 'billing.seats': 2 }, $push: { tags: 'y' } }),
      ['billing．seats', 'tags'],
    ],
    ['updateOne of a parent', () => update({ billing: { currency: 'eur' } }), ['billing．seats']],
    ['updateOne of a path beneath', () => update({ 'settings.theme': 'x' }), ['settings']],
    ['$inc', () => update({ $inc: { 'billing.seats': 1 } }), ['billing．seats']],
    ['$rename', () => update({ $rename: { bio: 'notes' } }), ['notes']],
    ['an alias', () => update({ tariff: 'max' }, { translateAliases: true }), ['plan']],
    [
      'a copy of the document',
      async () => {
        await update({ plan: 'max' })
        const { _id, ...copy } = await read()
        await update({ $set: { ...copy, lastName: 'L' } })
      },
      ['plan', 'tags', 'lastName'],
    ],
    ['updateMany', () => users.updateMany(own(), { plan: 'max' } as never), ['plan']],
    ['findOneAndUpdate', () => users.findOneAndUpdate(own(), { plan: 'max' } as never), ['plan']],
    [
      'a pipeline',
      () => update([{ $set: { plan: 'max' } }, { $unset: ['notes'] }], { updatePipeline: true }),
      ['plan', 'notes'],
    ],
    [
      'a pipeline of a new shape, which says nothing of what was written',
      () => update([{ $replaceWith: { $mergeObjects: ['$$ROOT', { plan: 'max' }] } }], { updatePipeline: true }),
      [],
    ],
    ['replaceOne, of what is in it', () => users.replaceOne(own(), { ...own(), plan: 'free' } as never), ['plan']],
    ['findOneAndReplace', () => users.findOneAndReplace(own(), { ...own(), notes: null } as never), ['notes']],
    ['bulkWrite updateOne', () => bulk({ updateOne: { filter: own(), update: { $unset: { plan: 1 } } } }), ['plan']],
    [
      'bulkWrite replaceOne',
      () => bulk({ replaceOne: { filter: own(), replacement: { ...own(), plan: 'free' } } }),
      ['plan'],
    ],
  ]
  it.each(recording)('%s', async (_, write, paths) => {
    await write()
    expect(Object.keys((await written()) ?? {}).sort()).toEqual([...paths].sort())
  })

  const making: [string, (doc: Doc) => PromiseLike<unknown>, string[]][] = [
    ['create', (made) => users.create(made), ['plan']],
    ['insertMany', (made) => users.insertMany([made]), ['plan']],
    ['insertMany of a document', (made) => users.insertMany([new users(made)]), ['plan']],
    ['a lean insertMany', (made) => users.insertMany([made], { lean: true }), ['plan']],
    ['bulkWrite insertOne', (document) => bulk({ insertOne: { document } }), ['plan']],
    ['bulkSave', (made) => users.bulkSave([new users(made)]), ['plan']],
    ['an upsert', ({ plan }) => users.updateOne(own(), { plan } as never, { upsert: true }), ['plan']],
    [
      'an upsert with $setOnInsert',
      ({ plan }) => users.updateOne(own(), { $set: { notes: 'x' }, $setOnInsert: { plan } } as never, { upsert: true }),
      ['plan', 'notes'],
    ],
  ]
  it.each(making)('with the given paths of a new document and no defaults: %s', async (_, make, paths) => {
    user = fixtures.user()
    await make({ ...own(), plan: 'free' })
    expect(Object.keys((await written()) ?? {}).sort()).toEqual([...paths].sort())
  })

  it('for a local account', async () => {
    const local = await users.create(fixtures.localUser({ plan: 'free' }))
    await users.updateOne({ _id: local._id } as never, { $unset: { notes: 1 } } as never)
    const found = await users.collection.findOne({ _id: local._id as never })
    expect(found?.clerkPushWritten).toMatchObject({ plan: true, notes: true })
  })

  it('and a removal is pushed, and not restored from Clerk', async () => {
    await deliver({})
    await update({ $unset: { notes: 1, lastName: 1, 'billing.seats': 1 } })
    expect(await owned()).toMatchObject({
      public_metadata: { seats: null },
      private_metadata: { notes: null },
      profile: { last_name: null },
    })
    await deliver({ first_name: 'New' })
    expect(await read()).not.toHaveProperty('notes')
  })

  it('and a written default is pushed, and not replaced from Clerk', async () => {
    await deliver({})
    await update({ plan: 'free' })
    expect((await owned())?.public_metadata).toMatchObject({ plan: 'free' })
    await deliver({ first_name: 'New' })
    expect(await read()).toMatchObject({ plan: 'free' })
  })

  it('without the paths that a replacement omits', async () => {
    await deliver({})
    await users.replaceOne(own(), { ...own(), authProvider: 'clerk', plan: 'max' } as never)
    expect(await owned()).toEqual({ public_metadata: { plan: 'max' } })
    await deliver({ first_name: 'New' })
    expect(await read()).toMatchObject({ ...taken, plan: 'max' })
  })
})

describe('a local account that is linked', () => {
  const linking = { definition: { ...definition, username: String }, push: { ...push, externalId: '_id' } as const }

  it.each(['an event', 'the registration'])(
    'takes the value of Clerk if it has none, and keeps its own: %s',
    async (by) => {
      users = await db.users(linking)
      const { email } = fixtures.localUser()
      const { _id } = await users.create({ email, plan: 'max' })
      await users.updateOne({ _id } as never, { $unset: { notes: 1 } } as never)
      user = fixtures.user({ ...atClerk, email, external_id: String(_id) })
      if (by === 'an event') await deliver({})
      else await queueOf(users).link(_id, user, {})
      const { notes: _, ...others } = taken
      expect(await read()).toMatchObject({ _id, ...others, username: 'ada', plan: 'max' })
      expect(await read()).not.toHaveProperty('notes')
      expect(await owned()).toMatchObject({ public_metadata: { plan: 'max' }, private_metadata: { notes: null } })
    },
  )

  it.each([0, 1, 2, 3])('keeps what the app writes meanwhile: before command %i', async (nth) => {
    users = await db.users(linking)
    const { _id } = await users.create({ email: fixtures.localUser().email })
    user = fixtures.user({ ...atClerk, external_id: String(_id) })
    await users.deleteFromClerk('user_nobody')
    const gate = gateBefore(users)
    gate.arm(nth, () => users.updateOne({ _id } as never, { plan: 'max' } as never))
    expect((await deliver({})).outcome).toMatch(/linked|updated/)
    gate.open()
    expect(await users.collection.find({}).toArray()).toEqual([
      expect.objectContaining({ _id, clerkId: user.id, plan: 'max', notes: 'vip' }),
    ])
  })

  it('is registered without the paths that the app never wrote', async () => {
    users = await db.users(linking)
    const { _id } = await users.create({ email: fixtures.localUser().email })
    expect((await queueOf(users).forRegistration(_id, {}))?.owned).toEqual({ external_id: String(_id) })
  })
})

it('a removal by anonymize is not recorded as one of the app', async () => {
  users = await db.users({ definition, push, onDelete: 'anonymize' })
  user = fixtures.user({ ...atClerk, username: 'gone' })
  await users.upsertFromClerk(user)
  await update({ username: 'mine' })
  await users.deleteFromClerk(user.id)
  expect(await read()).not.toHaveProperty('clerkPushWritten')
})

it('a write of the app is recorded at a renamed path', async () => {
  users = await db.users({ definition, push, paths: { clerkPushWritten: 'clerk.written' } })
  user = fixtures.user()
  await users.create({ ...own() })
  await update({ $unset: { plan: 1 } })
  expect(await read()).toMatchObject({ clerk: { written: { plan: true } } })
})
