import { spawnSync } from 'node:child_process'
import { createClerkSync } from 'clerk-mongo-sync'
import { toMetricsHandler } from 'clerk-mongo-sync/monitor'
import { fixtures, signClerkWebhook } from 'clerk-mongo-sync/testing'
import { describe, expect, it } from 'vitest'
import { useDatabase } from '../support/database'

const db = useDatabase('metrics')
const signingSecret = 'whsec_plJ3nmyCDGBKInavdOK15jsl'
const promtool = process.env.PROMTOOL ?? 'promtool'
const hasPromtool = spawnSync(promtool, ['--version']).status === 0
let logs = 0

async function setUp() {
  const users = await db.users({ push: { publicMetadata: ['plan'] } })
  const deliveries = { collection: `measured_${++logs}` }
  const clerkSync = createClerkSync({ users, deliveries, signingSecret, logger: false })
  const deliver = (event: Parameters<typeof signClerkWebhook>[0], messageId: string, secret = signingSecret) => {
    const { headers, body } = signClerkWebhook(event, { signingSecret: secret, messageId })
    return clerkSync.handler(new Request('http://localhost', { method: 'POST', headers, body }))
  }
  const read = async (options = {}) => {
    const response = await toMetricsHandler(clerkSync, options).handler(new Request('http://localhost/metrics'))
    return { status: response.status, type: response.headers.get('content-type'), text: await response.text() }
  }
  return { users, clerkSync, deliver, read }
}

/** Deliveries that are stored, repeated, refused and in conflict. */
async function someDeliveries({ users, deliver }: Awaited<ReturnType<typeof setUp>>): Promise<void> {
  const event = fixtures.userCreated()
  for (const _ of [1, 2]) await deliver(event, 'msg_private')
  await deliver(event, 'msg_forged', 'whsec_c2VjcmV0IG9mIHRoZSB0ZXN0')
  await users.create(fixtures.localUser({ email: 'held.metrics@example.com' }))
  await deliver(fixtures.userCreated(fixtures.user({ email: 'held.metrics@example.com' })), 'msg_conflict')
}

describe('metrics for Prometheus', () => {
  it('count what this process answered, refusals among it', async () => {
    const subject = await setUp()
    await someDeliveries(subject)
    const { text, type } = await subject.read()
    expect(type).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(text).toContain('clerk_sync_deliveries_total{type="user.created",outcome="created",code=""} 1')
    expect(text).toContain('clerk_sync_deliveries_total{type="user.created",outcome="duplicate",code=""} 1')
    expect(text).toContain('clerk_sync_deliveries_total{type="user.created",outcome="conflict",code="conflict"} 1')
    expect(text).toContain('{type="unverified",outcome="refused",code="no_matching_signature"} 1')
    expect(text).toContain('clerk_sync_delivery_duration_seconds_count 4')
  })

  it('show the state of the sync', async () => {
    const subject = await setUp()
    await someDeliveries(subject)
    const { text } = await subject.read()
    expect(text).toContain('clerk_sync_status_up 1')
    expect(text).toContain('clerk_sync_documents{resource="users",state="active"} 1')
    expect(text).toContain('clerk_sync_documents{resource="users",state="unstored"} 1')
    expect(text).toContain('clerk_sync_open_messages{state="conflict"} 1')
    expect(text).toMatch(/clerk_sync_last_delivery_timestamp_seconds 1\.?\d+/)
  })

  it('contain no id and no address', async () => {
    const subject = await setUp()
    await someDeliveries(subject)
    expect((await subject.read()).text).not.toMatch(/user_|msg_|@|ins_/)
  })

  it('still count if the state cannot be read', async () => {
    const { counters } = (await setUp()).clerkSync
    const status = () => Promise.reject(new Error('away'))
    const { handler } = toMetricsHandler({ counters, status })
    const text = await (await handler(new Request('http://localhost'))).text()
    expect(text).toContain('clerk_sync_status_up 0')
    expect(text).toContain('clerk_sync_delivery_duration_seconds_count 0')
    expect(text).not.toContain('clerk_sync_documents')
  })

  it('are read only by whom the app authorizes', async () => {
    const { read } = await setUp()
    expect(await read({ authorize: () => false })).toMatchObject({ status: 403, text: '' })
  })

  it.skipIf(!hasPromtool)('pass the checks of promtool (skipped where it is not installed)', async () => {
    const subject = await setUp()
    await someDeliveries(subject)
    const { text } = await subject.read()
    const { status, stderr, stdout } = spawnSync(promtool, ['check', 'metrics'], { input: text, encoding: 'utf8' })
    expect({ status, stderr, stdout }).toEqual({ status: 0, stderr: '', stdout: '' })
  })
})
