import { createClerkSync } from 'clerk-mongo-sync'
import { clerkModel, clerkSyncPlugin } from 'clerk-mongo-sync/mongoose'
import { assertSynced, fixtures } from 'clerk-mongo-sync/testing'
import { Schema } from 'mongoose'
import { describe, expect, it } from 'vitest'
import { type TestModel, useDatabase } from '../../support/database'

const db = useDatabase('host_schema')
let messages = 0
const delivery = () => ({ messageId: `msg_${++messages}` })
const raw = (users: TestModel, clerkId: string) => users.collection.findOne({ clerkId })

function warnings() {
  const said: { problem: string; path?: string }[] = []
  const silent = () => {}
  const warn = (fields: object, problem: string) => void said.push({ problem, ...fields })
  return { said, logger: { debug: silent, info: silent, error: silent, warn } }
}

async function deliverAll(users: TestModel, events: Parameters<ReturnType<typeof createClerkSync>['sync']>[0][]) {
  const clerkSync = createClerkSync({ users })
  for (const event of events) await clerkSync.sync(event, delivery())
}

describe('e-mail and username paths of the app', () => {
  const forms = {
    'unique and sparse': { type: String, unique: true, sparse: true },
    unique: { type: String, unique: true },
    'unique and required': { type: String, unique: true, required: true },
    'unique, lower-cased and trimmed': { type: String, unique: true, lowercase: true, trim: true },
  }

  it.each(Object.entries(forms))('%s hold users with and without values', async (_, form) => {
    const users = await db.users({ definition: { email: form, username: form } })
    const people = [
      fixtures.user({ email: `A${++messages}@Example.com`, username: `A${messages}` }),
      fixtures.phoneOnlyUser(),
      fixtures.phoneOnlyUser(),
      fixtures.usernameOnlyUser(),
    ]
    await deliverAll(
      users,
      people.map((user) => fixtures.userCreated(user)),
    )
    expect(await users.collection.countDocuments()).toBe(4)
    await deliverAll(
      users,
      people.map((user) => fixtures.userUpdated(user, { first_name: 'New' })),
    )
    expect(await users.collection.countDocuments({ syncStatus: 'active' })).toBe(4)
  })

  it('find the holder of a value by the collation of the index, if it ignores case', async () => {
    const schema = new Schema({ email: String, username: String })
    const collation = { locale: 'en', strength: 2 }
    schema.index({ email: 1 }, { unique: true, collation, partialFilterExpression: { email: { $type: 'string' } } })
    schema.index(
      { username: 1 },
      { unique: true, collation, partialFilterExpression: { username: { $type: 'string' } } },
    )
    const users = await db.users({ schema })
    const old = fixtures.user({ email: 'CASE@example.com', username: 'CASE', updated_at: 1_700_000_000_000 })
    const young = fixtures.user({ email: 'case@example.com', username: 'case' })
    await deliverAll(users, [fixtures.userCreated(old), fixtures.userCreated(young)])
    assertSynced(await users.findByClerkId(young.id), young)
    expect(await raw(users, old.id)).toMatchObject({ username: `CASE_${old.id.slice(-8)}` })
  })

  it('can be in a compound unique index with a path of the app', async () => {
    const schema = new Schema({ email: String, tenant: { type: String, default: 'main' } })
    schema.index({ tenant: 1, email: 1 }, { unique: true })
    const users = await db.users({ schema })
    const old = fixtures.user({ email: 'one@example.com', updated_at: 1_700_000_000_000 })
    const young = fixtures.user({ email: 'one@example.com' })
    await users.create({ email: 'one@example.com', tenant: 'other' })
    await deliverAll(users, [fixtures.userCreated(old), fixtures.userCreated(young)])
    assertSynced(await users.findByClerkId(young.id), young)
    await deliverAll(users, [
      fixtures.userCreated(fixtures.phoneOnlyUser()),
      fixtures.userCreated(fixtures.phoneOnlyUser()),
    ])
    expect(await users.collection.countDocuments()).toBe(5)
  })
})

describe('an existing clerkId', () => {
  const forms = {
    'unique and index': { type: String, unique: true, index: true },
    'unique and sparse': { type: String, unique: true, sparse: true },
    'required and unique': { type: String, unique: true, required: true },
  }

  it.each(Object.entries(forms))('%s in the schema is used as it is', async (_, clerkId) => {
    const users = await db.users({ definition: { clerkId, email: String } })
    const event = fixtures.userCreated()
    await deliverAll(users, [event, event])
    assertSynced(await users.findByClerkId(event.data.id), event.data)
    const indexes = await users.collection.indexes()
    expect(indexes.filter(({ key }) => Object.keys(key).join() === 'clerkId')).toHaveLength(1)
  })

  it.each([
    [{ unique: true }, 'unique'],
    [{ unique: true, sparse: true }, 'unique and sparse'],
    [{}, 'not unique'],
  ])('%j in the database is kept, and the other indexes of the app are built (%s)', async (options, _description) => {
    const name = `older${++messages}`
    await db.connection.collection(name).createIndex({ clerkId: 1 }, options)
    const schema = new Schema({ email: { type: String, unique: true, sparse: true } }, { collection: name })
    schema.plugin(clerkSyncPlugin)
    const users = clerkModel(name, schema, db.connection) as unknown as TestModel
    const event = fixtures.userCreated()
    await deliverAll(users, [event, event])
    assertSynced(await users.findByClerkId(event.data.id), event.data)
    const indexes = await users.collection.indexes()
    expect(indexes).toContainEqual(expect.objectContaining({ key: { email: 1 }, unique: true }))
    expect(indexes.some(({ key, unique }) => 'clerkId' in key && unique)).toBe(true)
  })

  it('allows any number of local users without one', async () => {
    const users = await db.users()
    await users.create(fixtures.localUser())
    await users.create(fixtures.localUser())
    expect(await users.collection.countDocuments({ authProvider: 'local' })).toBe(2)
  })

  it('is refused when the plugin is applied if it has another type', () => {
    const schema = new Schema({ clerkId: Number })
    expect(() => schema.plugin(clerkSyncPlugin)).toThrow(expect.objectContaining({ code: 'schema_unfit' }))
  })
})

describe('a collection without a unique index on clerkId', () => {
  it('refuses writes with an error that names the command', async () => {
    const schema = new Schema({ email: String }, { autoIndex: false })
    const users = await db.users({ schema })
    const clerkSync = createClerkSync({ users })
    const event = fixtures.userCreated()
    const refusal = { code: 'index_missing', message: expect.stringContaining('createIndex({ ') }
    await expect(clerkSync.sync(event)).rejects.toMatchObject(refusal)
    expect(await users.collection.countDocuments()).toBe(0)
    await users.collection.createIndex({ clerkId: 1 })
    await expect(clerkSync.sync(event)).rejects.toMatchObject(refusal)
    await users.collection.createIndex({ clerkId: 1, email: 1 }, { unique: true })
    await expect(clerkSync.sync(event)).rejects.toMatchObject(refusal)
    await users.createIndexes()
    expect((await clerkSync.sync(event)).outcome).toBe('created')
  })

  it('names duplicates in the error if they are the cause', async () => {
    const name = `doubled${++messages}`
    await db.connection.collection(name).insertMany([{ clerkId: 'user_twice' }, { clerkId: 'user_twice' }])
    const schema = new Schema({ email: String }, { collection: name })
    schema.plugin(clerkSyncPlugin)
    const users = clerkModel(name, schema, db.connection)
    await expect(users.upsertFromClerk(fixtures.user())).rejects.toMatchObject({
      code: 'index_missing',
      message: expect.stringContaining('duplicates'),
    })
  })
})

describe('discriminators', () => {
  async function family() {
    const base = await db.users({
      schema: new Schema({ email: { type: String, unique: true, sparse: true } }, { discriminatorKey: 'kind' }),
    })
    const member = base.discriminator(`Member${++messages}`, new Schema({ level: Number }))
    return { base, member: member as unknown as TestModel }
  }

  it('of the base model are written, even after their key changed, and the key is never written', async () => {
    const { base, member } = await family()
    const event = fixtures.userCreated()
    await deliverAll(base, [event])
    await base.collection.updateOne({ clerkId: event.data.id }, { $set: { kind: member.modelName, level: 3 } })
    const later = fixtures.userUpdated(event.data, { first_name: 'Later' })
    await deliverAll(base, [later, event])
    expect(await base.collection.countDocuments()).toBe(1)
    expect(await raw(base, event.data.id)).toMatchObject({
      kind: member.modelName,
      level: 3,
      clerkUpdatedAt: new Date(later.data.updated_at as number),
    })
  })

  it('are refused as `users`', async () => {
    const { member } = await family()
    expect(() => createClerkSync({ users: member })).toThrow(expect.objectContaining({ code: 'schema_unfit' }))
  })

  it('have a key that mapUser cannot write', async () => {
    const { base } = await family()
    const { said, logger } = warnings()
    const clerkSync = createClerkSync({
      users: base,
      logger,
      mapUser: () => ({ kind: 'Admin', email: 'a@example.com' }),
    })
    expect(said).toMatchObject([{ path: 'kind', problem: expect.stringContaining('reserved') }])
    const event = fixtures.userCreated()
    await clerkSync.sync(event)
    expect(await raw(base, event.data.id)).not.toHaveProperty('kind')
  })
})

describe('the schema of the app', () => {
  it('runs timestamps, setters, casts and defaults', async () => {
    const schema = new Schema(
      {
        email: { type: String, lowercase: true },
        age: Number,
        role: { type: String, default: 'member' },
        firstName: { type: String, default: 'Friend' },
        initials: { type: String, set: (value: string) => value.toUpperCase() },
      },
      { timestamps: true },
    )
    const users = await db.users({
      schema,
      mapUser: (user) => ({ firstName: user.first_name, initials: 'al', age: '41' }),
    })
    const event = fixtures.userCreated(fixtures.phoneOnlyUser())
    await deliverAll(users, [event])
    const created = await raw(users, event.data.id)
    expect(created).toMatchObject({
      role: 'member',
      firstName: 'Friend',
      initials: 'AL',
      age: 41,
      createdAt: expect.any(Date),
      updatedAt: expect.any(Date),
    })
    await new Promise((resolve) => setTimeout(resolve, 5))
    await deliverAll(users, [fixtures.userUpdated(event.data)])
    const updated = await raw(users, event.data.id)
    expect(updated?.createdAt).toEqual(created?.createdAt)
    expect(updated?.updatedAt.getTime()).toBeGreaterThan(created?.updatedAt.getTime())
  })

  it('runs query middleware of updateOne, and no save middleware', async () => {
    const ran: string[] = []
    const schema = new Schema({ email: String })
    schema.pre('updateOne', () => void ran.push('updateOne'))
    schema.pre('save', () => void ran.push('save'))
    const users = await db.users({ schema })
    await deliverAll(users, [fixtures.userCreated()])
    expect(ran).toEqual(['updateOne'])
  })

  it('has an immutable path written once, with a warning', async () => {
    const users = await db.users({ definition: { email: { type: String, immutable: true } } })
    const { said, logger } = warnings()
    createClerkSync({ users, logger })
    expect(said).toMatchObject([{ path: 'email', problem: expect.stringContaining('immutable') }])
    const event = fixtures.userCreated(fixtures.user({ email: 'first@example.com' }))
    await deliverAll(users, [event, fixtures.userUpdated(event.data, { email: 'second@example.com' })])
    expect((await raw(users, event.data.id))?.email).toBe('first@example.com')
  })

  it('takes metadata with any key in a Map', async () => {
    const users = await db.users({
      definition: { meta: { type: Map, of: String } },
      mapUser: (user) => ({ meta: user.public_metadata }),
    })
    const metadata = { plan: 'pro', 'theme.color': 'red', $role: 'none', constructor: 'x' }
    const event = fixtures.userCreated(fixtures.user({ public_metadata: metadata }))
    await deliverAll(users, [event])
    const stored = { plan: 'pro', 'theme．color': 'red', '＄role': 'none', '＿constructor': 'x' }
    expect((await raw(users, event.data.id))?.meta).toEqual(stored)
    expect((await users.upsertFromClerk(event.data, delivery())).outcome).toBe('duplicate')
  })

  it('has a path that only mapUser knows left out, with a warning', async () => {
    const users = await db.users({ definition: { email: String } })
    const { said, logger } = warnings()
    const clerkSync = createClerkSync({
      users,
      logger,
      mapUser: () => ({ nickname: 'A', clerkId: 'user_other', email: 'n@example.com' }),
    })
    expect(said).toMatchObject([{ path: 'nickname' }, { path: 'clerkId' }])
    const event = fixtures.userCreated()
    await clerkSync.sync(event)
    const doc = await raw(users, event.data.id)
    expect(doc).not.toHaveProperty('nickname')
    expect(doc).toMatchObject({ clerkId: event.data.id, email: 'n@example.com' })
  })

  it("is refused at start-up for such a path with strict: 'throw'", async () => {
    const users = await db.users({ schema: new Schema({ email: String }, { strict: 'throw' }) })
    expect(() => createClerkSync({ users, mapUser: () => ({ nickname: 'A' }) })).toThrow(
      expect.objectContaining({ code: 'schema_unfit' }),
    )
    const event = fixtures.userCreated()
    await deliverAll(users, [event])
    assertSynced(await users.findByClerkId(event.data.id), event.data)
  })

  it('causes a warning if a required path has no value for some users', async () => {
    const users = await db.users({ definition: { firstName: { type: String, required: true } } })
    const { said, logger } = warnings()
    createClerkSync({ users, logger })
    expect(said).toMatchObject([{ path: 'firstName', problem: expect.stringContaining('required') }])
  })

  it('is refused at start-up if an enum refuses our own values', async () => {
    const started = db.users({ definition: { syncStatus: { type: String, enum: ['synced', 'failed'] } } })
    await expect(started).rejects.toMatchObject({
      code: 'schema_unfit',
      message: expect.stringContaining('active, error'),
    })
  })

  it('causes a warning if linkBy is set without a unique index on the address', async () => {
    const users = await db.users({ definition: { email: String } })
    const { said, logger } = warnings()
    createClerkSync({ users, logger, linkBy: 'verified-email' })
    expect(said).toMatchObject([{ path: 'email', problem: expect.stringContaining('unique') }])
  })

  it('generates its own _id for users from Clerk', async () => {
    const schema = new Schema({ _id: { type: String, default: () => `u-${++messages}` }, email: String })
    const users = await db.users({ schema })
    const event = fixtures.userCreated()
    await deliverAll(users, [event, fixtures.userUpdated(event.data)])
    expect((await raw(users, event.data.id))?._id).toMatch(/^u-\d+$/)
  })
})

describe('a password that the schema requires', () => {
  const definition = { email: String, passwordHash: { type: String, required: [true, 'No password.'] } }

  it('is required of local users only', async () => {
    const users = await db.users({ definition, passwordPath: 'passwordHash' })
    const event = fixtures.userCreated()
    await deliverAll(users, [event])
    assertSynced(await users.findByClerkId(event.data.id), event.data)
    await expect(users.create({ email: 'local@example.com' })).rejects.toThrow('No password.')
    await users.create({ email: 'local@example.com', passwordHash: 'x' })
    const doc = await users.findByClerkId(event.data.id)
    await expect(doc?.set('email', 'changed@example.com').save()).resolves.toBeTruthy()
  })

  it('makes every user from Clerk a conflict with passwordPath: false, which is an error at start-up', async () => {
    const users = await db.users({ definition, passwordPath: false })
    const errors: unknown[] = []
    const logger = { debug() {}, info() {}, warn() {}, error: (...said: unknown[]) => void errors.push(said) }
    const clerkSync = createClerkSync({ users, logger })
    expect(errors).toMatchObject([
      [{ path: 'passwordHash' }, expect.stringMatching(/every Clerk user.*passwordPath: 'passwordHash'/)],
    ])
    expect((await clerkSync.sync(fixtures.userCreated())).conflict).toMatchObject({
      code: 'host_rule',
      path: 'passwordHash',
    })
  })

  it('is refused at a path that does not exist', () => {
    expect(() => new Schema({ email: String }).plugin(clerkSyncPlugin, { passwordPath: 'hash' })).toThrow(
      expect.objectContaining({ code: 'schema_unfit' }),
    )
  })
})

describe('renamed paths', () => {
  it('are written under their new names', async () => {
    const paths = {
      clerkId: 'authId',
      clerkUpdatedAt: 'auth.version',
      syncStatus: 'auth.status',
      imageUrl: 'photo',
      firstName: 'name.first',
      lastName: 'name.last',
    }
    const users = await db.users({
      definition: { photo: String, name: { first: String, last: String, nick: String } },
      paths,
    })
    const event = fixtures.userCreated()
    await deliverAll(users, [event])
    await users.collection.updateOne({ authId: event.data.id }, { $set: { 'name.nick': 'kept' } })
    const later = fixtures.userUpdated(event.data, { last_name: null })
    await deliverAll(users, [later, event])
    const doc = await users.collection.findOne({ authId: event.data.id })
    expect(doc).toMatchObject({
      authId: event.data.id,
      auth: { version: new Date(later.data.updated_at as number), status: 'active' },
      photo: event.data.image_url,
      name: { first: 'Ada', nick: 'kept' },
    })
    expect(doc?.name).not.toHaveProperty('last')
    for (const path of ['clerkId', 'imageUrl', 'firstName']) expect(doc).not.toHaveProperty(path)
    expect((await users.findByClerkId(event.data.id).activeInClerk())?._id).toEqual(doc?._id)
  })

  it('are refused if a name is unknown', () => {
    const paths = { clerkID: 'authId' } as object
    expect(() => new Schema({}).plugin(clerkSyncPlugin, { paths })).toThrow(
      expect.objectContaining({ code: 'schema_unfit' }),
    )
  })
})

describe('an _id that is the Clerk id', () => {
  const withId = () =>
    db.users({
      schema: new Schema({ _id: String, email: { type: String, unique: true, sparse: true } }),
      paths: { clerkId: '_id' },
    })

  it('is used to find, update and delete, with no second index', async () => {
    const users = await withId()
    const event = fixtures.userCreated()
    const later = fixtures.userUpdated(event.data, { email: 'later@example.com' })
    await deliverAll(users, [event, later, event])
    expect(await users.collection.find({}).toArray()).toMatchObject([
      { _id: event.data.id, email: 'later@example.com' },
    ])
    const taker = fixtures.user({ email: 'later@example.com', updated_at: Date.now() + 60_000 })
    await deliverAll(users, [fixtures.userCreated(taker), fixtures.userDeleted(event.data), later])
    expect(await users.findByClerkId(taker.id).activeInClerk()).toMatchObject({ email: 'later@example.com' })
    expect(await users.findByClerkId(event.data.id).activeInClerk()).toBeNull()
    const indexes = await users.collection.indexes()
    expect(indexes.map(({ key }) => key)).toEqual(expect.arrayContaining([{ _id: 1 }, { email: 1 }]))
    expect(indexes.filter(({ name }) => !['clerk_status', 'clerk_deleted'].includes(name ?? ''))).toHaveLength(2)
  })

  it('refuses linkBy, and an _id that is no String', async () => {
    const users = await withId()
    expect(() => createClerkSync({ users, linkBy: 'verified-email' })).toThrow(
      expect.objectContaining({ code: 'schema_unfit' }),
    )
    const objectIds = new Schema({ email: String })
    expect(() => objectIds.plugin(clerkSyncPlugin, { paths: { clerkId: '_id' } })).toThrow(
      expect.objectContaining({ code: 'schema_unfit' }),
    )
  })
})

describe('the plugin', () => {
  it('has an effect once if it is applied twice', async () => {
    const schema = new Schema({ email: String })
    schema.plugin(clerkSyncPlugin)
    const paths = Object.keys(schema.paths)
    schema.plugin(clerkSyncPlugin, { paths: { clerkId: 'other' } })
    clerkSyncPlugin(schema)
    expect(Object.keys(schema.paths)).toEqual(paths)
    const keys = schema.indexes().map(([key]) => Object.keys(key).join())
    expect(keys).toEqual(['clerkId', 'syncStatus,clerkId,clerkDeletedAt', 'clerkDeletedAt'])
  })

  it('is named by createClerkSync if it is missing', () => {
    const users = db.connection.model(`Plain${++messages}`, new Schema({ email: String }))
    expect(() => createClerkSync({ users })).toThrow(expect.objectContaining({ code: 'plugin_missing' }))
  })
})
