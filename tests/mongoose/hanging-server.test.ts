import { createClerkSync } from 'clerk-mongo-sync'
import { clerkModel, clerkSyncPlugin, connectOnce } from 'clerk-mongo-sync/mongoose'
import { fixtures, signClerkWebhook } from 'clerk-mongo-sync/testing'
import { Mongoose, type Schema } from 'mongoose'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { type MongoProxy, startMongoProxy } from '../support/proxy'

vi.setConfig({ testTimeout: 40_000 })
const signingSecret = 'whsec_plJ3nmyCDGBKInavdOK15jsl'
const timeoutMs = 500
const POOL = 20
let proxy: MongoProxy
let instance: Mongoose
const rejections: unknown[] = []
const onRejection = (reason: unknown) => void rejections.push(reason)

beforeEach(async () => {
  proxy = await startMongoProxy()
  instance = new Mongoose()
  process.on('unhandledRejection', onRejection)
})
afterEach(async () => {
  process.removeListener('unhandledRejection', onRejection)
  proxy.mend()
  await instance.disconnect()
  await proxy.close()
})

it('a server that hangs delays a delivery until its deadline only, and serves within a second of its return', async () => {
  const schema = new instance.Schema({ email: String }, { collection: 'hanging' }) as unknown as Schema
  schema.plugin(clerkSyncPlugin)
  const users = clerkModel('HangingUser', schema, instance)
  const options = { mongoose: instance, maxPoolSize: POOL, monitorCommands: true }
  const connect = () => connectOnce(proxy.uri('test_hanging'), options)
  const clerkSync = createClerkSync({ users, connect, signingSecret, timeoutMs, deliveries: true, logger: false })
  let messages = 0
  const deliver = async (event = fixtures.userCreated()) => {
    const { headers, body } = signClerkWebhook(event, { signingSecret, messageId: `msg_${++messages}` })
    return (await clerkSync.handler(new Request('http://localhost', { method: 'POST', headers, body }))).status
  }
  await expect.poll(() => deliver(), { timeout: 15_000 }).toBe(200)
  const underWay = new Set<number>()
  const client = instance.connection.getClient()
  client.on('commandStarted', ({ requestId }) => underWay.add(requestId))
  for (const end of ['commandSucceeded', 'commandFailed'] as const)
    client.on(end, ({ requestId }: { requestId: number }) => underWay.delete(requestId))

  proxy.stall()
  for (let wave = 0; wave < 4; wave++) {
    const answers = await Promise.all(Array.from({ length: 50 }, () => deliver()))
    expect(new Set(answers)).toEqual(new Set([503]))
    // Server monitoring uses separate connections.
    expect(proxy.connections()).toBeLessThanOrEqual(POOL + 4)
  }
  // Nothing runs longer than the delivery log entry may take, which is written after the deadline.
  await expect.poll(() => underWay.size, { timeout: 2_500 }).toBe(0)
  expect(users.collection.conn.readyState).toBe(instance.ConnectionStates.connected)

  proxy.mend()
  const returned = Date.now()
  const event = fixtures.userCreated()
  await expect.poll(() => deliver(event), { timeout: 1_000, interval: 10 }).toBe(200)
  expect(Date.now() - returned).toBeLessThan(1_000)
  expect(await users.findByClerkId(event.data.id)).not.toBeNull()
  expect(rejections).toEqual([])
})
