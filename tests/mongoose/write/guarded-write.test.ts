import { createClerkSync } from 'clerk-mongo-sync'
import { assertSynced, fixtures } from 'clerk-mongo-sync/testing'
import { describe, expect, it } from 'vitest'
import { type TestModel, useDatabase } from '../../support/database'

const db = useDatabase('guarded_write')
let messages = 0
const messageId = () => `msg_${++messages}`

async function setUp() {
  const users = await db.users()
  return { users, clerkSync: createClerkSync({ users }) }
}

const all = (users: TestModel) => users.collection.find({}).toArray()

describe('one user', () => {
  it('is created with the defaults and setters of the schema', async () => {
    const { users, clerkSync } = await setUp()
    const event = fixtures.userCreated(fixtures.user({ email: 'Ada@Example.com' }))
    expect(await clerkSync.sync(event, { messageId: messageId() })).toEqual({
      outcome: 'created',
      clerkId: event.data.id,
    })
    const [doc] = await all(users)
    expect(doc).toMatchObject({
      clerkId: event.data.id,
      email: 'ada@example.com',
      firstName: 'Ada',
      plan: 'free',
      authProvider: 'clerk',
      syncStatus: 'active',
      clerkUpdatedAt: new Date(event.data.updated_at as number),
    })
    expect(doc).not.toHaveProperty('username')
    expect(doc).not.toHaveProperty('syncError')
    expect(doc).not.toHaveProperty('clerkHooksDue')
  })

  it('is written once if the same delivery arrives twice', async () => {
    const { users, clerkSync } = await setUp()
    const event = fixtures.userCreated()
    const options = { messageId: messageId() }
    await clerkSync.sync(event, options)
    const [first] = await all(users)
    expect((await clerkSync.sync(event, options)).outcome).toBe('duplicate')
    expect(await all(users)).toEqual([first])
  })

  it('is one document after five concurrent deliveries of its creation', async () => {
    const { users, clerkSync } = await setUp()
    const event = fixtures.userCreated()
    const id = messageId()
    const results = await Promise.all(Array.from({ length: 5 }, () => clerkSync.sync(event, { messageId: id })))
    expect(results.map(({ outcome }) => outcome).sort()).toEqual(['created', ...Array(4).fill('duplicate')])
    expect(await all(users)).toHaveLength(1)
  })

  it('is created by an update that arrives first, and the late creation is stale', async () => {
    const { users, clerkSync } = await setUp()
    const created = fixtures.userCreated()
    const updated = fixtures.userUpdated(created.data, { first_name: 'Augusta' })
    expect((await clerkSync.sync(updated, { messageId: messageId() })).outcome).toBe('created')
    expect((await clerkSync.sync(created, { messageId: messageId() })).outcome).toBe('stale')
    assertSynced(await users.findByClerkId(created.data.id), updated.data)
  })

  it('has no value at a path that Clerk cleared, neither the old one nor null', async () => {
    const { users, clerkSync } = await setUp()
    const created = fixtures.userCreated(fixtures.user({ username: 'ada' }))
    await clerkSync.sync(created, { messageId: messageId() })
    await clerkSync.sync(fixtures.userUpdated(created.data, { username: null, first_name: '', email: null }))
    const [doc] = await all(users)
    for (const path of ['username', 'firstName', 'email']) expect(doc).not.toHaveProperty(path)
  })

  it('is versioned by the time of the event if its data has no version', async () => {
    const { users, clerkSync } = await setUp()
    const { updated_at: _, created_at: __, ...bare } = fixtures.user({ first_name: 'First' })
    const event = (first_name: string, timestamp: number) => ({
      ...fixtures.userUpdated(),
      data: { ...bare, first_name },
      timestamp,
    })
    await clerkSync.sync(event('New', 1_716_883_300), { messageId: messageId() }) // seconds, as in Clerk's samples
    expect((await clerkSync.sync(event('Old', 1_716_883_200_000), { messageId: messageId() })).outcome).toBe('stale')
    expect(await all(users)).toMatchObject([{ firstName: 'New', clerkUpdatedAt: new Date(1_716_883_300_000) }])
  })

  it('takes the first event if it was adopted without a version', async () => {
    const { users, clerkSync } = await setUp()
    const event = fixtures.userUpdated()
    await users.collection.insertOne({ clerkId: event.data.id, firstName: 'Before', authProvider: 'clerk' })
    expect((await clerkSync.sync(event, { messageId: messageId() })).outcome).toBe('updated')
    assertSynced(await users.findByClerkId(event.data.id), event.data)
  })
})

describe('all orders of a creation, its updates and a deletion', () => {
  const created = fixtures.userCreated()
  const updates = ['One', 'Two', 'Three'].map((first_name, i) =>
    fixtures.userUpdated(created.data, {
      first_name,
      updated_at: (created.data.updated_at as number) + (i + 1) * 1000,
    }),
  )
  const withId = (suffix: string) => (event: (typeof updates)[number]) => {
    return { ...event, data: { ...event.data, id: `${event.data.id}${suffix}`, primary_email_address_id: null } }
  }

  it('end in the last update if there is no deletion', async () => {
    const { users, clerkSync } = await setUp()
    for (const [n, order] of permutations([created, ...updates]).entries()) {
      const events = order.map(withId(`a${n}`))
      for (const event of events) await clerkSync.sync(event, { messageId: messageId() })
      expect((await users.findByClerkId(events[0]?.data.id))?.get('firstName')).toBe('Three')
    }
  })

  it('end in the deletion, wherever it arrives', async () => {
    const { users, clerkSync } = await setUp()
    // The 120 orders with three updates are part of the contract of a store.
    for (const [n, order] of permutations([0, 1, 2, 3]).entries()) {
      const events = [created, ...updates.slice(0, 2)].map(withId(`b${n}`))
      const clerkId = events[0]?.data.id as string
      for (const i of order)
        await clerkSync.sync(events[i] ?? fixtures.userDeleted({ id: clerkId }), { messageId: messageId() })
      expect(await users.findByClerkId(clerkId).activeInClerk()).toBeNull()
      const doc = await users.findByClerkId(clerkId)
      if (doc) expect(doc.get('syncError')).toBe('deleted')
    }
  })

  it('end in the right state if all arrive at once', async () => {
    const { users, clerkSync } = await setUp()
    await Promise.all(
      Array.from({ length: 20 }, async (_, n) => {
        const events = [created, ...updates].map(withId(`c${n}`))
        const clerkId = events[0]?.data.id as string
        const deleted = n % 2 === 0 ? [fixtures.userDeleted({ id: clerkId })] : []
        await Promise.all([...events, ...deleted].map((event) => clerkSync.sync(event, { messageId: messageId() })))
        const doc = await users.findByClerkId(clerkId).activeInClerk()
        if (n % 2 === 0) expect(doc).toBeNull()
        else expect(doc?.get('firstName')).toBe('Three')
      }),
    )
  })
})

describe('a user fetched from the Backend API', () => {
  it('is applied at an equal version, unlike an event', async () => {
    const { users } = await setUp()
    const user = fixtures.user()
    await users.upsertFromClerk(user, { messageId: messageId() })
    await users.collection.updateOne({ clerkId: user.id }, { $set: { firstName: 'Changed behind our back' } })
    expect((await users.upsertFromClerk(user, { fromApi: true })).outcome).toBe('updated')
    assertSynced(await users.findByClerkId(user.id), user)
  })

  it('is stale if a newer version was stored meanwhile', async () => {
    const { users } = await setUp()
    const user = fixtures.user()
    const newer = fixtures.changedUser(user, { first_name: 'Newer' })
    await users.upsertFromClerk(newer, { messageId: messageId() })
    expect((await users.upsertFromClerk(user, { fromApi: true })).outcome).toBe('stale')
    assertSynced(await users.findByClerkId(user.id), newer)
  })
})

describe('two events of one version with different values', () => {
  const user = fixtures.user({ first_name: 'One' })
  const other = { ...user, first_name: 'Other' }

  it('are stale with a warning if no key is configured', async () => {
    const users = await db.users()
    const warnings: object[] = []
    const say = () => {}
    const logger = { debug: say, info: say, warn: (fields: object) => void warnings.push(fields), error: say }
    const clerkSync = createClerkSync({ users, logger })
    await clerkSync.sync(fixtures.userCreated(user), { messageId: messageId() })
    expect((await clerkSync.sync(fixtures.userCreated(other), { messageId: messageId() })).outcome).toBe('stale')
    expect(warnings).toMatchObject([{ clerkId: user.id }])
    assertSynced(await users.findByClerkId(user.id), user)
  })

  it('are resolved by what Clerk has now', async () => {
    const users = await db.users()
    const asked: string[] = []
    const fetchUser = async (clerkId: string) => {
      asked.push(clerkId)
      return other
    }
    await users.upsertFromClerk(user, { messageId: messageId(), fetchUser })
    expect((await users.upsertFromClerk(user, { messageId: messageId(), fetchUser })).outcome).toBe('duplicate')
    expect(asked).toEqual([])
    expect((await users.upsertFromClerk(other, { messageId: messageId(), fetchUser })).outcome).toBe('updated')
    expect(asked).toEqual([user.id])
    assertSynced(await users.findByClerkId(user.id), other)
  })
})

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length <= 1) return [[...items]]
  return items.flatMap((item, i) => permutations(items.toSpliced(i, 1)).map((rest) => [item, ...rest]))
}
