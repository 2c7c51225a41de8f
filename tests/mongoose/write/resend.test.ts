import { type ClerkSyncOptions, type ClerkUserJSON, createClerkSync } from 'clerk-mongo-sync'
import { assertSynced, fixtures } from 'clerk-mongo-sync/testing'
import { describe, expect, it } from 'vitest'
import { startClerkList } from '../../jobs/clerk-list'
import { defaultDefinition, useDatabase } from '../../support/database'

const db = useDatabase('resend')
let made = 0
const next = () => ({ messageId: `msg_${++made}` })
let salts = 0

/** Setups in which a redelivery looks like another event of the same version. */
const ways = {
  'a local change': { firstName: String },
  'an immutable path': { firstName: { type: String, immutable: true } },
  'a setter that gives another value each time': {
    firstName: { type: String, set: (name: string) => `${name} ${++salts}` },
  },
}

async function setUp(firstName: object, options: Partial<ClerkSyncOptions> = {}) {
  const users = await db.users({ definition: { ...defaultDefinition, ...{ firstName } } })
  const clerk = await startClerkList()
  const collection = `resent_${++made}`
  const ran: string[] = []
  const failing = new Set<string>()
  const hook = ({ event, messageId }: { event: { type: string }; messageId: string | undefined }) => {
    if (failing.has(event.type)) throw new Error('the mail server is away')
    ran.push(`${event.type} ${messageId}`)
  }
  const clerkSync = createClerkSync({
    users,
    clerk: clerk.access,
    deliveries: { collection },
    on: { 'user.created': hook, 'user.updated': hook },
    logger: false,
    ...options,
  })
  /** Changes the stored value. */
  const drift = (id: string) => users.collection.updateOne({ clerkId: id }, { $set: { firstName: 'Drifted' } })
  const at = (user: ClerkUserJSON) => void clerk.users.set(user.id, user)
  return { users, clerk, clerkSync, ran, failing, drift, at, collection }
}

describe('a message that Svix sends again after a logged success', () => {
  it.each(Object.entries(ways))('does not run its hook again if it looks like a tie: %s', async (_, { firstName }) => {
    const { users, clerk, clerkSync, ran, drift, at } = await setUp(firstName as object)
    const { data } = fixtures.userCreated()
    const later = fixtures.changedUser(data, { first_name: 'Later' })
    const [created, updated] = [next(), next()]
    await clerkSync.sync(fixtures.userCreated(data), created)
    at(data)
    for (const _ of [1, 2]) {
      await drift(data.id)
      await clerkSync.sync(fixtures.userCreated(data), created)
    }
    await clerkSync.sync({ type: 'user.updated', data: later }, updated)
    at(later)
    for (const _ of [1, 2]) {
      await drift(data.id)
      await clerkSync.sync({ type: 'user.updated', data: later }, updated)
    }
    expect(ran).toEqual([`user.created ${created.messageId}`, `user.updated ${updated.messageId}`])
    expect(await users.collection.findOne({ clerkId: data.id })).not.toHaveProperty('clerkHooksDue')
    await clerk.close()
  })

  it('is applied: the local change is replaced by what Clerk has', async () => {
    const { users, clerk, clerkSync, drift, at } = await setUp(String)
    const { data } = fixtures.userCreated()
    const message = next()
    at(data)
    await clerkSync.sync(fixtures.userCreated(data), message)
    await drift(data.id)
    expect((await clerkSync.sync(fixtures.userCreated(data), message)).outcome).toBe('updated')
    expect(await users.collection.findOne({ clerkId: data.id })).toMatchObject({ firstName: 'Ada' })
    await clerk.close()
  })

  it('runs its hook at the redelivery if the hook failed', async () => {
    const { clerk, clerkSync, ran, failing, drift, at } = await setUp(String)
    const { data } = fixtures.userCreated()
    const message = next()
    at(data)
    failing.add('user.created')
    await expect(clerkSync.sync(fixtures.userCreated(data), message)).rejects.toThrow()
    failing.clear()
    await drift(data.id)
    for (const _ of [1, 2]) await clerkSync.sync(fixtures.userCreated(data), message)
    expect(ran).toEqual([`user.created ${message.messageId}`])
    await clerk.close()
  })

  it('runs its hook for a real tie: two messages of one version', async () => {
    const { users, clerk, clerkSync, ran, at } = await setUp(String)
    const { data } = fixtures.userCreated()
    await clerkSync.sync(fixtures.userCreated(data), next())
    const twin = { ...data, first_name: 'Twin' }
    at(twin)
    const message = next()
    for (const _ of [1, 2]) await clerkSync.sync({ type: 'user.updated', data: twin }, message)
    expect(ran.slice(1)).toEqual([`user.updated ${message.messageId}`])
    expect(await users.collection.findOne({ clerkId: data.id })).toMatchObject({ firstName: 'Twin' })
    await clerk.close()
  })

  it('runs its hook if it changed nothing before, because another write had stored its state', async () => {
    const { users, clerk, clerkSync, ran, drift, at } = await setUp(String)
    const { data } = fixtures.userCreated()
    await clerkSync.sync(fixtures.userCreated(data), next())
    const later = fixtures.changedUser(data, { first_name: 'Later' })
    at(later)
    await users.updateFromClerkData(data.id, later)
    const message = next()
    const outcomes: string[] = []
    for (const _ of [1, 2, 3]) {
      outcomes.push((await clerkSync.sync({ type: 'user.updated', data: later }, message)).outcome)
      await drift(data.id)
    }
    expect(outcomes).toEqual(['duplicate', 'updated', 'updated'])
    expect(ran.slice(1)).toEqual([`user.updated ${message.messageId}`])
    await clerk.close()
  })

  it('does not run its hook again if only the removal of its mark failed', async () => {
    const { users, clerk, clerkSync, ran, at } = await setUp(String)
    const { data } = fixtures.userCreated()
    const message = next()
    at(data)
    const isMark = (update: object) => '$unset' in update && 'clerkHooksDue' in (update.$unset as object)
    const { collection } = users
    const updateOne = collection.updateOne.bind(collection)
    Object.assign(collection, {
      updateOne: (filter: object, update: object, options: object) =>
        isMark(update) ? Promise.reject(new Error('cut off')) : updateOne(filter, update as never, options),
    })
    await expect(clerkSync.sync(fixtures.userCreated(data), message)).rejects.toThrow()
    Object.assign(collection, { updateOne })
    expect(await collection.findOne({ clerkId: data.id })).toMatchObject({ clerkHooksDue: [message.messageId] })
    expect((await clerkSync.sync(fixtures.userCreated(data), message)).outcome).toBe('duplicate')
    expect(ran).toEqual([`user.created ${message.messageId}`])
    expect(await collection.findOne({ clerkId: data.id })).not.toHaveProperty('clerkHooksDue')
    await clerk.close()
  })

  it('runs its hook if a process without hooks took the first delivery', async () => {
    const { users, clerk, clerkSync, ran, drift, at, collection } = await setUp(String)
    const { data } = fixtures.userCreated()
    const message = next()
    at(data)
    const bare = createClerkSync({ users, clerk: clerk.access, deliveries: { collection }, logger: false })
    await bare.sync(fixtures.userCreated(data), message)
    await drift(data.id)
    for (const _ of [1, 2]) await clerkSync.sync(fixtures.userCreated(data), message)
    expect(ran).toEqual([`user.created ${message.messageId}`])
    await clerk.close()
  })
})

describe('two messages of one version', () => {
  it('keep the first one, without naming a missing key, if Clerk no longer has the user', async () => {
    const warnings: object[] = []
    const logger = {
      debug: () => {},
      info: () => {},
      error: () => {},
      warn: (fields: object) => void warnings.push(fields),
    }
    const { users, clerk, clerkSync } = await setUp(String, { logger })
    const { data } = fixtures.userCreated()
    await clerkSync.sync(fixtures.userCreated(data), next())
    const twin = { ...data, first_name: 'Twin' }
    expect((await clerkSync.sync({ type: 'user.updated', data: twin }, next())).outcome).toBe('stale')
    expect(await users.collection.findOne({ clerkId: data.id })).toMatchObject({ firstName: 'Ada' })
    expect(warnings).toEqual([])
    await clerk.close()
  })

  it('both run their hooks if the first is sent again after a local change', async () => {
    const { users, clerk, clerkSync, ran, drift, at } = await setUp(String)
    const { data } = fixtures.userCreated()
    const [first, second] = [next(), next()]
    await clerkSync.sync(fixtures.userCreated(data), first)
    const twin = { ...data, first_name: 'Twin' }
    at(twin)
    await drift(data.id)
    await clerkSync.sync(fixtures.userCreated(data), first)
    await clerkSync.sync({ type: 'user.updated', data: twin }, second)
    expect(ran).toEqual([`user.created ${first.messageId}`, `user.updated ${second.messageId}`])
    expect(await users.collection.findOne({ clerkId: data.id })).toMatchObject({ firstName: 'Twin' })
    await clerk.close()
  })

  it.each([true, false])('both run their hooks if the first ended in a conflict (delivery log: %s)', async (hasLog) => {
    const { users, clerk, clerkSync, ran, at } = await setUp(String, hasLog ? {} : { deliveries: false })
    await users.collection.insertOne({ email: 'held@example.com' } as never)
    const user = fixtures.user()
    await clerkSync.sync(fixtures.userCreated(user), next())
    const first = fixtures.changedUser(user, { email: 'held@example.com' })
    const twin = { ...first, first_name: 'Twin' }
    at(twin)
    const messages = [next(), next()] as const
    expect((await clerkSync.sync({ type: 'user.updated', data: first }, messages[0])).outcome).toBe('conflict')
    expect((await clerkSync.sync({ type: 'user.updated', data: twin }, messages[1])).outcome).toBe('conflict')
    expect(ran.slice(1)).toEqual(messages.map(({ messageId }) => `user.updated ${messageId}`))
    expect(await users.collection.findOne({ clerkId: user.id })).toMatchObject({ firstName: 'Twin' })
    await clerk.close()
  })
})

describe('an event of a user that gave up its address to another user of the same version', () => {
  it.each([0, 5])('runs its hook: %i ms later in Clerk', async (later) => {
    const { users, clerk, clerkSync, ran, at } = await setUp(String)
    const updatedAt = 1_800_000_000_000
    const user = () => fixtures.user({ email: 'moving@example.com', updated_at: updatedAt })
    const [holder, other] = [user(), user()]
    const moved = fixtures.changedUser(holder, { email: 'moved@example.com', updated_at: updatedAt + later })
    await clerkSync.sync(fixtures.userCreated(holder), next())
    at(moved)
    at(other)
    expect((await clerkSync.sync(fixtures.userCreated(other), next())).outcome).toBe('created')
    assertSynced(await users.findByClerkId(other.id), other)
    const message = next()
    expect((await clerkSync.sync({ type: 'user.updated', data: moved }, message)).outcome).toBe('updated')
    expect(ran.slice(2)).toEqual([`user.updated ${message.messageId}`])
    assertSynced(await users.findByClerkId(holder.id), moved)
    await clerk.close()
  })
})
