import { type ClerkSyncOptions, createClerkSync } from 'clerk-mongo-sync'
import { fixtures, signClerkWebhook } from 'clerk-mongo-sync/testing'
import { Schema } from 'mongoose'
import { describe, expect, it } from 'vitest'
import { useDatabase } from '../../support/database'

const db = useDatabase('delivery_log')
const signingSecret = 'whsec_plJ3nmyCDGBKInavdOK15jsl'
let logs = 0
let messages = 0
const next = () => ({ messageId: `msg_${++messages}` })

async function setUp(options: Partial<ClerkSyncOptions> = {}) {
  const users = await db.users()
  const collection = `deliveries_${++logs}`
  const clerkSync = createClerkSync({
    users,
    deliveries: { collection },
    signingSecret,
    ...options,
  } as ClerkSyncOptions)
  const entry = (messageId: string) => db.connection.collection(collection).findOne({ _id: messageId as never })
  return { users, collection, clerkSync, entry }
}

describe('the delivery log', () => {
  it('stores one small entry per message, without its payload', async () => {
    const { clerkSync, entry } = await setUp()
    const event = fixtures.userCreated(fixtures.user({ email: 'secret@example.com', username: 'secretname' }))
    const message = next()
    const { headers, body } = signClerkWebhook(event, { signingSecret, ...message })
    for (const _ of [1, 2, 3])
      await clerkSync.handler(new Request('http://localhost', { method: 'POST', headers, body }))
    const found = await entry(message.messageId)
    expect(found).toEqual({
      _id: message.messageId,
      type: 'user.created',
      clerkId: event.data.id,
      instanceId: event.instance_id,
      eventAt: new Date(event.timestamp as number),
      outcome: 'duplicate',
      attempts: 3,
      durationMs: expect.any(Number),
      hooksDone: [],
      firstSeenAt: expect.any(Date),
      lastSeenAt: expect.any(Date),
    })
    expect(JSON.stringify(found)).not.toMatch(/secret|Ada|Lovelace/)
  })

  it('stores why a delivery failed, and removes it once the delivery succeeds', async () => {
    let isAway = true
    const hook = () => {
      if (isAway) throw new Error('away')
    }
    const { clerkSync, entry } = await setUp({ on: { 'user.created': hook } })
    const event = fixtures.userCreated()
    const message = next()
    await expect(clerkSync.sync(event, message)).rejects.toThrow()
    expect(await entry(message.messageId)).toMatchObject({ attempts: 1, errorCode: 'hook_failed' })
    isAway = false
    await clerkSync.sync(event, message)
    const found = await entry(message.messageId)
    expect(found).toMatchObject({ attempts: 2, outcome: 'duplicate' })
    expect(found).not.toHaveProperty('errorCode')
  })

  it('stores conflicts with their reason', async () => {
    const { users, clerkSync, entry } = await setUp()
    await users.create(fixtures.localUser({ email: 'held@example.com' }))
    const message = next()
    await clerkSync.sync(fixtures.userCreated(fixtures.user({ email: 'held@example.com' })), message)
    expect(await entry(message.messageId)).toMatchObject({ outcome: 'conflict', errorCode: 'conflict' })
  })

  it('costs at most two more commands', async () => {
    const { clerkSync } = await setUp({ on: { 'session.created': () => {} } })
    await clerkSync.sync(fixtures.userCreated(), next())
    const { data } = fixtures.userCreated()
    const session = { type: 'session.created', data: { id: 'sess_1' } } as const
    for (const [event, count] of [
      [fixtures.userCreated(data), 3],
      [fixtures.userUpdated(data), 2],
      [fixtures.userDeleted(data), 3],
      [session, 2],
    ] as const) {
      db.forget()
      await clerkSync.sync(event, next())
      expect(db.commands).toHaveLength(count)
    }
  })

  it('runs the hook of an event about no user once', async () => {
    const calls: unknown[] = []
    const { clerkSync } = await setUp({ on: { 'organization.created': ({ event }) => void calls.push(event.data.id) } })
    const event = { type: 'organization.created', data: { id: 'org_1' } } as const
    const message = next()
    for (const _ of [1, 2]) expect((await clerkSync.sync(event, message)).outcome).toBe('ignored')
    expect(calls).toEqual(['org_1'])
    const bare = createClerkSync({
      users: await db.users(),
      on: { 'organization.created': () => void calls.push('again') },
    })
    for (const _ of [1, 2]) await bare.sync(event, message)
    expect(calls).toEqual(['org_1', 'again', 'again'])
  })

  it('runs the hook of an event of another instance if the setting is corrected and the event is sent again', async () => {
    const calls: string[] = []
    const on = {
      'session.created': ({ messageId }: { messageId: string | undefined }) => void calls.push(`${messageId}`),
    }
    const wrong = await setUp({ on, instanceId: 'ins_of_another_app' })
    const event = { type: 'session.created', data: { id: 'sess_1' }, instance_id: 'ins_ours' } as const
    const message = next()
    await wrong.clerkSync.sync(event, message)
    expect(calls).toEqual([])
    const deliveries = { collection: wrong.collection }
    const corrected = createClerkSync({ users: wrong.users, deliveries, on, instanceId: 'ins_ours' })
    for (const _ of [1, 2]) expect((await corrected.sync(event, message)).outcome).toBe('ignored')
    expect(calls).toEqual([message.messageId])
  })

  it('runs the hook of an event about no user once per process with a hook and per model', async () => {
    const calls: string[] = []
    const { users, collection, clerkSync } = await setUp()
    const deliveries = { collection }
    const on = (name: string) => ({ 'session.created': () => void calls.push(name) })
    const hooked = createClerkSync({ users, deliveries, on: on('first model') })
    const other = createClerkSync({ users: await db.users(), deliveries, on: on('second model') })
    const event = { type: 'session.created', data: { id: 'sess_1' } } as const
    const message = next()
    for (const _ of [1, 2]) for (const each of [clerkSync, hooked, other]) await each.sync(event, message)
    expect(calls).toEqual(['first model', 'second model'])
    for await (const entry of hooked.deliveries()) expect(entry).not.toHaveProperty('hooksDone')
  })

  it('of an earlier version takes every outcome as proof that the hook ran', async () => {
    const calls: string[] = []
    const { collection, clerkSync } = await setUp({ on: { 'session.created': () => void calls.push('ran') } })
    const message = next()
    const entry = { _id: message.messageId as never, type: 'session.created', outcome: 'ignored', attempts: 1 }
    await db.connection.collection(collection).insertOne(entry)
    await clerkSync.sync({ type: 'session.created', data: { id: 'sess_1' } }, message)
    expect(calls).toEqual([])
  })

  it('deletes entries after 90 days, or after the configured number of days', async () => {
    const { clerkSync, collection } = await setUp()
    await clerkSync.sync(fixtures.userCreated(), next())
    expect(await db.connection.collection(collection).indexes()).toContainEqual(
      expect.objectContaining({ key: { lastSeenAt: 1 }, expireAfterSeconds: 90 * 86_400 }),
    )
    const weekly = await setUp()
    const week = createClerkSync({ users: weekly.users, deliveries: { collection: 'weekly', ttlDays: 7 } })
    await week.sync(fixtures.userCreated(), next())
    expect(await db.connection.collection('weekly').indexes()).toContainEqual(
      expect.objectContaining({ expireAfterSeconds: 7 * 86_400 }),
    )
  })

  it('keeps its entries if their time to live is changed', async () => {
    const { users, collection } = await setUp()
    for (const ttlDays of [90, 30]) {
      const clerkSync = createClerkSync({ users, deliveries: { collection, ttlDays } })
      await clerkSync.sync(fixtures.userCreated(), next())
    }
    expect(await db.connection.collection(collection).countDocuments({ type: 'user.created' })).toBe(2)
    for (const key of [{ lastSeenAt: 1 }, { slotAt: 1 }])
      expect(await db.connection.collection(collection).indexes()).toContainEqual(
        expect.objectContaining({ key, expireAfterSeconds: 30 * 86_400 }),
      )
  })

  it('keeps a conflict if its message arrives again', async () => {
    const { users, clerkSync, entry } = await setUp()
    await users.create(fixtures.localUser({ email: 'stays@example.com' }))
    const created = fixtures.userCreated()
    await clerkSync.sync(created, next())
    const message = next()
    const change = fixtures.userUpdated(created.data, { email: 'stays@example.com' })
    for (const _ of [1, 2]) await clerkSync.sync(change, message)
    expect(await entry(message.messageId)).toMatchObject({ outcome: 'conflict', errorCode: 'conflict', attempts: 2 })
  })

  it('never delays the answer, even if connecting never ends', async () => {
    const users = await db.users()
    const connect = () => new Promise(() => {})
    const clerkSync = createClerkSync({ users, connect, deliveries: true, timeoutMs: 200 })
    const started = Date.now()
    await expect(clerkSync.sync(fixtures.userCreated(), next())).rejects.toMatchObject({ code: 'timed_out' })
    expect(Date.now() - started).toBeLessThan(3_000)
  })

  it('can be a model of the app', async () => {
    const model = db.connection.model(
      'MyDelivery',
      new Schema({ _id: String, type: String }, { collection: 'my_deliveries' }),
    )
    const { clerkSync } = await setUp({ deliveries: { model } })
    const message = next()
    await clerkSync.sync(fixtures.userCreated(), message)
    expect(await model.findById(message.messageId)).toMatchObject({ type: 'user.created' })
  })

  it('never keeps a user from being stored if it cannot be written', async () => {
    const { users, clerkSync } = await setUp({ deliveries: { collection: '' } })
    const event = fixtures.userCreated()
    expect((await clerkSync.sync(event, next())).outcome).toBe('created')
    expect(await users.findByClerkId(event.data.id)).not.toBeNull()
  })

  it('is off by default', async () => {
    const users = await db.users()
    await createClerkSync({ users }).sync(fixtures.userCreated(), next())
    const names = (await db.connection.listCollections()).map(({ name }) => name)
    expect(names).not.toContain('clerk_deliveries')
  })
})
