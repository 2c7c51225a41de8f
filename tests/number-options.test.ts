import { createClerkSync, type DeliveryQuery, verifyClerkWebhook } from 'clerk-mongo-sync'
import { createFakeClerk, createMemoryStore, fixtures, signClerkWebhook } from 'clerk-mongo-sync/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { storeLike } from './jobs/jobs-setup'
import { queueOf } from './mongoose/push/queue'
import { useDatabase } from './support/database'

const db = useDatabase('number_options')
const signingSecret = 'whsec_plJ3nmyCDGBKInavdOK15jsl'
const invalid = { code: 'invalid_option' }
const unfit = [Number.NaN, -1, Number.NEGATIVE_INFINITY, '5' as unknown as number]
const uncountable = [...unfit, 1.5]
/** More than a timer takes, which would take it for none. */
const long = [Number.POSITIVE_INFINITY, 2 ** 31, 2 ** 40]

async function clerkSyncOf(options: object = {}) {
  const users = await db.users({ push: { publicMetadata: ['plan'] } as never })
  return createClerkSync({ users, logger: false, clerk: { secretKey: 'sk_test_none' }, ...options })
}

async function collect(items: AsyncIterable<unknown>): Promise<unknown[]> {
  const all: unknown[] = []
  for await (const item of items) all.push(item)
  return all
}

describe('an invalid number is refused with the name of its option', () => {
  it.each([...unfit, 0])('timeoutMs of createClerkSync: %s', async (timeoutMs) => {
    await expect(clerkSyncOf({ timeoutMs })).rejects.toMatchObject({ ...invalid, message: /^timeoutMs / })
  })

  it.each(uncountable)('maxBodyBytes: %s', async (maxBodyBytes) => {
    await expect(clerkSyncOf({ maxBodyBytes })).rejects.toMatchObject(invalid)
    const { headers, body } = signClerkWebhook(fixtures.userCreated(), { signingSecret })
    const request = new Request('http://localhost', { method: 'POST', headers, body })
    await expect(verifyClerkWebhook(request, { signingSecret, maxBodyBytes })).rejects.toMatchObject(invalid)
  })

  it.each(unfit)('deliveries.ttlDays: %s', async (ttlDays) => {
    await expect(clerkSyncOf({ deliveries: { ttlDays } })).rejects.toMatchObject(invalid)
  })

  it.each(uncountable)('limit and sample: %s', async (limit) => {
    const clerkSync = await clerkSyncOf({ deliveries: true })
    await expect(clerkSync.backfill({ limit })).rejects.toMatchObject(invalid)
    await expect(clerkSync.reconcile({ sample: limit })).rejects.toMatchObject(invalid)
    await expect(clerkSync.push({ limit })).rejects.toMatchObject(invalid)
    await expect(clerkSync.registerLocalUsers({ limit })).rejects.toMatchObject(invalid)
    await expect(collect(clerkSync.deliveries({ limit }))).rejects.toMatchObject(invalid)
  })

  it.each(unfit)('timeoutMs of push, pollMs: %s', async (value) => {
    const clerkSync = await clerkSyncOf()
    await expect(clerkSync.push({ timeoutMs: value })).rejects.toMatchObject(invalid)
    expect(() => clerkSync.startPushWorker({ pollMs: value })).toThrow(expect.objectContaining(invalid))
  })

  it.each(unfit)('the numbers of the fake Clerk: %s', async (value) => {
    await expect(createFakeClerk({ delivery: { schedule: [value] } })).rejects.toMatchObject(invalid)
    await expect(createFakeClerk({ delivery: { speed: value } })).rejects.toMatchObject(invalid)
    await expect(createFakeClerk({ delivery: { timeoutMs: value } })).rejects.toMatchObject(invalid)
    await expect(createFakeClerk({ delivery: { concurrency: value } })).rejects.toMatchObject(invalid)
    await expect(createFakeClerk({ rateLimit: { perUser: value } })).rejects.toMatchObject(invalid)
    const clerk = await createFakeClerk()
    expect(() => clerk.seed(value)).toThrow()
    expect(() => clerk.failNext({ status: 500, times: value })).toThrow(expect.objectContaining(invalid))
    await clerk.close()
  })
})

describe('a time longer than the maximum of a timer', () => {
  let worker: { stop(): Promise<void> } | undefined
  afterEach(() => worker?.stop())

  it.each(long)('ends no delivery early (timeoutMs: %s)', async (timeoutMs) => {
    const slow = createMemoryStore()
    const connect = () => new Promise((resolve) => setTimeout(resolve, 50))
    const clerkSync = createClerkSync({ users: slow, connect, timeoutMs, logger: false })
    expect(await clerkSync.sync(fixtures.userCreated())).toMatchObject({ outcome: 'created' })
    const stored = await clerkSyncOf({ timeoutMs })
    expect(await stored.sync(fixtures.userCreated())).toMatchObject({ outcome: 'created' })
  })

  it.each([...long, 0])('does not make a worker poll in a loop (pollMs: %s)', async (pollMs) => {
    const users = await db.users({ push: { publicMetadata: ['plan'] } as never })
    const real = queueOf(users)
    const claim = vi.fn(real.claim)
    const pushes = () => ({ ...real, claim, watch: async () => false })
    const store = storeLike(users, { pushes })
    const options = { users: store, logger: false, clerk: { secretKey: 'sk_test_none' } } as const
    worker = createClerkSync(options).startPushWorker({ pollMs, stopOnSigterm: false })
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    expect(claim.mock.calls.length).toBeGreaterThan(0)
    // Eight at a look: one look in 50 ms at most; else one at the start and one after a second, for the change stream.
    expect(claim.mock.calls.length).toBeLessThan(pollMs === 0 ? 8 * 31 : 8 * 3)
  })

  it('keeps entries of the delivery log as long as a server can', async () => {
    const clerkSync = await clerkSyncOf({ deliveries: { collection: 'kept', ttlDays: Number.POSITIVE_INFINITY } })
    await clerkSync.sync(fixtures.userCreated(), { messageId: 'msg_kept' })
    const indexes = await db.connection.collection('kept').indexes()
    expect(indexes.find(({ name }) => name === 'clerk_deliveries_ttl')).toMatchObject({
      expireAfterSeconds: 2 ** 31 - 1,
    })
  })
})

describe('deliveries with a limit', () => {
  it.each([
    [{ limit: 0 }, 0],
    [{ limit: 1 }, 1],
    [{ limit: Number.POSITIVE_INFINITY }, 2],
  ] satisfies [DeliveryQuery, number][])('%j returns %i', async (query, expected) => {
    const clerkSync = await clerkSyncOf({ deliveries: { collection: 'limited' } })
    for (const messageId of ['msg_1', 'msg_2']) await clerkSync.sync(fixtures.userCreated(), { messageId })
    expect(await collect(clerkSync.deliveries(query))).toHaveLength(expected)
  })
})
