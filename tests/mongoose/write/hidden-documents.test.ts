import { createClerkSync, toPlainUser } from 'clerk-mongo-sync'
import { clerkModel, clerkSyncPlugin } from 'clerk-mongo-sync/mongoose'
import { fixtures } from 'clerk-mongo-sync/testing'
import mongoose, { Schema } from 'mongoose'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type TestModel, uriOf, useDatabase } from '../../support/database'

const db = useDatabase('hidden_documents')
const base = { email: { type: String, unique: true, sparse: true }, firstName: String, plan: String }
let messages = 0
const delivery = () => ({ messageId: `msg_${++messages}` })
/** An address without a server, as no request is expected. */
const clerk = { secretKey: 'sk_test_x', apiUrl: 'http://127.0.0.1:9' }

/** Hides every document from the queries of the app, like soft-delete and tenant plugins. */
function narrowing(schema = new Schema(base)): Schema {
  schema.pre(/^find/, function narrow(this: { where(filter: object): unknown }) {
    this.where({ tenant: 'another' })
  })
  return schema
}

/** Overrides statics like `mongoose-delete` with `overrideMethods`. */
function overriding(): Schema {
  const schema = new Schema({ ...base, deleted: Boolean })
  schema.static('findOne', function findOne(this: object, filter: object) {
    return mongoose.Model.findOne.call(this as never, { ...filter, deleted: false } as never)
  })
  return schema
}

async function givenUser(users: TestModel) {
  const user = fixtures.user({ first_name: 'Ada' })
  await users.upsertFromClerk(user)
  return user
}

describe.each<[string, () => Schema]>([
  ['middleware that narrows finds', narrowing],
  ['a findOne that another plugin overrode', overriding],
])('under %s', (kind, makeSchema) => {
  it('createClerkUser and updateFromClerkData return the document', async () => {
    const users = await db.users({ schema: makeSchema() })
    const user = fixtures.user({ first_name: 'Ada' })
    expect(await users.createClerkUser(user)).toMatchObject({ clerkId: user.id, firstName: 'Ada' })
    const changed = fixtures.changedUser(user, { first_name: 'Grace' })
    expect(await users.updateFromClerkData(user.id, changed)).toMatchObject({ firstName: 'Grace' })
  })

  it('ensureUser returns the document without a request to Clerk', async () => {
    const users = await db.users({ schema: makeSchema() })
    const user = await givenUser(users)
    const doc = await createClerkSync({ users, clerk, logger: false }).ensureUser(user.id)
    expect(doc).toMatchObject({ clerkId: user.id })
  })

  it('hooks receive the document, which can be changed and saved', async () => {
    const users = await db.users({ schema: makeSchema() })
    const event = fixtures.userCreated(fixtures.user({ first_name: 'Ada' }))
    const hook = vi.fn(async ({ user }: { user: unknown }) => {
      const doc = user as InstanceType<TestModel>
      await doc.set('plan', 'pro').save()
    })
    await createClerkSync({ users, on: { 'user.created': hook as never }, logger: false }).sync(event, delivery())
    expect(hook).toHaveBeenCalledTimes(1)
    expect(await users.collection.findOne({ clerkId: event.data.id })).toMatchObject({ plan: 'pro', firstName: 'Ada' })
  })

  it('createClerkUser and ensureUser return null for a deleted user', async () => {
    const users = await db.users({ schema: makeSchema() })
    const user = await givenUser(users)
    await users.deleteFromClerk(user.id)
    expect(await users.createClerkUser(user)).toBeNull()
    expect(await createClerkSync({ users, clerk, logger: false }).ensureUser(user.id)).toBeNull()
  })

  it('findByClerkId is a query of the app, but bypasses overridden statics', async () => {
    const users = await db.users({ schema: makeSchema() })
    const user = await givenUser(users)
    const found = await users.findByClerkId(user.id)
    if (kind.startsWith('a findOne')) expect(found).toMatchObject({ clerkId: user.id })
    else expect(found).toBeNull()
    expect(await users.findByClerkId(user.id).setOptions({ middleware: false }).select('email')).toSatisfy(
      (doc) => doc === null || doc.get('firstName') === undefined,
    )
  })
})

describe('a document that is read past the middleware of the app', () => {
  it('has no paths that the schema excludes, and can be saved', async () => {
    const inner = new Schema({ open: String, closed: { type: String, select: false } }, { _id: false })
    const schema = narrowing(
      new Schema({
        ...base,
        secret: { type: String, select: false, required: true, default: 's' },
        settings: { theme: String, token: { type: String, select: false } },
        inner,
        list: [inner],
      }),
    )
    const users = await db.users({ schema })
    const user = await givenUser(users)
    const hidden = { settings: { theme: 'dark', token: 't' }, inner: { open: 'o', closed: 'c' } }
    const list = [{ open: 'o', closed: 'c' }]
    await users.collection.updateOne({ clerkId: user.id }, { $set: { ...hidden, list, secret: 'own' } })
    const doc = await users.createClerkUser(user)
    expect(doc?.toObject()).toMatchObject({ settings: { theme: 'dark' }, inner: { open: 'o' }, list: [{ open: 'o' }] })
    expect(JSON.stringify(doc?.toObject())).not.toMatch(/secret|token|closed/)
    await doc?.set('plan', 'pro').save()
    const stored = await users.collection.findOne({ clerkId: user.id })
    expect(stored).toMatchObject({ ...hidden, list, plan: 'pro', secret: 'own' })
  })

  it('is of its discriminator, without the paths that it excludes', async () => {
    const schema = narrowing(new Schema(base, { discriminatorKey: 'kind' }))
    const users = await db.users({ schema })
    users.discriminator('HiddenAdmin', new Schema({ level: Number, pin: { type: String, select: false } }))
    const user = await givenUser(users)
    await users.collection.updateOne({ clerkId: user.id }, { $set: { kind: 'HiddenAdmin', level: 3, pin: '1234' } })
    const doc = (await users.createClerkUser(user))?.toObject() as object
    expect(doc).toMatchObject({ level: 3 })
    expect(doc).not.toHaveProperty('pin')
  })
})

describe('internal paths that the schema excludes (select: false)', () => {
  const left = { clerkDeletedAt: { type: Date, select: false }, clerkId: { type: String, select: false } }

  it('do not make a deleted user look active', async () => {
    const users = await db.users({ definition: { ...base, ...left } })
    const user = await givenUser(users)
    expect(await users.createClerkUser(user)).toMatchObject({ firstName: 'Ada' })
    const { ensureUser } = createClerkSync({ users, clerk, logger: false })
    expect(await ensureUser(user.id)).toMatchObject({ firstName: 'Ada' })
    await users.deleteFromClerk(user.id)
    expect(await users.createClerkUser(user)).toBeNull()
    expect(await ensureUser(user.id)).toBeNull()
  })

  it('are not in the documents returned', async () => {
    const users = await db.users({ definition: { ...base, ...left } })
    const user = await givenUser(users)
    expect((await users.createClerkUser(user))?.toObject()).not.toHaveProperty('clerkId')
  })
})

describe('global settings of mongoose', () => {
  const app = new mongoose.Mongoose()

  afterEach(async () => {
    await app.disconnect()
    app.deleteModel(/.*/)
  })

  it('transactionAsyncLocalStorage: a static inside a transaction of the app returns what it wrote', async () => {
    app.set('transactionAsyncLocalStorage', true)
    await app.connect(uriOf('test_hidden_documents'))
    const schema = new app.Schema({ firstName: String })
    schema.plugin(clerkSyncPlugin)
    const users = clerkModel('InTransaction', schema, app as never)
    await users.init()
    const read: unknown[] = []
    const user = fixtures.user()
    await users.upsertFromClerk(user)
    await app.connection.transaction(async () => {
      await users.findOne()
      read.push(await users.createClerkUser(fixtures.changedUser(user, { first_name: 'Grace' })))
    })
    expect(read).toMatchObject([{ clerkId: user.id, firstName: 'Grace' }])
  })

  it('toJSON transforms do not affect toPlainUser', async () => {
    app.set('toJSON', { transform: () => ({ id: 'gone' }), virtuals: true })
    const schema = new app.Schema({ email: String, tags: [{ name: String }] }, { toJSON: { transform: () => 'gone' } })
    schema.plugin(clerkSyncPlugin)
    const users = clerkModel('Transformed', schema, app as never)
    const doc = new users({ email: 'ada@example.com', tags: [{ name: 'x' }], clerkUpdatedAt: new Date(0) })
    expect(toPlainUser(doc)).toMatchObject({
      _id: String(doc._id),
      email: 'ada@example.com',
      tags: [{ name: 'x', _id: expect.any(String) }],
      clerkUpdatedAt: '1970-01-01T00:00:00.000Z',
    })
  })
})
