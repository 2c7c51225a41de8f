import { type ClerkStore, ClerkSyncError, type ClerkSyncOptions, createClerkSync } from 'clerk-mongo-sync'
import { createMemoryStore, fixtures, signClerkWebhook } from 'clerk-mongo-sync/testing'
import { describe, expect, it, vi } from 'vitest'

const signingSecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'

type Event = Parameters<typeof signClerkWebhook>[0]

function delivery(event: Event, given: { secret?: string; timestamp?: Date; headers?: Record<string, string> } = {}) {
  const { secret = signingSecret, timestamp = new Date() } = given
  const { headers, body } = signClerkWebhook(event, { signingSecret: secret, timestamp })
  return new Request('http://localhost/', { method: 'POST', headers: { ...headers, ...given.headers }, body })
}

/** A store whose writes do what the test wants. */
function storeThat(write: ClerkStore['upsertFromClerk']): ClerkStore {
  return {
    findByClerkId: async () => null,
    clearHookMarks: async () => {},
    upsertFromClerk: write,
    deleteFromClerk: async (clerkId) => write({ id: clerkId }),
  }
}

const failing = (error: unknown) => storeThat(() => Promise.reject(error))

async function answer(request: Request, options: Partial<ClerkSyncOptions> = {}) {
  const { handler } = createClerkSync({ users: createMemoryStore(), signingSecret, ...options })
  const response = await handler(request)
  expect(response.headers.get('content-type')).toContain('application/json')
  return { status: response.status, headers: response.headers, body: await response.json() }
}

describe('an applied event is answered 200 with its outcome', () => {
  it.each([
    ['created', fixtures.userCreated()],
    ['created', fixtures.userUpdated()],
    ['deleted', fixtures.userDeleted()],
    ['ignored', fixtures.sessionCreated()],
    ['ignored', '{"type":"somethingNew.happened","data":{"object":"news"}}'],
  ])('%s', async (outcome, event) => {
    const { status, body, headers } = await answer(delivery(event))
    expect({ status, body }).toEqual({ status: 200, body: { outcome } })
    expect(headers.has('webhook-delivery')).toBe(false)
  })

  it('for a redelivery, a late event and events after the deletion', async () => {
    const users = createMemoryStore()
    const created = fixtures.userCreated()
    const updated = fixtures.userUpdated(created.data)
    const events = [updated, updated, created, fixtures.userDeleted(created.data), updated]
    const outcomes: unknown[] = []
    for (const event of events) outcomes.push((await answer(delivery(event), { users })).body.outcome)
    expect(outcomes).toEqual(['created', 'duplicate', 'stale', 'deleted', 'stale'])
  })

  it('for an event of another instance, which is ignored with a warning', async () => {
    const [users, warn] = [createMemoryStore(), vi.fn()]
    const silent = () => {}
    const logger = { debug: silent, info: silent, warn, error: silent }
    const other = await answer(delivery(fixtures.userCreated()), { users, logger, instanceId: 'ins_mine' })
    expect(other.body).toEqual({ outcome: 'ignored' })
    expect(users.users.size).toBe(0)
    expect(warn).toHaveBeenCalledWith(expect.objectContaining({ instanceId: fixtures.instanceId }), expect.any(String))
    const own = await answer(delivery(fixtures.userCreated()), { users, instanceId: fixtures.instanceId })
    expect(own.body).toEqual({ outcome: 'created' })
  })
})

describe('an event that can never succeed is answered 200 and asks for no redelivery', () => {
  const conflict = { code: 'conflict', path: 'email', message: 'Another account has it.' } as const

  it.each([
    [
      'a conflict',
      fixtures.userCreated(),
      storeThat(async (user) => ({ outcome: 'conflict', clerkId: String(user), conflict })),
    ],
    [
      'a deletion without an id',
      '{"type":"user.deleted","data":{"object":"user","deleted":true}}',
      createMemoryStore(),
    ],
  ])('%s', async (_, event, users) => {
    const { status, body, headers } = await answer(delivery(event), { users })
    expect({ status, body }).toEqual({ status: 200, body: { outcome: 'conflict' } })
    expect(headers.get('webhook-delivery')).toBe('abort-message')
  })
})

describe('a delivery with an invalid signature is answered 400', () => {
  const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000)
  const event = fixtures.userCreated()
  it.each<[string, () => Request]>([
    ['missing_headers', () => new Request('http://localhost/', { method: 'POST', body: JSON.stringify(event) })],
    ['malformed_headers', () => delivery(event, { headers: { 'svix-timestamp': 'now' } })],
    ['timestamp_too_old', () => delivery(event, { timestamp: minutesAgo(6) })],
    ['timestamp_too_new', () => delivery(event, { timestamp: minutesAgo(-6) })],
    ['no_matching_signature', () => delivery(event, { secret: 'whsec_plJ3nmyCDGBKInavdOK15jsl' })],
    ['not_a_clerk_event', () => delivery('{"test": 2432232314}')],
  ])('%s', async (code, request) => {
    const users = createMemoryStore()
    const { status, body } = await answer(request(), { users })
    expect({ status, body }).toEqual({
      status: 400,
      body: { error: { code, message: 'The delivery could not be verified.' } },
    })
    expect(users.users.size).toBe(0)
  })
})

describe('a request that is no delivery', () => {
  it.each(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])('is answered 405 with Allow: %s', async (method) => {
    const { status, body, headers } = await answer(new Request('http://localhost/', { method }))
    expect({ status, code: body.error.code }).toEqual({ status: 405, code: 'method_not_allowed' })
    expect(headers.get('allow')).toBe('POST')
  })

  it('is answered 413 if its body is over the limit', async () => {
    const { status, body } = await answer(delivery(fixtures.userCreated()), { maxBodyBytes: 100 })
    expect({ status, code: body.error.code }).toEqual({ status: 413, code: 'body_too_large' })
  })
})

describe('an internal failure is answered 500, so that Svix tries again', () => {
  it.each<[string, string, Partial<ClerkSyncOptions>]>([
    ['internal_error', 'no secret', { signingSecret: [] }],
    ['internal_error', 'a malformed secret', { signingSecret: 'whsec_\n' }],
    ['internal_error', 'no index', { users: failing(new ClerkSyncError('index_missing', 'Build it.')) }],
    ['internal_error', 'a database that refuses', { users: failing(new Error('E11000 ada@example.com')) }],
    [
      'internal_error',
      'a store that throws at once',
      {
        users: storeThat(() => {
          throw new TypeError('undefined')
        }),
      },
    ],
    ['internal_error', 'a store that rejects with nothing', { users: failing(undefined) }],
    [
      'internal_error',
      'a database that cannot be reached',
      { connect: () => Promise.reject(new Error('ECONNREFUSED')) },
    ],
  ])('%s: %s', async (code, _, options) => {
    const { status, body } = await answer(delivery(fixtures.userCreated()), options)
    expect(status).toBe(500)
    expect(body).toEqual({ error: { code, message: 'The event could not be processed; please retry.' } })
  })

  it('raw_body_unavailable: the body was read before', async () => {
    const request = delivery(fixtures.userCreated())
    await request.text()
    const { status, body } = await answer(request)
    expect({ status, code: body.error.code }).toEqual({ status: 500, code: 'raw_body_unavailable' })
  })
})

describe('a delivery that exceeds the time budget', () => {
  const never = () => new Promise<never>(() => {})

  it.each<[string, () => Request, Partial<ClerkSyncOptions>]>([
    ['the store', () => delivery(fixtures.userCreated()), { users: storeThat(never) }],
    ['the connection', () => delivery(fixtures.userCreated()), { connect: never }],
    [
      'the sender',
      () => {
        const { headers } = signClerkWebhook(fixtures.userCreated(), { signingSecret })
        const init = { method: 'POST', headers, body: new ReadableStream({ pull: never }), duplex: 'half' }
        return new Request('http://localhost/', init as RequestInit)
      },
      {},
    ],
  ])('is answered 503 with Retry-After, however long %s takes', async (_, request, options) => {
    const { status, body, headers } = await answer(request(), { timeoutMs: 30, ...options })
    expect({ status, code: body.error.code }).toEqual({ status: 503, code: 'timed_out' })
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
  })

  it('causes no unhandled rejection if it fails later', async () => {
    const unhandled = vi.fn()
    process.on('unhandledRejection', unhandled)
    const late = storeThat(() => new Promise((_, reject) => setTimeout(() => reject(new Error('too late')), 60)))
    expect((await answer(delivery(fixtures.userCreated()), { users: late, timeoutMs: 20 })).status).toBe(503)
    await new Promise((resolve) => setTimeout(resolve, 100))
    process.off('unhandledRejection', unhandled)
    expect(unhandled).not.toHaveBeenCalled()
  })

  it('has passed its deadline to the store', async () => {
    const upsert = vi.fn<ClerkStore['upsertFromClerk']>(async () => ({ outcome: 'created', clerkId: 'user_1' }))
    const before = Date.now()
    await answer(delivery(fixtures.userCreated()), { users: storeThat(upsert), timeoutMs: 500 })
    const { deadline = 0 } = upsert.mock.calls[0]?.[1] ?? {}
    expect(deadline - before).toBeGreaterThanOrEqual(500)
    expect(deadline - before).toBeLessThan(1_500)
  })
})
