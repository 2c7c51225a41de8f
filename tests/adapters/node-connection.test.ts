import { toNodeHandler } from 'clerk-mongo-sync/node'
import { fixtures, signClerkWebhook } from 'clerk-mongo-sync/testing'
import { afterEach, expect, test, vi } from 'vitest'
import { createSubject, signingSecret } from '../contracts/adapters-subject'
import { RawClient } from '../support/raw-client'
import { type Served, serve } from '../support/serve'

const MB = 1024 * 1024
const open: { close(): unknown }[] = []
afterEach(async () => {
  for (const each of open.splice(0)) await each.close()
})

async function start(options: Parameters<typeof createSubject>[0] = {}): Promise<Served> {
  const server = await serve(toNodeHandler(createSubject(options)))
  open.push(server)
  return server
}

function client({ port }: Served): RawClient {
  const made = new RawClient(port)
  open.push({ close: () => made.hangUp() })
  return made
}

const delivery = (id?: string) =>
  signClerkWebhook(fixtures.userCreated(fixtures.user(id ? { id } : { first_name: 'Zoë 👩‍👩‍👧' })), { signingSecret })

async function expectDelivery(connection: RawClient): Promise<void> {
  const { headers, body } = delivery()
  connection.head({ ...headers, 'content-length': String(Buffer.byteLength(body)) })
  connection.write(body)
  expect(await connection.answer()).toMatchObject({ status: 200, body: '{"outcome":"created"}' })
}

test('reads a chunked body that arrives byte by byte', async () => {
  const connection = client(await start())
  const { headers, body } = delivery()
  connection.head({ ...headers, 'transfer-encoding': 'chunked' })
  for (const byte of Buffer.from(body)) await connection.write(Buffer.from([49, 13, 10, byte, 13, 10]))
  connection.write('0\r\n\r\n')
  expect(await connection.answer()).toMatchObject({ status: 200, body: '{"outcome":"created"}' })
})

test.each([
  ['a body nobody wanted to read', {}, 300_000, 400],
  ['a body over the limit', delivery().headers, 3 * MB, 413],
])('keeps the connection usable after %s', async (_, headers, size, status) => {
  const connection = client(await start())
  connection.head({ ...headers, 'content-length': String(size) })
  connection.write(Buffer.alloc(size, 120))
  expect(await connection.answer()).toMatchObject({ status })
  await expectDelivery(connection)
})

test('keeps the connection usable after a chunked body over the limit', async () => {
  const connection = client(await start({ maxBodyBytes: 1_000 }))
  connection.head({ ...delivery().headers, 'transfer-encoding': 'chunked' })
  connection.write(`186a0\r\n${'x'.repeat(100_000)}\r\n`)
  expect((await connection.answer()).status).toBe(413)
  connection.write(`186a0\r\n${'x'.repeat(100_000)}\r\n0\r\n\r\n`)
  connection.head({}, 'GET / HTTP/1.1')
  expect((await connection.answer()).status).toBe(405)
})

test('answers 413 before the body is sent, and closes the connection if the client sends nothing', async () => {
  const connection = client(await start())
  connection.head({ ...delivery().headers, 'content-length': String(5 * MB) })
  expect((await connection.answer()).status).toBe(413)
  await connection.closed
})

test('answers 413 to a body without an end, and closes the connection if the client keeps sending', async () => {
  const connection = client(await start())
  connection.head({ ...delivery().headers, 'transfer-encoding': 'chunked' })
  const chunk = `100000\r\n${'x'.repeat(MB)}\r\n`
  let sent = 0
  while (sent < 100 && (await connection.write(chunk))) sent++
  expect((await connection.answer()).status).toBe(413)
  expect(sent).toBeLessThan(100)
})

test('delivers the refusal to a client with Connection: close that writes everything before it reads', async () => {
  const connection = client(await start())
  connection.pause()
  connection.head({ ...delivery().headers, connection: 'close', 'content-length': String(7 * MB) })
  expect(await connection.write(Buffer.alloc(7 * MB, 120))).toBe(true)
  connection.resume()
  expect((await connection.answer()).status).toBe(413)
  await connection.closed
})

test('reads no more from the client than the handler reads', async () => {
  const handler = async (request: Request) => {
    await request.body?.getReader().read()
    return new Promise<Response>((resolve) => setTimeout(() => resolve(new Response('ok')), 300))
  }
  const server = await serve(toNodeHandler({ handler }))
  open.push(server)
  const connection = client(server)
  connection.head({ 'content-length': String(100 * MB) })
  const written = connection.write(Buffer.alloc(100 * MB, 120)).then(() => 'all of it')
  expect(await Promise.race([written, connection.answer()])).toMatchObject({ status: 200, body: 'ok' })
})

test('answers 503 to a body that takes too long, and releases it', async () => {
  const connection = client(await start({ timeoutMs: 100 }))
  connection.head({ ...delivery().headers, 'content-length': '1000' })
  connection.write('{"type":')
  const answer = await connection.answer()
  expect(answer.status).toBe(503)
  expect(answer.headers).toMatch(/retry-after: \d+/i)
  await connection.closed
})

test('reports an incomplete body if the client disconnects, and serves the next one', async () => {
  const onError = vi.fn()
  const server = await start({ onError })
  const first = client(server)
  first.head({ ...delivery().headers, 'content-length': '1000' })
  await first.write('{"type":')
  first.hangUp()
  await vi.waitFor(() => expect(onError).toHaveBeenCalledOnce())
  expect(onError.mock.calls[0]?.[0]).toMatchObject({ code: 'raw_body_unavailable' })
  await expectDelivery(client(server))
})

test('survives a client that disconnects before the answer', async () => {
  const onError = vi.fn()
  const server = await start({ onError, timeoutMs: 200 })
  const first = client(server)
  const { headers, body } = delivery('user_slow')
  first.head({ ...headers, 'content-length': String(Buffer.byteLength(body)) })
  await first.write(body)
  first.hangUp()
  await vi.waitFor(() => expect(onError).toHaveBeenCalledOnce())
  await expectDelivery(client(server))
})

test('survives methods that a Fetch Request cannot have', async () => {
  const connection = client(await start())
  connection.head({}, 'TRACE / HTTP/1.1')
  expect(await connection.answer()).toMatchObject({ status: 405, headers: expect.stringMatching(/allow: POST/i) })
})

test('leaves a response unchanged that the app has already sent', async () => {
  const failed = vi.fn()
  const subject = createSubject()
  const server = await serve((request, response) => {
    response.writeHead(504).write('too ')
    const answered = toNodeHandler(subject)(request, response)
    void answered.catch(failed).finally(() => response.end('late'))
  })
  open.push(server)
  const { headers, body } = delivery()
  const answer = await fetch(server.url, { method: 'POST', headers, body })
  expect([answer.status, await answer.text()]).toEqual([504, 'too late'])
  expect(failed).not.toHaveBeenCalled()
})
