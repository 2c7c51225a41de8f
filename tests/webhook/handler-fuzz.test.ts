import { createClerkSync } from 'clerk-mongo-sync'
import { createMemoryStore, fixtures, signClerkWebhook } from 'clerk-mongo-sync/testing'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'

const signingSecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const statuses = [200, 400, 405, 413, 500]

const method = fc.oneof(
  { weight: 8, arbitrary: fc.constant('POST') },
  { weight: 1, arbitrary: fc.constantFrom('GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PROPFIND', 'post') },
)
const headerValue = fc
  .oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.constantFrom('v1,', 'v1,bm9uZQ==', '1800000000', 'msg_1', '-1', '1e9'),
  )
  .map((value) => value.replace(/[^\t\x20-\x7e\x80-\xff]/g, ''))
const headerName = fc.constantFrom(
  ...['id', 'timestamp', 'signature'].flatMap((name) => [`svix-${name}`, `webhook-${name}`]),
  'content-length',
  'content-type',
)
const headers = fc.array(fc.tuple(headerName, headerValue), { maxLength: 8 })
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.json().map((text) => new TextEncoder().encode(text)),
)

const newSync = () => createClerkSync({ users: createMemoryStore(), signingSecret, maxBodyBytes: 10_000 })

async function statusOf(request: Request): Promise<number> {
  const response = await newSync().handler(request)
  const body = await response.json()
  expect(Object.keys(body)).toEqual([response.status === 200 ? 'outcome' : 'error'])
  expect(statuses).toContain(response.status)
  return response.status
}

it('answers any unsigned request with a status of the table, and never applies it', async () => {
  await fc.assert(
    fc.asyncProperty(method, headers, bytes, async (verb, sent, body) => {
      const hasBody = !['GET', 'HEAD'].includes(verb)
      const init = { method: verb, headers: sent, ...(hasBody && { body: new Uint8Array(body) }) }
      const status = await statusOf(new Request('http://localhost/', init))
      expect([400, 405, 413]).toContain(status)
    }),
    { numRuns: 500 },
  )
}, 60_000)

it('answers any signed request with a status of the table', async () => {
  const odd = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom('', {}, [], { $gt: '' }, Number.MAX_SAFE_INTEGER, -1, 'x'.repeat(500)),
  )
  const data = fc.record(
    {
      id: fc.oneof({ weight: 3, arbitrary: fc.constant('user_1') }, { weight: 1, arbitrary: odd }),
      ...Object.fromEntries(
        Object.keys(fixtures.user())
          .filter((key) => key !== 'id')
          .map((key) => [key, odd]),
      ),
    },
    { requiredKeys: [] },
  )
  const event = fc.record(
    {
      type: fc.oneof(
        { weight: 3, arbitrary: fc.constantFrom('user.created', 'user.updated', 'user.deleted', 'session.created') },
        { weight: 1, arbitrary: odd },
      ),
      data: fc.oneof({ weight: 5, arbitrary: data }, { weight: 1, arbitrary: odd }),
      timestamp: odd,
      instance_id: odd,
      messageId: odd,
    },
    { requiredKeys: ['type', 'data'] },
  )
  const seen = new Set<number>()
  await fc.assert(
    fc.asyncProperty(event, async (value) => {
      const signed = signClerkWebhook(JSON.stringify(value), { signingSecret })
      seen.add(await statusOf(new Request('http://localhost/', { method: 'POST', ...signed })))
    }),
    { numRuns: 500 },
  )
  // No value of Clerk's can make the mapping or the store fail.
  expect([...seen].sort()).toEqual([200, 400])
}, 60_000)
