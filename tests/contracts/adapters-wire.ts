import { Agent, type IncomingHttpHeaders, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { fixtures, signClerkWebhook } from 'clerk-mongo-sync/testing'
import { expect, test } from 'vitest'
import { RawClient } from '../support/raw-client'
import type { At } from './adapters'
import { signingSecret } from './adapters-subject'

/** Where frameworks differ, and the adapter has no say in it. */
export interface Traits {
  /** What is answered to the path with a slash behind it. @default 200 */
  trailingSlash?: 200 | 308 | 404
  /** What is answered to a delivery without a content type, whose body some frameworks drop. Svix always sends one. @default 200 */
  withoutType?: 200 | 403 | 500
  /** What refuses a body over 1 MiB: the handler, with its code, or the framework, in a way of its own. @default 'handler' */
  limit?: 'handler' | 'framework'
  /** Whether an error thrown by the handler has no framework above it to be answered by. @default false */
  isBare?: boolean
}

/** What a client that is no `fetch` can do: choose the case of names, keep a connection, leave in the middle. */
export function onTheWire(at: At, traits: Traits): void {
  const { trailingSlash = 200, withoutType = 200, limit = 'handler', isBare = false } = traits

  test('reads headers in any case, and by either of their names', async () => {
    const { headers, body } = delivery()
    const cased = (change: (name: string) => string) =>
      Object.fromEntries(Object.entries(headers).map(([name, value]) => [change(name), value]))
    const changes: ((name: string) => string)[] = [
      (name) => name.toUpperCase(),
      (name) => name.replaceAll(/\b[a-z]/g, (letter) => letter.toUpperCase()),
      (name) => name.replace('svix-', 'webhook-'),
    ]
    for (const change of changes) {
      const answer = await exchange(at(), { headers: cased(change), body })
      expect(answer).toMatchObject({ status: 200, body: expect.stringContaining('"outcome"') })
    }
  })

  test(`answers ${withoutType} to a delivery without a content type`, async () => {
    const { body, headers } = delivery()
    const signed = Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('svix-')))
    const answer = await exchange(at(), { headers: signed, body })
    expect(answer).toMatchObject({ status: withoutType, ...(withoutType === 200 && { body: created }) })
  })

  test('answers HEAD with 405, the allowed method and no body', async () => {
    const { status, headers, body } = await exchange(at(), { method: 'HEAD' })
    expect({ status, allow: headers.allow, body }).toEqual({ status: 405, allow: 'POST', body: '' })
  })

  test('answers OPTIONS with the allowed method', async () => {
    const { status, headers } = await exchange(at(), { method: 'OPTIONS' })
    expect([200, 204, 405]).toContain(status)
    expect(headers.allow).toContain('POST')
  })

  test('keeps a connection usable, after refusals and wrong methods too', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    try {
      const forged = { headers: { 'content-type': 'application/json' }, body: 'x'.repeat(300_000) }
      expect(await exchange(at(), { ...delivery(), agent })).toMatchObject({ status: 200, body: created })
      expect(await exchange(at(), { ...delivery(), agent })).toMatchObject({ status: 200, isReused: true })
      expect(await exchange(at(), { ...forged, agent })).toMatchObject({ status: 400 })
      expect(await exchange(at(), { ...delivery(), agent })).toMatchObject({ status: 200, body: created })
      expect(await exchange(at(), { method: 'GET', agent })).toMatchObject({ status: 405 })
      expect(await exchange(at(), { ...delivery(), agent })).toMatchObject({ status: 200, body: created })
    } finally {
      agent.destroy()
    }
  })

  test('survives a client that leaves in the middle of a body', async () => {
    const { pathname, port } = new URL(at())
    const { headers, body } = delivery()
    const client = new RawClient(Number(port))
    client.head({ ...headers, 'content-length': String(body.length) }, `POST ${pathname} HTTP/1.1`)
    await client.write(body.slice(0, 20))
    client.hangUp()
    await client.closed
    expect(await exchange(at(), delivery())).toMatchObject({ status: 200, body: created })
  })

  test.each([false, true])('answers 413 to a body over the limit (chunked: %s)', async (isChunked) => {
    const event = JSON.stringify({ type: 'user.created', data: { id: 'user_big', pad: 'x'.repeat(1_100_000) } })
    const { status, body } = await exchange(at(), { ...signClerkWebhook(event, { signingSecret }), isChunked })
    expect(status).toBe(413)
    if (limit === 'handler') expect(JSON.parse(body)).toMatchObject({ error: { code: 'body_too_large' } })
  })

  test(`answers ${trailingSlash} to the path with a slash behind it`, async () => {
    const { status, body } = await exchange(at('/webhook/'), delivery())
    expect(status).toBe(trailingSlash)
    expect(body.includes('"outcome"')).toBe(trailingSlash === 200)
  })

  if (isBare) return
  test('answers 500 if the handler itself throws, and serves on', async () => {
    expect((await exchange(at('/throwing'), delivery())).status).toBe(500)
    expect(await exchange(at(), delivery())).toMatchObject({ status: 200, body: created })
  })
}

const created = '{"outcome":"created"}'
const delivery = () => signClerkWebhook(fixtures.userCreated(), { signingSecret })

interface Sent {
  method?: string
  headers?: Record<string, string>
  body?: string
  /** By default a connection of its own. */
  agent?: Agent
  /** Whether the length of the body is not declared. */
  isChunked?: boolean
}

interface Received {
  status: number
  headers: IncomingHttpHeaders
  body: string
  /** Whether an earlier request had the same connection. */
  isReused: boolean
}

/** One request of Node's own client, which sends names of headers as they are given. */
function exchange(url: string, { method = 'POST', headers = {}, body, agent, isChunked }: Sent): Promise<Received> {
  return new Promise((resolve, reject) => {
    const length = body === undefined || isChunked ? {} : { 'Content-Length': String(Buffer.byteLength(body)) }
    const sent = request(url, { method, headers: { ...headers, ...length }, agent: agent ?? new Agent() })
    // After the answer of a server that does not read the rest, this no longer matters.
    sent.on('error', reject)
    sent.once('response', (response) => {
      const { statusCode: status = 0, headers } = response
      text(response).then((body) => resolve({ status, headers, body, isReused: sent.reusedSocket }), reject)
    })
    sent.end(body)
  })
}
