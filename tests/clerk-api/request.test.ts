import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createClerkApi } from '../../src/clerk-api/clerk-api'
import { ClerkRefusal, refusalOf } from '../../src/clerk-api/refusal'
import { type ClerkRequest, clerkRequest } from '../../src/clerk-api/request'
import { freePort } from '../support/free-port'
import { type Served, serve } from '../support/serve'

type Answer = (response: ServerResponse) => unknown

let served: Served
/** What the server answers, one after the other; the last one from then on. */
let answers: Answer[] = []
let seen: { request: IncomingMessage; body: string; at: number }[] = []

beforeAll(async () => {
  served = await serve(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    seen.push({ request, body, at: performance.now() })
    const answer = answers.length > 1 ? answers.shift() : answers[0]
    answer?.(response)
  })
})
afterAll(() => served.close())
beforeEach(() => {
  seen = []
})

let keys = 0
/** With a key of its own, so that no test waits for another's turns. */
function send(request: Partial<ClerkRequest>) {
  keys += 1
  return clerkRequest({ secretKey: `sk_live_${keys}`, apiUrl: served.url }, { path: '/users', ...request })
}

function json(status: number, body: unknown, headers = {}): Answer {
  return (response) =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}
const ok = json(200, { fine: true })
const hangUp: Answer = (response) => response.destroy()
const never: Answer = () => {}

describe('a failure that may be temporary is retried', () => {
  it.each([
    ['a failure of theirs', json(502, {})],
    ['too many requests', json(429, { errors: [{ code: 'too_many_requests' }] })],
    ['a connection that breaks', hangUp],
  ])('%s', async (_, failure) => {
    answers = [failure, failure, ok]
    expect(await send({})).toEqual({ fine: true })
    expect(seen).toHaveLength(3)
  })

  it('a limited number of times', async () => {
    answers = [json(500, {})]
    await expect(send({ retries: 1 })).rejects.toMatchObject({ code: 'clerk_api_failed' })
    expect(seen).toHaveLength(2)
  })

  it('after the time in Retry-After', async () => {
    answers = [json(429, {}, { 'retry-after': '1' }), ok]
    await send({})
    expect((seen[1]?.at ?? 0) - (seen[0]?.at ?? 0)).toBeGreaterThanOrEqual(950)
  })

  it('only within the deadline: a longer Retry-After fails at once', async () => {
    answers = [json(429, {}, { 'retry-after': '60' }), ok]
    await expect(send({ deadline: Date.now() + 5_000 })).rejects.toMatchObject({ code: 'clerk_api_failed' })
    expect(seen).toHaveLength(1)
  })

  it('never after days in Retry-After, with or without a deadline', async () => {
    answers = [json(429, {}, { 'retry-after': '259200' }), ok]
    await expect(send({})).rejects.toMatchObject({ code: 'clerk_api_failed' })
    expect(seen).toHaveLength(1)
  })

  it('unless it is permanent', async () => {
    for (const status of [400, 401, 403, 409, 422]) {
      answers = [json(status, { errors: [{ code: 'form_param_invalid' }] }), ok]
      await expect(send({})).rejects.toThrow(`answered ${status}`)
    }
    expect(seen).toHaveLength(5)
  })
})

describe('a request that is not idempotent', () => {
  const post: Partial<ClerkRequest> = { method: 'POST', body: { first_name: 'Ada' } }

  it.each([
    ['a failure of theirs', json(500, {})],
    ['a connection that breaks', hangUp],
  ])('is not sent again after %s, as it may have taken effect', async (_, failure) => {
    answers = [failure, ok]
    await expect(send(post)).rejects.toMatchObject({ code: expect.stringMatching(/^clerk_(api_failed|unreachable)$/) })
    expect(seen).toHaveLength(1)
  })

  it('is sent again if the caller says that it is idempotent', async () => {
    answers = [hangUp, ok]
    expect(await send({ ...post, isRepeatable: true })).toEqual({ fine: true })
  })

  it('is sent again after 429, as it had no effect', async () => {
    answers = [json(429, {}), ok]
    expect(await send(post)).toEqual({ fine: true })
  })

  it('is sent again if no connection was opened', async () => {
    const port = await freePort()
    const late = new Promise<Server>((resolve) => {
      setTimeout(() => resolve(createServer((_, response) => void ok(response)).listen(port, '127.0.0.1')), 300)
    })
    const answer = clerkRequest(
      { secretKey: 'sk_live_late', apiUrl: `http://127.0.0.1:${port}` },
      { path: '/users', ...post, retries: 8 },
    )
    expect(await answer).toEqual({ fine: true })
    ;(await late).close()
  })
})

describe('a request', () => {
  it('is sent as JSON with the API version that this library supports', async () => {
    answers = [ok]
    await send({ method: 'PATCH', path: '/users/user_1/metadata', body: { public_metadata: { plan: 'pro' } } })
    expect(seen[0]?.request).toMatchObject({ method: 'PATCH', url: '/v1/users/user_1/metadata' })
    expect(seen[0]?.request.headers).toMatchObject({
      'content-type': 'application/json',
      'clerk-api-version': '2026-05-12',
    })
    expect(JSON.parse(seen[0]?.body ?? '')).toEqual({ public_metadata: { plan: 'pro' } })
  })

  it('ends when its signal aborts, with the reason of the signal', async () => {
    answers = [never]
    const reason = new Error('enough')
    const stop = new AbortController()
    setTimeout(() => stop.abort(reason), 50)
    await expect(send({ signal: stop.signal })).rejects.toBe(reason)
  })

  it('ends while it waits for the next attempt', async () => {
    answers = [json(429, {}, { 'retry-after': '60' })]
    const reason = new Error('enough')
    const stop = new AbortController()
    setTimeout(() => stop.abort(reason), 300)
    await expect(send({ signal: stop.signal })).rejects.toBe(reason)
  })

  it('ends an attempt at its timeout, and makes the next', async () => {
    answers = [never, ok]
    expect(await send({ timeoutMs: 500, retries: 5 })).toEqual({ fine: true })
  })

  it('ends in time after a garbage collection, which drops unreferenced timeouts', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    answers = [never]
    const collecting = setInterval(collect, 50)
    const refused = send({ timeoutMs: 600, retries: 0, signal: new AbortController().signal })
    await expect(refused).rejects.toMatchObject({ code: 'clerk_unreachable' })
    clearInterval(collecting)
  })

  it('accepts timeouts that are no whole numbers', async () => {
    answers = [ok]
    expect(await send({ timeoutMs: 500.5, deadline: Date.now() + 400.25 })).toEqual({ fine: true })
  })

  it('that Clerk refuses rejects with status, code and trace', async () => {
    answers = [
      json(422, { errors: [{ code: 'form_identifier_exists' }], clerk_trace_id: 'abc' }, { 'retry-after': '3' }),
    ]
    const refusal = refusalOf(await send({}).catch((error: unknown) => error))
    expect(refusal).toBeInstanceOf(ClerkRefusal)
    expect(refusal).toMatchObject({
      status: 422,
      clerkCode: 'form_identifier_exists',
      traceId: 'abc',
      retryAfterMs: 3_000,
    })
  })
})

describe('a list', () => {
  const api = () => {
    const made = createClerkApi({ secretKey: 'sk_live_lists', apiUrl: served.url })
    if (!made) throw new Error('no api')
    return made
  }

  it('is requested with the parameters of Clerk', async () => {
    answers = [json(200, [{ id: 'user_1' }])]
    const query = { limit: 500, orderBy: '+created_at', startingAfter: 'user_0', createdAfter: 5 } as const
    expect(await api().listUsers(query)).toEqual([{ id: 'user_1' }])
    expect(seen[0]?.request.url).toBe(
      '/v1/users?limit=500&order_by=%2Bcreated_at&starting_after=user_0&created_at_after=5',
    )
  })

  it('can be limited to given users', async () => {
    answers = [json(200, [])]
    await api().listUsers({ limit: 100, userIds: ['user_1', 'user_2'] })
    expect(seen[0]?.request.url).toBe('/v1/users?limit=100&user_id=user_1&user_id=user_2')
  })

  it.each([[{ data: [] }], [[{ id: { $gt: '' } }]], [[null]]])('is an error if it is malformed: %j', async (body) => {
    answers = [json(200, body)]
    await expect(api().listUsers({ limit: 1 })).rejects.toMatchObject({ code: 'clerk_api_failed' })
  })

  it('is counted if Clerk counts', async () => {
    answers = [json(200, { object: 'total_count', total_count: 12 })]
    expect(await api().countUsers()).toBe(12)
    answers = [json(200, {})]
    expect(await api().countUsers()).toBeUndefined()
  })
})

it('getInstance returns the instance of the key', async () => {
  answers = [json(200, { object: 'instance', id: 'ins_1', environment_type: 'development' })]
  const api = createClerkApi({ secretKey: 'sk_live_instance', apiUrl: served.url })
  expect(await api?.getInstance()).toEqual({ id: 'ins_1', environment: 'development' })
})
