import { ClerkSyncError, createClerkSync } from 'clerk-mongo-sync'
import type { ClerkSyncPluginOptions } from 'clerk-mongo-sync/mongoose'
import { fixtures } from 'clerk-mongo-sync/testing'
import { Schema } from 'mongoose'
import { describe, expect, it } from 'vitest'
import { storeOf, useDatabase } from '../../support/database'
import { gateBefore } from '../../support/gate'

const db = useDatabase('push_ownership')

const definition = {
  email: { type: String, unique: true, sparse: true },
  username: { type: String, unique: true, sparse: true },
  name: { first: String, last: String },
  plan: { type: String, default: 'free', enum: ['free', 'pro'] },
  billing: { tier: String, seats: Number },
  flags: { type: Map, of: Boolean },
  settings: Schema.Types.Mixed,
  plans: [{ _id: false, tier: String }],
}
const push = {
  publicMetadata: { plan: 'billing.plan', 'billing.seats': 'billing.seats', flags: 'flags' },
  privateMetadata: ['settings'],
  profile: ['firstName', 'username'],
} as const
const paths = { firstName: 'name.first', lastName: 'name.last' }

const setUp = async () => {
  const users = await db.users({ definition, paths, push })
  return {
    users,
    read: (clerkId: string) => users.collection.findOne({ clerkId }),
    sync: createClerkSync({ users }).sync,
  }
}

const metadata = {
  public_metadata: { billing: { plan: 'pro', seats: 3, other: true }, flags: { beta: true, old: false } },
  private_metadata: { settings: { theme: 'dark', $odd: { 'a.b': 1 } } },
}

describe('a path that MongoDB owns', () => {
  it('takes the value from Clerk when the document is created, and is not marked', async () => {
    const { sync, read } = await setUp()
    const event = fixtures.userCreated(fixtures.user({ username: 'ada', ...metadata }))
    expect((await sync(event, { messageId: 'msg_1' })).outcome).toBe('created')
    const doc = await read(event.data.id)
    expect(doc).toMatchObject({
      username: 'ada',
      name: { first: 'Ada', last: 'Lovelace' },
      plan: 'pro',
      billing: { seats: 3 },
      flags: { beta: true, old: false },
      settings: { theme: 'dark', $odd: { 'a.b': 1 } },
      syncStatus: 'active',
    })
    expect(doc).not.toHaveProperty('clerkPushToken')
  })

  it('is never overwritten from Clerk, while the other paths are', async () => {
    const { sync, read } = await setUp()
    const event = fixtures.userCreated(fixtures.user({ ...metadata, username: 'before' }))
    await sync(event)
    const changes = {
      first_name: 'New',
      last_name: 'Name',
      username: 'after',
      public_metadata: {},
      private_metadata: null,
    }
    expect((await sync(fixtures.userUpdated(event.data, changes))).outcome).toBe('updated')
    expect(await read(event.data.id)).toMatchObject({
      name: { first: 'Ada', last: 'Name' },
      username: 'before',
      plan: 'pro',
      settings: { theme: 'dark' },
    })
  })

  it('adds no command: two for a new user, one for an update', async () => {
    const { sync } = await setUp()
    await sync(fixtures.userCreated(), { messageId: 'msg_0' })
    const event = fixtures.userCreated(fixtures.user(metadata))
    db.forget()
    await sync(event, { messageId: 'msg_1' })
    expect(db.commands.map(({ name }) => name)).toEqual(['update', 'find'])
    db.forget()
    await sync(fixtures.userUpdated(event.data, { last_name: 'X' }), { messageId: 'msg_2' })
    expect(db.commands.map(({ name }) => name)).toEqual(['update'])
  })

  it('has the default of the schema if Clerk has no value, or one that the schema refuses', async () => {
    const { sync, read } = await setUp()
    const odd = { public_metadata: { billing: { plan: { $gt: '' }, seats: 'many' } } }
    for (const user of [
      fixtures.user(),
      fixtures.user(odd),
      fixtures.user({ public_metadata: { billing: { plan: 'gold' } } }),
    ]) {
      expect((await sync(fixtures.userCreated(user))).outcome).toBe('created')
      expect(await read(user.id)).toMatchObject({ plan: 'free' })
      expect((await sync(fixtures.userUpdated({ ...user, ...odd }))).outcome).toBe('updated')
    }
  })

  it('keeps its username: a newer Clerk user with the same name gets a suffix', async () => {
    const { sync, read } = await setUp()
    const [older, newer] = [
      fixtures.user({ username: 'same' }),
      fixtures.user({ username: 'same', updated_at: Date.now() + 9_000 }),
    ]
    await sync(fixtures.userCreated(older))
    expect((await sync(fixtures.userCreated(newer))).outcome).toBe('created')
    expect(await read(older.id)).toMatchObject({ username: 'same' })
    expect(await read(newer.id)).toMatchObject({ username: `same_${newer.id.slice(-8)}` })
  })

  it('does not block an older event of a user whose name was taken', async () => {
    const { sync, read } = await setUp()
    const [one, other] = [fixtures.user({ username: 'mine' }), fixtures.user({ username: 'others' })]
    for (const user of [one, other]) await sync(fixtures.userCreated(user))
    expect((await sync(fixtures.userCreated({ ...one, username: 'others' }))).outcome).toBe('duplicate')
    expect((await sync(fixtures.userUpdated(one, { username: 'others', last_name: 'Z' }))).outcome).toBe('updated')
    expect(await read(one.id)).toMatchObject({ username: 'mine', name: { last: 'Z' } })
  })

  it('is no conflict if an insert of the same user comes in between', async () => {
    const handles = { handle: { type: String, unique: true } }
    const users = await db.users({ definition: handles, push: { publicMetadata: ['handle'] } })
    const { sync } = createClerkSync({ users })
    await sync(fixtures.userCreated(), { messageId: 'msg_1' })
    const event = fixtures.userCreated(fixtures.user({ public_metadata: { handle: 'mine' } }))
    const gate = gateBefore(users)
    gate.arm(1, () => sync(event, { messageId: 'msg_2' }))
    const later = fixtures.userUpdated(event.data, { public_metadata: {} })
    expect((await sync(later, { messageId: 'msg_3' })).outcome).toBe('updated')
    expect(await users.collection.findOne({ clerkId: event.data.id })).toMatchObject({ handle: 'mine' })
  })

  it('has the value that middleware of the app sets, also in the write of an event, and that value is pushed', async () => {
    const schema = new Schema({ firstName: String, searchName: String })
    schema.pre('updateOne', function () {
      const update = this.getUpdate() as { $set?: { firstName?: string } } | null
      const name = update?.$set?.firstName
      if (name) this.set('searchName', name.toLowerCase())
    })
    const users = await db.users({ schema, push: { publicMetadata: ['searchName'] } })
    const user = fixtures.user({ first_name: 'Ada' })
    expect((await users.upsertFromClerk(user)).outcome).toBe('created')
    const read = () => users.collection.findOne({ clerkId: user.id })
    expect(await read()).toMatchObject({ searchName: 'ada', syncStatus: 'pending', clerkPushToken: expect.any(String) })
    await users.collection.updateOne(
      { clerkId: user.id },
      { $set: { syncStatus: 'active' }, $unset: { clerkPushToken: 1 } },
    )
    const changed = fixtures.changedUser(user, { first_name: 'Bea', public_metadata: { searchName: 'ada' } })
    expect((await users.upsertFromClerk(changed)).outcome).toBe('updated')
    expect(await read()).toMatchObject({ firstName: 'Bea', searchName: 'bea', syncStatus: 'pending' })
  })

  it('is pushed after a conflict is resolved', async () => {
    const { users } = await setUp()
    const user = fixtures.user()
    await users.upsertFromClerk(user)
    await users.create({ email: 'held@example.com' } as never)
    const holding = fixtures.changedUser(user, fixtures.user({ email: 'held@example.com', id: user.id }))
    expect((await users.upsertFromClerk({ ...holding, updated_at: (user.updated_at ?? 0) + 1 })).outcome).toBe(
      'conflict',
    )
    await users.updateOne({ clerkId: user.id }, { plan: 'pro' } as never)
    await users.collection.updateOne({ clerkId: user.id }, { $set: { syncStatus: 'error' } })
    expect(await users.collection.findOne({ clerkId: user.id })).toMatchObject({ syncError: 'conflict' })
    const mended = { ...user, updated_at: (user.updated_at ?? 0) + 2 }
    expect((await users.upsertFromClerk(mended)).outcome).toBe('updated')
    const doc = await users.collection.findOne({ clerkId: user.id })
    expect(doc).toMatchObject({ plan: 'pro', syncStatus: 'pending', clerkPushToken: expect.any(String) })
    expect(doc).not.toHaveProperty('syncError')
  })

  it('is not pushed if it is a generated username', async () => {
    const required = { username: { type: String, required: true, unique: true }, firstName: String }
    const users = await db.users({ definition: required, push: { profile: ['username'] } })
    const user = fixtures.user({ username: null })
    await users.upsertFromClerk(user)
    expect((await users.upsertFromClerk(fixtures.changedUser(user, { first_name: 'New' }))).outcome).toBe('updated')
    expect(await users.collection.findOne({ clerkId: user.id })).toMatchObject({
      firstName: 'New',
      syncStatus: 'active',
    })
  })

  it('is emptied with the user as far as it is personal', async () => {
    const users = await db.users({ definition, paths, push, onDelete: 'anonymize' })
    const user = fixtures.user({ username: 'gone', ...metadata })
    await users.upsertFromClerk(user)
    await users.updateOne({ clerkId: user.id }, { plan: 'free' } as never)
    await users.deleteFromClerk(user.id)
    const doc = await users.collection.findOne({ clerkId: user.id })
    expect(doc).toMatchObject({ syncStatus: 'error', syncError: 'deleted' })
    for (const path of ['username', 'clerkPushToken']) expect(doc).not.toHaveProperty(path)
    expect(doc?.name).toEqual({})
  })
})

describe('at start-up', () => {
  const refused: [string, ClerkSyncPluginOptions, RegExp][] = [
    [
      'a path that is not in the schema',
      { push: { publicMetadata: ['nowhere'] } },
      /nowhere, which is not in the schema/,
    ],
    ['a profile field that is not in the schema', { push: { profile: ['lastName'] } }, /lastName, which is not in the/],
    [
      'a path in push that mapUser returns',
      { push: { publicMetadata: ['plan'] }, mapUser: () => ({ plan: 'x' }) },
      /mapUser returns plan, but push contains plan/,
    ],
    [
      'a path in push whose subpath mapUser returns',
      { push: { privateMetadata: ['settings'] }, mapUser: () => ({ 'settings.a': 1 }) },
      /mapUser returns settings\.a, but push contains settings/,
    ],
    ['the e-mail address', { push: { publicMetadata: ['email'] } }, /email, which this library writes/],
    ['the same path twice', { push: { publicMetadata: ['plan'], privateMetadata: ['plan'] } }, /plan and plan/],
    [
      'a path and its parent',
      { push: { publicMetadata: ['billing'], privateMetadata: { 'billing.tier': 'x' } } },
      /overlap/,
    ],
    [
      'the same field in Clerk twice',
      { push: { publicMetadata: { plan: 'a', 'billing.tier': 'a.b' } } },
      /same field in Clerk/,
    ],
    ['a path inside an array', { push: { publicMetadata: ['plans.tier'] } }, /inside the array plans/],
    ['an unknown option', { push: { publicMetdata: ['plan'] } as object }, /push has no option publicMetdata/],
    ['a path of this library', { push: { publicMetadata: ['syncStatus'] } }, /syncStatus, which this library writes/],
    ['_id as metadata', { push: { publicMetadata: ['_id'] } }, /_id, which this library writes/],
    [
      "a profile field that Clerk's API cannot write",
      { push: { profile: ['imageUrl' as 'username'] } },
      /no field imageUrl/,
    ],
  ]
  it.each(refused)('%s is refused', async (_, options, message) => {
    const { firstName: _first, ...withoutNames } = { ...definition, firstName: String }
    const start = async () => createClerkSync({ users: await db.users({ definition: withoutNames, ...options }) })
    const error = await start().catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(ClerkSyncError)
    expect(error).toMatchObject({ code: 'schema_unfit', message: expect.stringMatching(message) })
  })

  it('a status enum without pending is refused', async () => {
    const status = { plan: String, syncStatus: { type: String, enum: ['active', 'error'] } }
    await expect(db.users({ definition: status, push: { publicMetadata: ['plan'] } })).rejects.toMatchObject({
      code: 'schema_unfit',
      message: expect.stringContaining('pending'),
    })
    await expect(db.users({ definition: status })).resolves.toBeDefined()
  })

  it('an _id that is the Clerk id cannot be the external id', async () => {
    const start = db.users({ definition: { _id: String }, paths: { clerkId: '_id' }, push: { externalId: '_id' } })
    await expect(start).rejects.toMatchObject({ code: 'schema_unfit' })
  })

  it('paths beneath one of type Mixed are accepted, and owned profile fields of the default map', async () => {
    const users = await db.users({ definition, push: { publicMetadata: ['settings.theme'], profile: ['username'] } })
    expect(() => createClerkSync({ users })).not.toThrow()
  })

  it('a model that pushes nothing has no queue, and no path for one', async () => {
    const users = await db.users({ definition })
    expect(storeOf(users).pushes()).toBeUndefined()
    expect(users.schema.path('clerkPushToken')).toBeUndefined()
  })
})
