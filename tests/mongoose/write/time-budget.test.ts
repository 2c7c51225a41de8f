import { createClerkSync } from 'clerk-mongo-sync'
import { clerkModel, clerkSyncPlugin, connectOnce } from 'clerk-mongo-sync/mongoose'
import { assertSynced, fixtures, signClerkWebhook } from 'clerk-mongo-sync/testing'
import { Mongoose, type Schema } from 'mongoose'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type MongoProxy, startMongoProxy } from '../../support/proxy'

const signingSecret = 'whsec_plJ3nmyCDGBKInavdOK15jsl'
const timeoutMs = 500
let proxy: MongoProxy
let instance: Mongoose

beforeEach(async () => {
  proxy = await startMongoProxy()
  instance = new Mongoose()
})
afterEach(async () => {
  proxy.mend()
  await instance.disconnect()
  await proxy.close()
})

/** A serverless container before its first request, without a connection. */
function coldContainer(hangs = false) {
  const schema = new instance.Schema({ email: String }, { collection: 'budget' }) as unknown as Schema
  schema.plugin(clerkSyncPlugin)
  const users = clerkModel('BudgetUser', schema, instance)
  const connect = () => connectOnce(proxy.uri('test_budget'), { mongoose: instance })
  const hook = () => (hangs ? new Promise(() => {}) : undefined)
  const clerkSync = createClerkSync({ users, connect, signingSecret, timeoutMs, on: { 'user.created': hook } })
  const deliver = async (event: Parameters<typeof signClerkWebhook>[0], messageId: string) => {
    const { headers, body } = signClerkWebhook(event, { signingSecret, messageId })
    const started = Date.now()
    const response = await clerkSync.handler(new Request('http://localhost', { method: 'POST', headers, body }))
    return { response, tookMs: Date.now() - started }
  }
  return { users, deliver }
}

async function expectTimedOut({ response, tookMs }: { response: Response; tookMs: number }): Promise<void> {
  expect(response.status).toBe(503)
  expect(response.headers.get('retry-after')).toMatch(/^\d+$/)
  expect(await response.json()).toMatchObject({ error: { code: 'timed_out' } })
  // Well within the 15 seconds of Svix, and not before the budget is used.
  expect(tookMs).toBeGreaterThan(timeoutMs - 100)
  expect(tookMs).toBeLessThan(timeoutMs + 3_000)
}

describe('the time budget', () => {
  it.each(['cut', 'stall'] as const)(
    'ends the first delivery of a cold container (%s), and the next one is applied',
    async (fault) => {
      const { users, deliver } = coldContainer()
      const event = fixtures.userCreated()
      proxy[fault]()
      await expectTimedOut(await deliver(event, 'msg_cold'))
      proxy.mend()
      await expect.poll(async () => (await deliver(event, 'msg_cold')).response.status, { timeout: 15_000 }).toBe(200)
      assertSynced(await users.findByClerkId(event.data.id), event.data)
    },
  )

  it.each(['cut', 'stall'] as const)('ends a delivery on a warm connection (%s), which stays usable', async (fault) => {
    const { users, deliver } = coldContainer()
    expect((await deliver(fixtures.userCreated(), 'msg_first')).response.status).toBe(200)
    const event = fixtures.userCreated()
    for (let i = 0; i < 3; i++) {
      proxy[fault]()
      const answers = await Promise.all(Array.from({ length: 8 }, (_, n) => deliver(event, `msg_${i}_${n}`)))
      for (const answer of answers) expect([500, 503]).toContain(answer.response.status)
      if (fault === 'stall') for (const answer of answers) await expectTimedOut(answer)
      proxy.mend()
    }
    await expect.poll(async () => (await deliver(event, 'msg_after')).response.status, { timeout: 15_000 }).toBe(200)
    assertSynced(await users.findByClerkId(event.data.id), event.data)
  })

  it('ends a delivery whose hook hangs', async () => {
    const { deliver } = coldContainer(true)
    await expectTimedOut(await deliver(fixtures.userCreated(), 'msg_hangs'))
  })
})
