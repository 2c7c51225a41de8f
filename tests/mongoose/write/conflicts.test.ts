import { createClerkSync } from 'clerk-mongo-sync'
import type { ClerkSyncPluginOptions } from 'clerk-mongo-sync/mongoose'
import { assertSynced, fixtures } from 'clerk-mongo-sync/testing'
import { describe, expect, it } from 'vitest'
import { type TestModel, useDatabase } from '../../support/database'
import { gateBefore } from '../../support/gate'

const db = useDatabase('conflicts')
let messages = 0
const delivery = () => ({ messageId: `msg_${++messages}` })

async function setUp(options: ClerkSyncPluginOptions & { definition?: Record<string, unknown> } = {}) {
  const users = await db.users(options)
  const conflicts: object[] = []
  const clerkSync = createClerkSync({ users, onConflict: (conflict) => void conflicts.push(conflict) })
  return { users, clerkSync, conflicts }
}

const raw = (users: TestModel, clerkId: string) => users.collection.findOne({ clerkId })
const T = 1_800_000_000_000
const suffix = (id: string) => id.slice(-8)

/** Events of an address that moves: Alice has it and changes to another, then Bob takes it. In order. */
function movingAddress(address: string) {
  const alice = fixtures.user({ email: address, created_at: T, updated_at: T })
  const aliceLater = fixtures.changedUser(alice, { email: `new.${address}`, updated_at: T + 1000 })
  const bob = fixtures.user({ email: `bob.${address}`, created_at: T, updated_at: T + 500 })
  const bobLater = fixtures.changedUser(bob, { email: address, updated_at: T + 2000 })
  return {
    alice,
    aliceLater,
    bob,
    bobLater,
    events: [alice, aliceLater, bob, bobLater].map((user) =>
      fixtures.userUpdated(user, { updated_at: user.updated_at as number }),
    ),
  }
}

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length <= 1) return [[...items]]
  return items.flatMap((item, i) => permutations(items.toSpliced(i, 1)).map((rest) => [item, ...rest]))
}

describe('an e-mail address that moves between two users', () => {
  it('ends at the right user in every order of deliveries', async () => {
    const { users, clerkSync, conflicts } = await setUp()
    for (const n of permutations([0, 1, 2, 3]).keys()) {
      const story = movingAddress(`moving${n}@example.com`)
      const order = permutations(story.events)[n] ?? []
      for (const event of order) await clerkSync.sync(event, delivery())
      assertSynced(await users.findByClerkId(story.alice.id), story.aliceLater)
      assertSynced(await users.findByClerkId(story.bob.id), story.bobLater)
    }
    expect(conflicts).toEqual([])
  })

  it('ends at the right user if all deliveries arrive at once', async () => {
    const { users, clerkSync } = await setUp()
    const stories = Array.from({ length: 12 }, (_, n) => movingAddress(`atonce${n}@example.com`))
    await Promise.all(stories.flatMap(({ events }) => events.map((event) => clerkSync.sync(event, delivery()))))
    for (const story of stories) {
      assertSynced(await users.findByClerkId(story.alice.id), story.aliceLater)
      assertSynced(await users.findByClerkId(story.bob.id), story.bobLater)
    }
  })

  it('ends at the right user if the schema requires an address', async () => {
    const { users, clerkSync } = await setUp({
      definition: { email: { type: String, unique: true, required: true, lowercase: true } },
    })
    for (const n of permutations([0, 1, 2, 3]).keys()) {
      const story = movingAddress(`required${n}@example.com`)
      for (const event of permutations(story.events)[n] ?? []) await clerkSync.sync(event, delivery())
      assertSynced(await users.findByClerkId(story.alice.id), story.aliceLater)
      assertSynced(await users.findByClerkId(story.bob.id), story.bobLater)
    }
  })
})

describe('a username that moves between two users', () => {
  it('ends at the right user in every order of deliveries', async () => {
    const { users, clerkSync } = await setUp({
      definition: { username: { type: String, unique: true, required: true } },
    })
    for (const n of permutations([0, 1, 2, 3]).keys()) {
      const alice = fixtures.user({ username: `mover${n}`, updated_at: T })
      const aliceLater = fixtures.changedUser(alice, { username: null, updated_at: T + 1000 })
      const bob = fixtures.user({ username: `bob${n}`, updated_at: T + 500 })
      const bobLater = fixtures.changedUser(bob, { username: `mover${n}`, updated_at: T + 2000 })
      const order = permutations([alice, aliceLater, bob, bobLater])[n] ?? []
      for (const data of order) await clerkSync.sync({ type: 'user.updated', data }, delivery())
      assertSynced(await users.findByClerkId(alice.id), aliceLater)
      assertSynced(await users.findByClerkId(bob.id), bobLater)
    }
  })

  it('gives the older user the same suffix at every retry, until its own next event', async () => {
    const { users, clerkSync } = await setUp()
    const old = fixtures.user({ username: 'ada', updated_at: T })
    const young = fixtures.user({ username: 'ada', updated_at: T + 1000 })
    await clerkSync.sync(fixtures.userCreated(young), delivery())
    await clerkSync.sync(fixtures.userCreated(old), delivery())
    expect((await raw(users, old.id))?.username).toBe(`ada_${suffix(old.id)}`)
    expect((await clerkSync.sync(fixtures.userCreated(old), delivery())).outcome).toBe('duplicate')
    expect((await raw(users, old.id))?.username).toBe(`ada_${suffix(old.id)}`)
    const next = fixtures.changedUser(old, { username: 'ada2' })
    await clerkSync.sync({ type: 'user.updated', data: next }, delivery())
    assertSynced(await users.findByClerkId(old.id), next)
    assertSynced(await users.findByClerkId(young.id), young)
  })
})

describe('an address that a second user signs up with', () => {
  it('goes to the new user if the deletion of the old one was lost', async () => {
    const { users, clerkSync } = await setUp()
    const old = fixtures.user({ email: 'again@example.com', updated_at: T })
    const young = fixtures.user({ email: 'again@example.com', updated_at: T + 1000 })
    await clerkSync.sync(fixtures.userCreated(old), delivery())
    expect((await clerkSync.sync(fixtures.userCreated(young), delivery())).outcome).toBe('created')
    assertSynced(await users.findByClerkId(young.id), young)
    expect(await raw(users, old.id)).not.toHaveProperty('email')
  })

  it('goes to the new user if the old one is soft-deleted with a newer version', async () => {
    const { users, clerkSync } = await setUp()
    const old = fixtures.user({ email: 'softly@example.com', updated_at: T + 5000 })
    const young = fixtures.user({ email: 'softly@example.com', updated_at: T + 1000 })
    await clerkSync.sync(fixtures.userCreated(old), delivery())
    await clerkSync.sync(fixtures.userDeleted(old), delivery())
    await clerkSync.sync(fixtures.userCreated(young), delivery())
    assertSynced(await users.findByClerkId(young.id), young)
  })

  it('goes to the new user if the old one was adopted without a version', async () => {
    const { users, clerkSync } = await setUp()
    await users.collection.insertOne({ clerkId: 'user_adopted', email: 'adopted@example.com', authProvider: 'clerk' })
    const young = fixtures.user({ email: 'adopted@example.com' })
    await clerkSync.sync(fixtures.userCreated(young), delivery())
    assertSynced(await users.findByClerkId(young.id), young)
  })

  it('is not taken by a late event of a deleted user', async () => {
    const { users, clerkSync } = await setUp({ onDelete: 'hard' })
    const old = fixtures.user({ email: 'late@example.com', updated_at: T + 9000 })
    const young = fixtures.user({ email: 'late@example.com', updated_at: T })
    await clerkSync.sync(fixtures.userDeleted(old), delivery())
    await clerkSync.sync(fixtures.userCreated(young), delivery())
    expect((await clerkSync.sync(fixtures.userUpdated(old), delivery())).outcome).toBe('stale')
    assertSynced(await users.findByClerkId(young.id), young)
  })
})

describe('two users with the same value at the same version', () => {
  function pair(fields: { email?: string; username?: string }) {
    const make = () => fixtures.user({ ...fields, updated_at: T })
    return [make(), make()] as const
  }

  it('are both stored if it is a username: the arriving one gets a suffix', async () => {
    const { users, clerkSync, conflicts } = await setUp()
    const [first, second] = pair({ username: 'same' })
    await clerkSync.sync(fixtures.userCreated(first), delivery())
    expect((await clerkSync.sync(fixtures.userCreated(second), delivery())).outcome).toBe('created')
    expect((await raw(users, second.id))?.username).toBe(`same_${suffix(second.id)}`)
    expect(conflicts).toEqual([])
  })

  it('are a conflict if it is an address and no key is configured', async () => {
    const { users, clerkSync, conflicts } = await setUp()
    const [first, second] = pair({ email: 'same@example.com' })
    await clerkSync.sync(fixtures.userCreated(first), delivery())
    expect((await clerkSync.sync(fixtures.userCreated(second), delivery())).outcome).toBe('conflict')
    expect(await raw(users, second.id)).toBeNull()
    expect(conflicts).toMatchObject([{ code: 'conflict', path: 'email', clerkId: second.id }])
  })

  it('are resolved by the values that Clerk has for the holder', async () => {
    const { users } = await setUp()
    const [first, second] = pair({ email: 'asked@example.com' })
    const firstNow = fixtures.changedUser(first, { email: 'moved.on@example.com', updated_at: T })
    await users.upsertFromClerk(first, delivery())
    const fetchUser = async (id: string) => (id === first.id ? firstNow : null)
    expect((await users.upsertFromClerk(second, { ...delivery(), fetchUser })).outcome).toBe('created')
    assertSynced(await users.findByClerkId(second.id), second)
    // The holder gives the value up, and its own event stores the rest.
    expect(await raw(users, first.id)).not.toHaveProperty('email')
    expect((await users.upsertFromClerk(firstNow, { ...delivery(), fetchUser })).outcome).toBe('updated')
    assertSynced(await users.findByClerkId(first.id), firstNow)
  })

  it('leave the value with the holder if Clerk answers with an older state', async () => {
    const { users } = await setUp()
    const [first, second] = pair({ email: 'lagging@example.com' })
    const before = fixtures.changedUser(first, { email: 'earlier@example.com', updated_at: T - 1000 })
    await users.upsertFromClerk(first, delivery())
    const fetchUser = async (id: string) => (id === first.id ? before : null)
    expect((await users.upsertFromClerk(second, { ...delivery(), fetchUser })).outcome).toBe('created')
    assertSynced(await users.findByClerkId(first.id), first)
  })

  it('leave the value with the holder if Clerk says that the holder has it', async () => {
    const { users } = await setUp()
    const [first, second] = pair({ email: 'stays@example.com' })
    await users.upsertFromClerk(first, delivery())
    const fetchUser = async (id: string) => (id === first.id ? first : null)
    expect((await users.upsertFromClerk(second, { ...delivery(), fetchUser })).outcome).toBe('created')
    assertSynced(await users.findByClerkId(first.id), first)
    expect(await raw(users, second.id)).not.toHaveProperty('email')
  })
})

describe('a local account', () => {
  it('keeps its username: the user from Clerk gets a suffix', async () => {
    const { users, clerkSync } = await setUp()
    await users.create(fixtures.localUser({ username: 'bob' }))
    const user = fixtures.user({ username: 'bob' })
    expect((await clerkSync.sync(fixtures.userCreated(user), delivery())).outcome).toBe('created')
    expect((await raw(users, user.id))?.username).toBe(`bob_${suffix(user.id)}`)
    const later = fixtures.changedUser(user, { first_name: 'Robert' })
    expect((await clerkSync.sync({ type: 'user.updated', data: later }, delivery())).outcome).toBe('updated')
    expect(await raw(users, user.id)).toMatchObject({ firstName: 'Robert', username: `bob_${suffix(user.id)}` })
  })

  it('keeps its address: a new user from Clerk is a conflict and is not stored', async () => {
    const { users, clerkSync, conflicts } = await setUp()
    await users.create(fixtures.localUser({ email: 'local@example.com' }))
    const user = fixtures.user({ email: 'local@example.com' })
    expect((await clerkSync.sync(fixtures.userCreated(user), delivery())).outcome).toBe('conflict')
    expect(await users.collection.countDocuments()).toBe(1)
    expect(conflicts).toMatchObject([{ code: 'conflict', path: 'email', type: 'user.created' }])
    await expect(users.createClerkUser(user)).rejects.toMatchObject({ code: 'conflict' })
  })

  it('keeps its address: a stored user gets all other values and shows the conflict until it is resolved', async () => {
    const { users, clerkSync } = await setUp()
    await users.create(fixtures.localUser({ email: 'taken@example.com' }))
    const user = fixtures.user({ email: 'mine@example.com' })
    await clerkSync.sync(fixtures.userCreated(user), delivery())
    const change = fixtures.changedUser(user, { email: 'taken@example.com', first_name: 'New' })
    expect((await clerkSync.sync({ type: 'user.updated', data: change }, delivery())).outcome).toBe('conflict')
    expect(await raw(users, user.id)).toMatchObject({
      email: 'mine@example.com',
      firstName: 'New',
      syncStatus: 'error',
      syncError: 'conflict',
      clerkUpdatedAt: new Date(change.updated_at as number),
    })
    const free = fixtures.changedUser(change, { email: 'free@example.com' })
    expect((await clerkSync.sync({ type: 'user.updated', data: free }, delivery())).outcome).toBe('updated')
    assertSynced(await users.findByClerkId(user.id), free)
    expect(await raw(users, user.id)).not.toHaveProperty('syncError')
  })
})

describe('a collision with several unique indexes', () => {
  it('does not hide that an event is stale', async () => {
    // Declared before ours, so that the server checks and names these first.
    const { users, clerkSync } = await setUp()
    const user = fixtures.user({ username: 'own', email: 'own@example.com' })
    const later = fixtures.changedUser(user, { first_name: 'Later' })
    await clerkSync.sync(fixtures.userCreated(later), delivery())
    expect((await clerkSync.sync(fixtures.userCreated(user), delivery())).outcome).toBe('stale')
    expect((await clerkSync.sync(fixtures.userCreated(later), delivery())).outcome).toBe('duplicate')
    await clerkSync.sync(fixtures.userDeleted(user), delivery())
    expect((await clerkSync.sync(fixtures.userUpdated(later), delivery())).outcome).toBe('stale')
    expect(await users.collection.countDocuments()).toBe(1)
  })

  it('is resolved if two other users hold the two values', async () => {
    const { users, clerkSync } = await setUp()
    const [a, b] = [
      fixtures.user({ username: 'both', updated_at: T }),
      fixtures.user({ email: 'both@example.com', updated_at: T }),
    ]
    for (const user of [a, b]) await clerkSync.sync(fixtures.userCreated(user), delivery())
    const c = fixtures.user({ username: 'both', email: 'both@example.com', updated_at: T + 1 })
    await clerkSync.sync(fixtures.userCreated(c), delivery())
    assertSynced(await users.findByClerkId(c.id), c)
    expect((await raw(users, a.id))?.username).toBe(`both_${suffix(a.id)}`)
    expect(await raw(users, b.id)).not.toHaveProperty('email')
  })

  it('never takes a username from the user that chose it for a generated one', async () => {
    const { users, clerkSync } = await setUp()
    const arriving = fixtures.user({ username: 'eve', updated_at: T + 9 })
    const squatter = fixtures.user({ username: `eve_${suffix(arriving.id)}`, updated_at: T })
    await users.create(fixtures.localUser({ username: 'eve' }))
    await clerkSync.sync(fixtures.userCreated(squatter), delivery())
    expect((await clerkSync.sync(fixtures.userCreated(arriving), delivery())).outcome).toBe('created')
    assertSynced(await users.findByClerkId(squatter.id), squatter)
    expect((await raw(users, arriving.id))?.username).toBe(`eve_${arriving.id.replace('user_', '')}`)
  })
})

describe('linkBy', () => {
  const local = (users: TestModel, fields: object) => users.create(fixtures.localUser(fields))

  it('verified-email links the local account to the user whose address Clerk verified', async () => {
    const { users, clerkSync } = await setUp({ linkBy: 'verified-email' })
    const before = await local(users, { email: 'link@example.com', plan: 'pro' })
    const user = fixtures.user({ email: 'Link@example.com' })
    expect((await clerkSync.sync(fixtures.userCreated(user), delivery())).outcome).toBe('linked')
    expect(await raw(users, user.id)).toMatchObject({
      _id: before._id,
      plan: 'pro',
      authProvider: 'clerk',
      syncStatus: 'active',
    })
    expect((await clerkSync.sync(fixtures.userCreated(user), delivery())).outcome).toBe('duplicate')
  })

  it('verified-email links no account by an address that Clerk did not verify', async () => {
    const { users, clerkSync } = await setUp({ linkBy: 'verified-email' })
    await local(users, { email: 'unverified@example.com' })
    const user = fixtures.user({ email: 'unverified@example.com', emailVerified: false })
    expect((await clerkSync.sync(fixtures.userCreated(user), delivery())).outcome).toBe('conflict')
    expect(await raw(users, user.id)).toBeNull()
  })

  it('a function decides by the document and the user', async () => {
    const users = await db.users()
    const clerkSync = createClerkSync({
      users,
      linkBy: async (account, user) => account.get('plan') === 'pro' && user.first_name === 'Ada',
    })
    await local(users, { email: 'pro@example.com', plan: 'pro' })
    await local(users, { email: 'free@example.com', plan: 'free' })
    expect((await clerkSync.sync(fixtures.userCreated(fixtures.user({ email: 'pro@example.com' })))).outcome).toBe(
      'linked',
    )
    expect((await clerkSync.sync(fixtures.userCreated(fixtures.user({ email: 'free@example.com' })))).outcome).toBe(
      'conflict',
    )
  })

  it('links an account once if two Clerk users arrive at once', async () => {
    const { users, clerkSync } = await setUp({ linkBy: 'verified-email' })
    await local(users, { email: 'once@example.com' })
    const pair = [T, T + 1].map((updated_at) => fixtures.user({ email: 'once@example.com', updated_at }))
    const results = await Promise.all(pair.map((user) => clerkSync.sync(fixtures.userCreated(user), delivery())))
    expect(results.map(({ outcome }) => outcome)).toContain('linked')
    assertSynced(await users.findByClerkId(pair[1]?.id), pair[1] as never)
    expect(await users.collection.countDocuments({ email: 'once@example.com' })).toBe(1)
  })

  it('never takes an account that was linked to another user meanwhile', async () => {
    const { users, clerkSync } = await setUp({ linkBy: 'verified-email' })
    const account = await local(users, { email: 'race@example.com' })
    const [slow, quick] = [T, T + 1].map((updated_at) => fixtures.user({ email: 'race@example.com', updated_at }))
    const gate = gateBefore(users)
    gate.arm(
      (filter) => String((filter as { _id?: unknown })._id) === String(account._id),
      () => clerkSync.sync(fixtures.userCreated(quick as never), delivery()),
    )
    expect((await clerkSync.sync(fixtures.userCreated(slow as never), delivery())).outcome).toBe('created')
    expect(await users.collection.findOne({ _id: account._id as never })).toMatchObject({
      clerkId: quick?.id,
      email: 'race@example.com',
    })
    expect(await raw(users, slow?.id as string)).not.toHaveProperty('email')
  })

  it('checks the tombstone after linking, so that a deleted user gets no account', async () => {
    const { users, clerkSync } = await setUp({ linkBy: 'verified-email' })
    await local(users, { email: 'gone@example.com' })
    const user = fixtures.user({ email: 'gone@example.com' })
    await clerkSync.sync(fixtures.userDeleted(user), delivery())
    expect((await clerkSync.sync(fixtures.userCreated(user), delivery())).outcome).toBe('stale')
    expect(await users.findOne({ email: 'gone@example.com' })).toMatchObject({ authProvider: 'local' })
  })

  it('never links a stored user to a second document', async () => {
    const { users, clerkSync } = await setUp({ linkBy: 'verified-email' })
    const user = fixtures.user({ email: 'first@example.com' })
    await clerkSync.sync(fixtures.userCreated(user), delivery())
    await local(users, { email: 'second@example.com' })
    const change = fixtures.changedUser(user, { email: 'second@example.com' })
    expect((await clerkSync.sync({ type: 'user.updated', data: change }, delivery())).outcome).toBe('conflict')
    expect(await users.collection.countDocuments({ clerkId: user.id })).toBe(1)
  })
})

describe('users without an address, a name or an id', () => {
  it('are stored in any number', async () => {
    const { users, clerkSync } = await setUp({
      definition: { email: { type: String, unique: true, required: true }, username: { type: String, unique: true } },
    })
    await users.create({ email: 'a@example.com', username: 'a' })
    await users.create({ email: 'b@example.com', username: 'b' })
    const phones = [fixtures.phoneOnlyUser(), fixtures.phoneOnlyUser(), fixtures.web3User()]
    for (const user of phones)
      expect((await clerkSync.sync(fixtures.userCreated(user), delivery())).outcome).toBe('created')
    for (const user of phones) assertSynced(await users.findByClerkId(user.id), user)
    expect(await users.collection.countDocuments()).toBe(5)
  })

  it('get a generated value if only the database index counts missing values', async () => {
    const { users, clerkSync } = await setUp({ definition: { email: String, username: String } })
    await users.collection.createIndex({ email: 1 }, { unique: true })
    await users.collection.createIndex({ username: 1 }, { unique: true })
    for (const user of [fixtures.phoneOnlyUser(), fixtures.phoneOnlyUser(), fixtures.phoneOnlyUser()]) {
      expect((await clerkSync.sync(fixtures.userCreated(user), delivery())).outcome).toBe('created')
    }
  })

  it('are a conflict that names the path if another required path is empty', async () => {
    const { users, clerkSync, conflicts } = await setUp({ definition: { firstName: { type: String, required: true } } })
    const user = fixtures.phoneOnlyUser()
    expect((await clerkSync.sync(fixtures.userCreated(user), delivery())).outcome).toBe('conflict')
    expect(conflicts).toMatchObject([{ code: 'host_rule', path: 'firstName' }])
    expect(await users.collection.countDocuments()).toBe(0)
    const named = fixtures.changedUser(user, { first_name: 'Ada' })
    expect((await clerkSync.sync({ type: 'user.updated', data: named }, delivery())).outcome).toBe('created')
  })
})

describe('a value that the schema refuses', () => {
  it('makes a new user a conflict that names the path and not the value', async () => {
    const { users, clerkSync, conflicts } = await setUp({ definition: { firstName: { type: String, maxlength: 5 } } })
    const user = fixtures.user({ first_name: 'Wolfeschlegel' })
    expect((await clerkSync.sync(fixtures.userCreated(user), delivery())).outcome).toBe('conflict')
    expect(conflicts).toMatchObject([{ code: 'host_rule', path: 'firstName' }])
    expect(JSON.stringify(conflicts)).not.toContain('Wolfe')
    expect(await users.collection.countDocuments()).toBe(0)
  })

  it('keeps its old value for a stored user, while the rest is updated', async () => {
    const { users, clerkSync } = await setUp({
      definition: { firstName: { type: String, maxlength: 5 }, lastName: String },
    })
    const user = fixtures.user({ first_name: 'Ada' })
    await clerkSync.sync(fixtures.userCreated(user), delivery())
    const change = fixtures.changedUser(user, { first_name: 'Wolfeschlegel', last_name: 'Byron' })
    expect((await clerkSync.sync({ type: 'user.updated', data: change }, delivery())).outcome).toBe('conflict')
    expect(await raw(users, user.id)).toMatchObject({
      firstName: 'Ada',
      lastName: 'Byron',
      syncStatus: 'error',
      syncError: 'host_rule',
    })
  })
})
