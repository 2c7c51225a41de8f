import { type ClerkUserJSON, createClerkSync } from 'clerk-mongo-sync'
import { fixtures } from 'clerk-mongo-sync/testing'
import { describe, expect, it } from 'vitest'
import { useDatabase } from '../../support/database'

const db = useDatabase('push_owners_value')
const definition = {
  email: { type: String, unique: true, sparse: true },
  firstName: String,
  plan: { type: String, default: 'free' },
  tier: String,
  trials: Number,
  limits: { seats: Number, regions: { type: [String], default: undefined } },
}
const push = {
  publicMetadata: {
    plan: 'plan',
    tier: 'tier',
    trials: 'trials',
    'limits.seats': 'seats',
    'limits.regions': 'regions',
  },
} as const

async function setUp(public_metadata: Record<string, unknown>) {
  const users = await db.users({ definition, push })
  const { sync } = createClerkSync({ users })
  const { data: user } = fixtures.userCreated(fixtures.user({ public_metadata }))
  await sync(fixtures.userCreated(user), { messageId: 'msg_0' })
  db.forget()
  let messages = 0
  return {
    users,
    user,
    read: () => users.collection.findOne({ clerkId: user.id }),
    /** Delivers a newer change at Clerk. */
    async change(changes: Partial<ClerkUserJSON>) {
      const data = { ...user, updated_at: Number(user.updated_at) + ++messages, ...changes }
      return (await sync({ type: 'user.updated', data }, { messageId: `msg_${messages}` })).outcome
    },
  }
}

const pro = { plan: 'pro', seats: 3, regions: ['eu', 'us'] }

describe('an event in which Clerk has another value of an owned path', () => {
  it.each([
    ['another value', { ...pro, plan: 'max' }],
    ['no value', { plan: 'pro', regions: ['eu', 'us'] }],
    ['another list', { ...pro, regions: ['us'] }],
    ['nothing at all', {}],
  ])('marks the value of MongoDB to be pushed again: %s', async (_, public_metadata) => {
    const { change, read } = await setUp(pro)
    expect(await change({ first_name: 'New', public_metadata })).toBe('updated')
    expect(await read()).toMatchObject({
      firstName: 'New',
      plan: 'pro',
      limits: { seats: 3, regions: ['eu', 'us'] },
      syncStatus: 'pending',
      clerkPushToken: expect.stringMatching(/^a/),
    })
  })

  it.each([
    ['a text', { seats: 3, tier: 'clerk' }],
    ['a number', { seats: 3, trials: 2 }],
    ['a list', { seats: 3, regions: ['eu'] }],
  ])('marks the removal to be pushed again if the app removed the value: %s', async (_, public_metadata) => {
    const { change, read, users } = await setUp({ seats: 3 })
    await users.updateMany({}, { $unset: { tier: 1, trials: 1, 'limits.regions': 1 } } as never)
    await users.collection.updateMany({}, { $unset: { clerkPushToken: 1 } })
    expect(await change({ public_metadata })).toBe('updated')
    expect(await read()).toMatchObject({
      limits: { seats: 3 },
      syncStatus: 'pending',
      clerkPushToken: expect.any(String),
    })
  })

  it('is applied and marked in one write', async () => {
    const { change } = await setUp(pro)
    await change({ first_name: 'New', public_metadata: {} })
    const writes = db.commands.filter(({ name }) => name === 'update')
    // The first write matches no document, the second writes everything.
    expect(db.commands.map(({ name }) => name)).toEqual(['update', 'aggregate', 'update'])
    const $set = { firstName: 'New', syncStatus: 'pending', clerkPushToken: expect.any(String) }
    expect(writes.at(-1)?.command.updates).toMatchObject([{ u: { $set } }])
  })

  it('leaves a conflict in the status', async () => {
    const { change, read, users } = await setUp(pro)
    await users.collection.insertOne({ email: 'taken@example.com', authProvider: 'local' })
    const { email_addresses, primary_email_address_id } = fixtures.user({ email: 'taken@example.com' })
    const emails = { email_addresses, primary_email_address_id } as Partial<ClerkUserJSON>
    expect(await change({ ...emails, public_metadata: {} })).toBe('conflict')
    expect(await read()).toMatchObject({
      syncStatus: 'error',
      syncError: 'conflict',
      clerkPushToken: expect.any(String),
    })
  })
})

describe('an event in which Clerk has the values of MongoDB', () => {
  it('is one command, and leaves nothing to push', async () => {
    const { change, read } = await setUp({ plan: 'pro', seats: 3 })
    expect(await change({ first_name: 'New', public_metadata: { plan: 'pro', seats: 3, other: 1 } })).toBe('updated')
    expect(db.commands.map(({ name }) => name)).toEqual(['update'])
    expect(await read()).toMatchObject({ firstName: 'New', syncStatus: 'active' })
    expect(await read()).not.toHaveProperty('clerkPushToken')
  })

  it('leaves nothing to push if the value is a list, which needs a read to compare', async () => {
    const { change, read } = await setUp(pro)
    expect(await change({ first_name: 'New', public_metadata: pro })).toBe('updated')
    expect(await read()).not.toHaveProperty('clerkPushToken')
  })

  it('leaves nothing to push if Clerk has no value and the document only the default', async () => {
    const { change, read } = await setUp({})
    expect(await change({ first_name: 'New', public_metadata: {} })).toBe('updated')
    expect(await read()).toMatchObject({ plan: 'free', syncStatus: 'active' })
    expect(await read()).not.toHaveProperty('clerkPushToken')
  })

  it('creates a document without null for missing values', async () => {
    const { read } = await setUp({ seats: 2 })
    expect(await read()).toMatchObject({ plan: 'free', limits: { seats: 2 } })
  })
})

it('an owned object is pushed whole: a key that only Clerk has is removed there', async () => {
  const users = await db.users({ definition: { limits: { seats: Number } }, push: { publicMetadata: ['limits'] } })
  const user = fixtures.user({ public_metadata: { limits: { seats: 3 } } })
  await users.upsertFromClerk(user)
  await users.upsertFromClerk(fixtures.changedUser(user, { public_metadata: { limits: { seats: 3 } } }))
  expect(await users.collection.findOne({ clerkId: user.id })).toMatchObject({ syncStatus: 'active' })
  const extra = { limits: { seats: 3, extra: 1 } }
  const version = { updated_at: (user.updated_at ?? 0) + 30_000 }
  db.forget()
  await users.upsertFromClerk(fixtures.changedUser(user, { ...version, public_metadata: extra }), {
    messageId: 'msg_1',
  })
  expect(db.commands.map(({ name }) => name)).toEqual(['update'])
  expect(await users.collection.findOne({ clerkId: user.id })).toMatchObject({ syncStatus: 'active' })
  await users.updateOne({ clerkId: user.id }, { limits: { seats: 3 } } as never)
  await users.collection.updateOne({}, { $set: { syncStatus: 'active' }, $unset: { clerkPushToken: 1 } })
  const meddled = { updated_at: (user.updated_at ?? 0) + 60_000, public_metadata: extra }
  await users.upsertFromClerk(fixtures.changedUser(user, meddled))
  expect(await users.collection.findOne({ clerkId: user.id })).toMatchObject({ syncStatus: 'pending' })
})

it('a value that the schema refuses stays at Clerk if the app does not change it', async () => {
  const { change, read } = await setUp({ plan: ['pro'] })
  expect(await change({ first_name: 'New', public_metadata: { plan: ['max'] } })).toBe('updated')
  expect(await read()).toMatchObject({ firstName: 'New', plan: 'free', syncStatus: 'active' })
})

it('data from the API marks the value of MongoDB to be pushed', async () => {
  const { user, users, read } = await setUp(pro)
  await users.upsertFromClerk({ ...user, public_metadata: { plan: 'old' } }, { fromApi: true })
  expect(await read()).toMatchObject({ plan: 'pro', syncStatus: 'pending' })
})

describe('an event in which Clerk has no value of an owned object', () => {
  it('leaves a user without one in step, if the schema refused the first attempt', async () => {
    const isFree = async (email: string) => !(await users.findOne({ email }))
    const email = { type: String, unique: true, validate: isFree }
    const users = await db.users({
      definition: { email, limits: { seats: Number } },
      push: { publicMetadata: ['limits'] },
    })
    const { sync } = createClerkSync({ users })
    const created = fixtures.userCreated(fixtures.user({ public_metadata: {} }))
    await sync(created, { messageId: 'msg_0' })
    const data = { ...created.data, updated_at: Number(created.data.updated_at) + 1 }
    expect((await sync({ type: 'user.updated', data }, { messageId: 'msg_1' })).outcome).toBe('updated')
    const stored = await users.collection.findOne({ clerkId: data.id })
    expect(stored).toMatchObject({ syncStatus: 'active' })
    expect(stored).not.toHaveProperty('clerkPushToken')
  })
})

it('keys that the schema does not have are not stored with a new user', async () => {
  const users = await db.users({ definition: { limits: { seats: Number } }, push: { publicMetadata: ['limits'] } })
  const { sync } = createClerkSync({ users })
  const created = fixtures.userCreated(fixtures.user({ public_metadata: { limits: { isAdmin: true } } }))
  await sync(created, { messageId: 'msg_0' })
  const stored = await users.collection.findOne({ clerkId: created.data.id })
  expect(stored?.limits ?? {}).toEqual({})
})
