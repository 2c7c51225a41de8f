import { type ClerkUserJSON, createClerkSync } from 'clerk-mongo-sync'
import { clerkModel, clerkSyncPlugin } from 'clerk-mongo-sync/mongoose'
import { assertSynced, fixtures } from 'clerk-mongo-sync/testing'
import { Mongoose, Schema } from 'mongoose'
import { describe, expect, it } from 'vitest'
import { type TestModel, uriOf, useDatabase } from '../../support/database'

const db = useDatabase('unfriendly_hosts')
let messages = 0
const next = () => ({ messageId: `msg_${++messages}` })
const raw = (users: TestModel, clerkId: string) => users.collection.findOne({ clerkId })
const T = 1_800_000_000_000

describe('an app with its own settings', () => {
  it('sanitizeFilter does not strip our conditions', async () => {
    const instance = new Mongoose()
    instance.set('sanitizeFilter', true)
    await instance.connect(uriOf('test_sanitize'))
    const schema = new instance.Schema({ email: { type: String, unique: true, sparse: true } }) as unknown as Schema
    schema.plugin(clerkSyncPlugin, { linkBy: 'verified-email' })
    const users = clerkModel('SanitizedUser', schema, instance)
    const clerkSync = createClerkSync({ users })
    const { data } = fixtures.userCreated()
    await users.create({ email: `link${data.id}@example.com` })
    const linked = fixtures.user({ email: `link${data.id}@example.com` })
    expect((await clerkSync.sync(fixtures.userCreated(data), next())).outcome).toBe('created')
    expect((await clerkSync.sync(fixtures.userUpdated(data), next())).outcome).toBe('updated')
    expect((await clerkSync.sync(fixtures.userCreated(data), next())).outcome).toBe('stale')
    expect((await clerkSync.sync(fixtures.userCreated(linked), next())).outcome).toBe('linked')
    expect((await clerkSync.sync(fixtures.userDeleted(data), next())).outcome).toBe('deleted')
    expect(await users.findByClerkId(null)).toBeNull()
    expect(await users.findByClerkId(data.id).activeInClerk()).toBeNull()
    expect(await users.findByClerkId(linked.id).activeInClerk()).not.toBeNull()
    await users.deleteMany({})
    await instance.disconnect()
  })

  it('a deletion path that is null by default is no deletion', async () => {
    const users = await db.users({
      definition: { email: String, deletedAt: { type: Date, default: null } },
      paths: { clerkDeletedAt: 'deletedAt' },
    })
    const clerkSync = createClerkSync({ users })
    const { data } = fixtures.userCreated()
    await clerkSync.sync(fixtures.userCreated(data), next())
    expect((await clerkSync.sync(fixtures.userUpdated(data), next())).outcome).toBe('updated')
    expect(await users.findByClerkId(data.id).activeInClerk()).not.toBeNull()
    await clerkSync.sync(fixtures.userDeleted(data), next())
    expect(await raw(users, data.id)).toMatchObject({ syncError: 'deleted', deletedAt: expect.any(Date) })
  })

  it('middleware that narrows filters can let our writes through', async () => {
    const schema = new Schema({ email: String, archived: Boolean })
    schema.pre('updateOne', function () {
      if (!this.getOptions().byClerkSync) this.where({ archived: { $ne: true } })
    })
    const users = await db.users({ schema })
    const clerkSync = createClerkSync({ users })
    const { data } = fixtures.userCreated()
    await clerkSync.sync(fixtures.userCreated(data), next())
    await users.collection.updateOne({ clerkId: data.id }, { $set: { archived: true } })
    expect((await clerkSync.sync(fixtures.userUpdated(data), next())).outcome).toBe('updated')
    expect((await clerkSync.sync(fixtures.userDeleted(data), next())).outcome).toBe('deleted')
    expect(await raw(users, data.id)).toMatchObject({ archived: true, clerkDeletedAt: expect.any(Date) })
  })

  it('middleware that fails for a while is retried, and loses no user', async () => {
    let isAway = true
    const schema = new Schema({ email: String })
    schema.pre('updateOne', () => {
      if (isAway) throw new Error('redis is down')
    })
    const users = await db.users({ schema })
    const clerkSync = createClerkSync({ users })
    const event = fixtures.userCreated()
    const message = next()
    await expect(clerkSync.sync(event, message)).rejects.toMatchObject({
      code: 'host_code_failed',
      message: expect.stringContaining('middleware (updateOne)'),
      cause: { message: 'redis is down' },
    })
    isAway = false
    expect((await clerkSync.sync(event, message)).outcome).toBe('created')
  })
})

describe('a local account', () => {
  it('with an empty clerkId keeps its address and its name', async () => {
    const users = await db.users({
      definition: {
        clerkId: { type: String, default: '' },
        email: { type: String, unique: true },
        username: { type: String, unique: true },
      },
    })
    await users.create({ email: 'local@example.com', username: 'local' })
    const clerkSync = createClerkSync({ users })
    const thief = fixtures.user({ email: 'local@example.com', emailVerified: false })
    expect((await clerkSync.sync(fixtures.userCreated(thief), next())).outcome).toBe('conflict')
    const namesake = fixtures.user({ username: 'local' })
    await clerkSync.sync(fixtures.userCreated(namesake), next())
    expect(await users.findOne({ authProvider: 'local' })).toMatchObject({
      email: 'local@example.com',
      username: 'local',
    })
    const linking = createClerkSync({ users, linkBy: 'verified-email' })
    const owner = fixtures.user({ email: 'local@example.com' })
    expect((await linking.sync(fixtures.userCreated(owner), next())).outcome).toBe('linked')
  })

  it('keeps its address if _id is the Clerk id and its own is different', async () => {
    const schema = new Schema({ _id: String, email: { type: String, unique: true } })
    const users = await db.users({ schema, paths: { clerkId: '_id' } })
    await users.create({ _id: 'admin-1', email: 'admin@example.com' })
    const clerkSync = createClerkSync({ users })
    const event = fixtures.userCreated(fixtures.user({ email: 'admin@example.com' }))
    expect((await clerkSync.sync(event, next())).outcome).toBe('conflict')
    expect(await users.findById('admin-1')).toMatchObject({ email: 'admin@example.com' })
  })

  it('is not linked by an address that Clerk did not verify, although the primary one is', async () => {
    const users = await db.users({
      linkBy: 'verified-email',
      mapUser: (user: ClerkUserJSON) => ({ email: user.email_addresses?.[0]?.email_address }),
    })
    await users.create(fixtures.localUser({ email: 'victim@example.com' }))
    const attacker = fixtures.user({ email: 'attacker@example.com' })
    const unverified = { id: 'idn_x', email_address: 'victim@example.com', verification: { status: 'unverified' } }
    const data = { ...attacker, email_addresses: [unverified, ...(attacker.email_addresses ?? [])] }
    const clerkSync = createClerkSync({ users })
    expect((await clerkSync.sync(fixtures.userCreated(data), next())).outcome).toBe('conflict')
    expect(await raw(users, data.id)).toBeNull()
  })
})

describe('a collision that cannot be resolved by removing a value', () => {
  it('is a conflict that names its path if it is a required phone number that moves', async () => {
    const users = await db.users({
      definition: { email: String, phone: { type: String, unique: true } },
      mapUser: (user: ClerkUserJSON) => ({ phone: user.phone_numbers?.[0]?.phone_number }),
    })
    await users.create({ email: 'nobody@example.com' })
    const phone = (n: string, updated_at: number) =>
      fixtures.user({ updated_at, phone_numbers: [{ id: 'idn_1', phone_number: n }] })
    const clerkSync = createClerkSync({ users })
    await clerkSync.sync(fixtures.userCreated(phone('+1555', T)), next())
    const result = await clerkSync.sync(fixtures.userCreated(phone('+1555', T + 1)), next())
    expect(result.conflict).toMatchObject({ code: 'host_rule', path: 'phone' })
  })

  it('finds the holder of a value in a list with a unique index', async () => {
    const users = await db.users({
      definition: { emails: { type: [String], default: undefined, index: { unique: true, sparse: true } } },
      mapUser: (user: ClerkUserJSON) => ({ emails: user.email_addresses?.map((entry) => entry.email_address) }),
    })
    const clerkSync = createClerkSync({ users })
    const [old, young] = [T, T + 1].map((updated_at) => fixtures.user({ email: 'list@example.com', updated_at }))
    await clerkSync.sync(fixtures.userCreated(old), next())
    await clerkSync.sync(fixtures.userCreated(young), next())
    expect((await raw(users, young?.id as string))?.emails).toEqual(['list@example.com'])
    expect(await raw(users, old?.id as string)).not.toHaveProperty('emails')
  })

  it('takes the value from a holder stored in another case than the schema writes', async () => {
    const schema = new Schema({ email: { type: String, lowercase: true } })
    schema.index(
      { email: 1 },
      {
        unique: true,
        collation: { locale: 'en', strength: 2 },
        partialFilterExpression: { email: { $type: 'string' } },
      },
    )
    const users = await db.users({ schema })
    await users.collection.insertOne({ clerkId: 'user_old', email: 'Ada@Example.com', clerkUpdatedAt: new Date(T) })
    const young = fixtures.user({ email: 'ada@example.com', updated_at: T + 1 })
    expect((await createClerkSync({ users }).sync(fixtures.userCreated(young), next())).outcome).toBe('created')
    assertSynced(await users.findByClerkId(young.id), young)
  })

  it('leaves out a generated name that the schema refuses', async () => {
    const users = await db.users({
      definition: { username: { type: String, unique: true, sparse: true, match: /^[a-z0-9]+$/ } },
    })
    await users.create({ username: 'taken' })
    const user = fixtures.user({ username: 'taken' })
    expect((await createClerkSync({ users }).sync(fixtures.userCreated(user), next())).outcome).toBe('created')
    expect(await raw(users, user.id)).not.toHaveProperty('username')
  })

  it('does not keep a user from being anonymized if its placeholder is taken', async () => {
    const users = await db.users({ onDelete: 'anonymize', definition: { username: { type: String, unique: true } } })
    const clerkSync = createClerkSync({ users })
    const victim = fixtures.user({ username: 'victim' })
    await clerkSync.sync(fixtures.userCreated(victim), next())
    await users.create({ username: `user_${victim.id.slice(-8)}` })
    await clerkSync.sync(fixtures.userDeleted(victim), next())
    expect(await raw(users, victim.id)).toMatchObject({
      syncError: 'deleted',
      username: `user_${victim.id.replace('user_', '')}`,
    })
  })

  it('is a conflict if the path needs an object and has text, not a failing database', async () => {
    const users = await db.users({
      definition: { email: String, name: { first: String } },
      paths: { firstName: 'name.first' },
    })
    const { data } = fixtures.userCreated()
    await users.collection.insertOne({ clerkId: data.id, name: 'Ada L' })
    const result = await createClerkSync({ users }).sync(fixtures.userCreated(data), next())
    expect(result.conflict).toMatchObject({ code: 'host_rule' })
  })
})

describe('values of every type', () => {
  it('are recognised as a duplicate: subdocuments, lists of them, buffers', async () => {
    const users = await db.users({
      definition: {
        address: new Schema({ city: String }),
        tags: [{ name: String }],
        token: Buffer,
      },
      mapUser: (user: ClerkUserJSON) => ({
        address: { city: 'London' },
        tags: [{ name: 'a' }, { name: 'b' }],
        token: Buffer.from(user.id),
      }),
    })
    const calls: unknown[] = []
    const clerkSync = createClerkSync({
      users,
      changes: true,
      on: { 'user.created': ({ changes }) => void calls.push(changes) },
    })
    const event = fixtures.userCreated()
    const message = next()
    for (const outcome of ['created', 'duplicate', 'duplicate'])
      expect((await clerkSync.sync(event, message)).outcome).toBe(outcome)
    expect(calls).toHaveLength(1)
  })

  it('that Clerk no longer has are unset beneath nested paths, and anonymized', async () => {
    const users = await db.users({
      onDelete: 'anonymize',
      definition: { address: { street: String, city: String } },
      mapUser: (user: ClerkUserJSON) => ({
        address: (user.public_metadata as { address?: object } | null)?.address ?? null,
      }),
    })
    const clerkSync = createClerkSync({ users })
    const { data } = fixtures.userCreated(
      fixtures.user({ public_metadata: { address: { street: 'Main', city: 'London' } } }),
    )
    await clerkSync.sync(fixtures.userCreated(data), next())
    expect((await raw(users, data.id))?.address).toEqual({ street: 'Main', city: 'London' })
    await clerkSync.sync(fixtures.userUpdated(data, { public_metadata: {} }), next())
    expect((await raw(users, data.id))?.address ?? {}).toEqual({})
    await clerkSync.sync(fixtures.userUpdated(data, { updated_at: (data.updated_at as number) + 9_000 }), next())
    await clerkSync.sync(fixtures.userDeleted(data), next())
    expect((await raw(users, data.id))?.address ?? {}).toEqual({})
  })
})
