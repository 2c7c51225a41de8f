import type { ClerkWebhookEvent } from 'clerk-mongo-sync'
import { fixtures, signClerkWebhook } from 'clerk-mongo-sync/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createSubjects, signingSecret, slowMs } from './adapters-subject'
import { onTheWire, type Traits } from './adapters-wire'

export interface Adapter {
  /** The paths of the subjects are served below it. */
  url: string
  close(): Promise<unknown>
}

interface Answer {
  status: number
  headers: Headers
  body: unknown
}

/** What every adapter must do, tried over HTTP: each case of an answer, exact bytes, size, and many at once. */
export function adapterContract(
  title: string,
  open: (subjects: ReturnType<typeof createSubjects>) => Promise<Adapter>,
  traits: Traits = {},
) {
  describe(title, () => {
    let adapter: Adapter
    beforeAll(async () => {
      adapter = await open(createSubjects())
    }, 180_000)
    afterAll(() => adapter?.close())

    const at = (path = '/webhook') => adapter.url + path
    outcomes(at)
    unverified(at)
    refusals(at)
    exactBytes(at)
    onTheWire(at, traits)
  })
}

/** The URL of a subject. */
export type At = (path?: string) => string

const sign = (event: ClerkWebhookEvent | string) => signClerkWebhook(event, { signingSecret })

export async function send(url: string, init: RequestInit): Promise<Answer> {
  const response = await fetch(url, { method: 'POST', ...init })
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) }
}

export function expectRefusal({ status, body }: Answer, expected: number, code: string) {
  expect({ status, body }).toEqual({ status: expected, body: { error: { code, message: expect.any(String) } } })
}

function outcomes(at: At) {
  test('answers 200 with the outcome of a creation, a redelivery, a late event and a deletion', async () => {
    const created = fixtures.userCreated()
    const updated = fixtures.userUpdated(fixtures.changedUser(fixtures.user(), { id: created.data.id }))
    const late = { ...created, data: { ...created.data, updated_at: 1_000 } }
    const sent = [created, created, updated, late, fixtures.userDeleted(created.data), updated]
    const answers = []
    for (const event of sent) answers.push(await send(at(), sign(event)))
    expect(answers.map(({ status, body }) => ({ status, body }))).toEqual(
      ['created', 'duplicate', 'updated', 'stale', 'deleted', 'stale'].map((outcome) => ({
        status: 200,
        body: { outcome },
      })),
    )
  })

  test('answers 200 to unknown event types', async () => {
    const events = ['session.created', 'somethingNew.happened'].map((type) =>
      JSON.stringify({ type, data: { id: 'x_1' } }),
    )
    for (const event of events)
      expect(await send(at(), sign(event))).toMatchObject({ status: 200, body: { outcome: 'ignored' } })
  })

  test('answers 200 to events that can never succeed, so that Svix does not repeat them', async () => {
    const conflict = await send(at(), sign(fixtures.userCreated(fixtures.user({ id: 'user_taken' }))))
    const nobody = await send(at(), sign('{"type":"user.deleted","data":{"object":"user","deleted":true}}'))
    for (const { status, headers, body } of [conflict, nobody]) {
      expect({ status, body, asked: headers.get('webhook-delivery') }).toEqual({
        status: 200,
        body: { outcome: 'conflict' },
        asked: 'abort-message',
      })
    }
  })

  test('keeps 60 deliveries apart that arrive at once', async () => {
    const kinds = [
      { make: () => sign(fixtures.userCreated()), expected: { outcome: 'created' } },
      { make: () => sign('{"type":"session.created","data":{"id":"sess_1"}}'), expected: { outcome: 'ignored' } },
      {
        make: () => ({ ...sign(fixtures.userCreated()), body: '{}' }),
        expected: { error: { code: 'no_matching_signature', message: expect.any(String) } },
      },
    ]
    const sent = Array.from({ length: 20 }, () => kinds).flat()
    const answers = await Promise.all(sent.map(({ make }) => send(at(), make())))
    expect(answers.map(({ body }) => body)).toEqual(sent.map(({ expected }) => expected))
  })
}

function unverified(at: At) {
  const minutesFromNow = (minutes: number) => new Date(Date.now() + minutes * 60_000)
  const deliveries: Record<string, () => { headers: Record<string, string>; body: string }> = {
    missing_headers: () => ({ ...sign(fixtures.userCreated()), headers: { 'content-type': 'application/json' } }),
    malformed_headers: () => withHeader('svix-timestamp', 'yesterday'),
    timestamp_too_old: () => signClerkWebhook(fixtures.userCreated(), { signingSecret, timestamp: minutesFromNow(-6) }),
    timestamp_too_new: () => signClerkWebhook(fixtures.userCreated(), { signingSecret, timestamp: minutesFromNow(6) }),
    no_matching_signature: () => {
      const { headers, body } = sign(fixtures.userCreated())
      return { headers, body: `${body} ` }
    },
    not_a_clerk_event: () => sign('{"hello":"world"}'),
  }
  test.each(Object.entries(deliveries))('answers 400 with %s', async (code, make) => {
    expectRefusal(await send(at(), make()), 400, code)
  })

  test('accepts several signatures, as while a secret is replaced', async () => {
    const { headers, body } = sign(fixtures.userCreated())
    const several = `v1,${'A'.repeat(43)}= ${headers['svix-signature']} v1a,${'B'.repeat(43)}=`
    const answer = await send(at(), { headers: { ...headers, 'svix-signature': several }, body })
    expect(answer).toMatchObject({ status: 200, body: { outcome: 'created' } })
  })

  test('refuses a header that is sent twice', async () => {
    const { headers, body } = sign(fixtures.userCreated())
    const twice = new Headers(headers)
    twice.append('svix-id', 'msg_another')
    expectRefusal(await send(at(), { headers: twice, body }), 400, 'malformed_headers')
  })

  function withHeader(name: string, value: string) {
    const { headers, body } = sign(fixtures.userCreated())
    return { headers: { ...headers, [name]: value }, body }
  }
}

function refusals(at: At) {
  test.each(['GET', 'PUT', 'PATCH', 'DELETE'])('answers %s with 405 and the allowed method', async (method) => {
    // Without a type, a framework's check of origins would take it for a form.
    const answer = await send(at(), { method, headers: { 'content-type': 'application/json' } })
    expectRefusal(answer, 405, 'method_not_allowed')
    expect(answer.headers.get('allow')).toBe('POST')
  })

  test('answers 500 without a signing secret', async () => {
    expectRefusal(await send(at('/no-secret'), sign(fixtures.userCreated())), 500, 'internal_error')
  })

  test.each(['user_broken', 'user_refused'])('answers 500 if the store fails (%s), without details', async (id) => {
    const answer = await send(at(), sign(fixtures.userCreated(fixtures.user({ id }))))
    expectRefusal(answer, 500, 'internal_error')
    expect(JSON.stringify(answer.body)).not.toMatch(/ada@|MongoDB|database_failed|stack/)
  })

  test('answers 503 with Retry-After if the store exceeds the time budget', async () => {
    const started = Date.now()
    const answer = await send(at('/short-budget'), sign(fixtures.userCreated(fixtures.user({ id: 'user_slow' }))))
    expectRefusal(answer, 503, 'timed_out')
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(Date.now() - started).toBeLessThan(slowMs)
  })
}

function exactBytes(at: At) {
  let made = 0
  const event = (rest: string) => `{"type":"user.created","data":{"id":"user_exact${++made}"${rest}}}`
  const bodies: Record<string, string> = {
    'escapes that need none': event(',"first_name":"\\u003cb\\u003e \\u0041da"'),
    'escaped slashes': event(',"image_url":"https:\\/\\/img.clerk.com\\/x"'),
    'numbers with a point and an exponent': event(',"created_at":1.0,"updated_at":1.7e12'),
    'keys that are integers and would be sorted': event(',"public_metadata":{"2":"b","1":"a","b":0,"a":0}'),
    'white space and line breaks': ` \r\n\t${event(' , \n "first_name" :\t"Ada" ')} \n`,
    'a key given twice': event(',"first_name":"Eve","first_name":"Ada"'),
    '__proto__ as a key': event(',"__proto__":{"polluted":true}'),
    'emoji and other scripts': event(',"first_name":"👩‍👩‍👧‍👦 Zoë \u2028 Łukasz 李"'),
    'as large as Svix sends': filled(event(',"public_metadata":{"pad":"…"}'), 1024 * 1024),
  }
  test.each(Object.entries(bodies))('verifies the exact bytes received: %s', async (_, body) => {
    expect(await send(at(), sign(body))).toMatchObject({ status: 200, body: { outcome: 'created' } })
  })
}

/** The body with its `…` replaced by so many letters of two bytes that it has exactly this size. */
function filled(body: string, size: number): string {
  const missing = size - Buffer.byteLength(body.replace('…', ''))
  return body.replace('…', 'é'.repeat(missing / 2) + 'x'.repeat(missing % 2))
}
