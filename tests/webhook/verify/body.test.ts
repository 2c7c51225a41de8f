import { ClerkSyncError, verifyClerkWebhook } from 'clerk-mongo-sync'
import { fixtures, signClerkWebhook } from 'clerk-mongo-sync/testing'
import { describe, expect, it } from 'vitest'

const signingSecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const event = fixtures.userCreated(fixtures.user({ first_name: 'Zoë 🦆' }))
const { body, headers } = signClerkWebhook(event, { signingSecret })
const bytes = new TextEncoder().encode(body)

function request(content: BodyInit | null, given: Record<string, string> = headers): Request {
  const init = { method: 'POST', headers: given, body: content, duplex: 'half' }
  return new Request('http://localhost/webhooks', init as RequestInit)
}

/** A body of `count` chunks, with a tally of those that were asked for. */
function countedBody(count: number, chunk: Uint8Array = new Uint8Array(1024)) {
  const tally = { pulled: 0, cancelled: false }
  const stream = new ReadableStream(
    {
      pull(controller) {
        tally.pulled++
        controller.enqueue(chunk)
        if (tally.pulled === count) controller.close()
      },
      cancel() {
        tally.cancelled = true
      },
    },
    { highWaterMark: 0 },
  )
  return { stream, tally }
}

describe('a body is verified', () => {
  it.each<[string, string | Uint8Array]>([
    ['text', body],
    ['a Uint8Array', bytes],
    ['a Buffer', Buffer.from(body)],
    ['a view into a larger buffer', new Uint8Array([0, ...bytes, 0]).subarray(1, bytes.length + 1)],
  ])('as %s', async (_, payload) => {
    await expect(verifyClerkWebhook(payload, headers, { signingSecret })).resolves.toMatchObject({ data: event.data })
  })

  it('of a Request', async () => {
    await expect(verifyClerkWebhook(request(body), { signingSecret })).resolves.toMatchObject({ data: event.data })
  })

  it('of a Request that arrives byte by byte, multi-byte characters included', async () => {
    const stream = new ReadableStream({
      start(controller) {
        for (const byte of bytes) controller.enqueue(new Uint8Array([byte]))
        controller.close()
      },
    })
    await expect(verifyClerkWebhook(request(stream), { signingSecret })).resolves.toMatchObject({ data: event.data })
  })

  it.each([
    ['spaces and line breaks', JSON.stringify(event, null, 2)],
    ['escaped letters', body.replace('Ada', '\\u0041da').replace('https://', 'https:\\/\\/')],
    [
      'keys that JavaScript would reorder',
      body.replace('"public_metadata":{}', '"public_metadata":{"b":1,"10":2,"9":1.0}'),
    ],
  ])('by its exact bytes, with %s', async (_, exact) => {
    const delivery = signClerkWebhook(exact, { signingSecret })
    expect(exact).not.toBe(body)
    await expect(verifyClerkWebhook(exact, delivery.headers, { signingSecret })).resolves.toHaveProperty('messageId')
    const rewritten = verifyClerkWebhook(JSON.stringify(JSON.parse(exact)), delivery.headers, { signingSecret })
    await expect(rewritten).rejects.toMatchObject({ code: 'no_matching_signature' })
  })
})

describe('a body is refused', () => {
  it('if its bytes are no UTF-8, although they decode to the signed text', async () => {
    const signed = signClerkWebhook(body.replace('🦆', '\ufffd'), { signingSecret })
    const broken = Buffer.from(body.replace('🦆', '~'))
    broken[broken.indexOf('~')] = 0xff
    expect(new TextDecoder().decode(broken)).toBe(signed.body)
    for (const refusal of [
      verifyClerkWebhook(broken, signed.headers, { signingSecret }),
      verifyClerkWebhook(request(new Uint8Array(broken), signed.headers), { signingSecret }),
    ]) {
      await expect(refusal).rejects.toMatchObject({ code: 'no_matching_signature' })
    }
  })

  it('if a byte order mark was put before it', async () => {
    const marked = new Uint8Array([0xef, 0xbb, 0xbf, ...bytes])
    for (const refusal of [
      verifyClerkWebhook(marked, headers, { signingSecret }),
      verifyClerkWebhook(request(marked), { signingSecret }),
    ]) {
      await expect(refusal).rejects.toMatchObject({ code: 'no_matching_signature' })
    }
  })

  it('if it is empty', async () => {
    const refusal = verifyClerkWebhook(request(null), { signingSecret })
    await expect(refusal).rejects.toMatchObject({ code: 'no_matching_signature' })
  })
})

describe('a body over the limit', () => {
  it('is refused by its declared length before a byte is read', async () => {
    const { stream, tally } = countedBody(10)
    const declared = { ...headers, 'content-length': '10240' }
    const refusal = verifyClerkWebhook(request(stream, declared), { signingSecret, maxBodyBytes: 2048 })
    await expect(refusal).rejects.toMatchObject({ code: 'body_too_large' })
    expect(tally.pulled).toBe(0)
  })

  it('is read no further than the chunk that exceeds it', async () => {
    const { stream, tally } = countedBody(1_000)
    const refusal = verifyClerkWebhook(request(stream), { signingSecret, maxBodyBytes: 2048 })
    await expect(refusal).rejects.toMatchObject({ code: 'body_too_large' })
    expect(tally).toEqual({ pulled: 3, cancelled: true })
  })

  it('is one of more than 1 MiB by default', async () => {
    const fitting = signClerkWebhook(body.padEnd(1024 * 1024 - Buffer.byteLength(body) + body.length), {
      signingSecret,
    })
    expect(Buffer.byteLength(fitting.body)).toBe(1024 * 1024)
    await expect(verifyClerkWebhook(request(fitting.body, fitting.headers), { signingSecret })).resolves.toBeDefined()
    const over = signClerkWebhook(`${fitting.body} `, { signingSecret })
    const refusal = verifyClerkWebhook(request(over.body, over.headers), { signingSecret })
    await expect(refusal).rejects.toMatchObject({
      code: 'body_too_large',
      message: expect.stringContaining('maxBodyBytes'),
    })
  })

  it('is not read if the headers are wrong', async () => {
    const { stream, tally } = countedBody(10)
    const refusal = verifyClerkWebhook(request(stream, {}), { signingSecret })
    await expect(refusal).rejects.toMatchObject({ code: 'missing_headers' })
    expect(tally.pulled).toBe(0)
  })
})

describe('raw_body_unavailable is thrown', () => {
  it('if the body was read before', async () => {
    const read = request(body)
    await read.text()
    const refusal = verifyClerkWebhook(read, { signingSecret })
    await expect(refusal).rejects.toMatchObject({ code: 'raw_body_unavailable' })
  })

  it('if another reader is reading it', async () => {
    const held = request(body)
    held.body?.getReader()
    const refusal = verifyClerkWebhook(held, { signingSecret })
    await expect(refusal).rejects.toMatchObject({ code: 'raw_body_unavailable' })
  })

  it.each([
    ['a parsed object', event],
    ['null', null],
    ['nothing', undefined],
  ])('if %s is passed instead of it, with what to pass', async (_, parsed) => {
    const refusal = verifyClerkWebhook(parsed as unknown as string, headers, { signingSecret })
    await expect(refusal).rejects.toMatchObject({
      code: 'raw_body_unavailable',
      message: expect.stringContaining('exactly as received'),
    })
  })

  it('if the connection breaks before its end', async () => {
    const broken = new ReadableStream({ pull: (controller) => controller.error(new TypeError('terminated')) })
    const refusal = verifyClerkWebhook(request(broken), { signingSecret })
    await expect(refusal).rejects.toMatchObject({ code: 'raw_body_unavailable', cause: expect.any(TypeError) })
  })

  it('if its stream yields text, whose bytes cannot be counted', async () => {
    const { stream, tally } = countedBody(1_000, 'text' as unknown as Uint8Array)
    const refusal = verifyClerkWebhook(request(stream), { signingSecret })
    await expect(refusal).rejects.toMatchObject({ code: 'raw_body_unavailable' })
    expect(tally.pulled).toBe(1)
  })

  it('with the message of the adapter', async () => {
    const reason = new ClerkSyncError('raw_body_unavailable', 'Move the line.')
    const eaten = new ReadableStream({ pull: (controller) => controller.error(reason) })
    await expect(verifyClerkWebhook(request(eaten), { signingSecret })).rejects.toBe(reason)
  })
})
