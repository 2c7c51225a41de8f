import { verifyClerkWebhook } from 'clerk-mongo-sync'
import { fixtures, signClerkWebhook } from 'clerk-mongo-sync/testing'
import { Webhook } from 'svix'
import { afterEach, describe, expect, it, vi } from 'vitest'

const signingSecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const now = 1_800_000_000
const { body, headers } = signClerkWebhook(fixtures.userCreated(), { signingSecret, timestamp: new Date(now * 1000) })
const { 'svix-id': id = '', 'svix-timestamp': timestamp = '', 'svix-signature': signature = '' } = headers
const genuine = { 'svix-id': id, 'svix-timestamp': timestamp, 'svix-signature': signature }

type Given = Parameters<typeof verifyClerkWebhook>[1]

function codeAt(seconds: number, given: Given): Promise<unknown> {
  vi.useFakeTimers({ toFake: ['Date'], now: seconds * 1000 })
  return verifyClerkWebhook(body, given as Headers, { signingSecret }).then(
    () => 'accepted',
    (error: { code: unknown }) => error.code,
  )
}

const codeOf = (given: Given) => codeAt(now, given)

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

describe('headers are accepted', () => {
  it.each<[string, Given]>([
    ['as Fetch Headers', new Headers(genuine)],
    ['as a record of text', genuine],
    ['in any case', { 'Svix-Id': id, 'SVIX-TIMESTAMP': timestamp, 'svix-Signature': signature }],
    [
      'as a record of lists with one value each',
      { 'svix-id': [id], 'svix-timestamp': [timestamp], 'svix-signature': [signature] },
    ],
    [
      'with spaces around them',
      { 'svix-id': ` ${id}`, 'svix-timestamp': `${timestamp} `, 'svix-signature': ` ${signature} ` },
    ],
    [
      'under their Standard Webhooks names',
      { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature },
    ],
    ['with an incomplete second set beside them', { ...genuine, 'webhook-id': 'msg_other' }],
    [
      'with a whole second set beside them',
      { ...genuine, 'webhook-id': 'x', 'webhook-timestamp': '1', 'webhook-signature': 'v1,x' },
    ],
    ['with unset others beside them', { ...genuine, 'SVIX-ID': undefined, host: undefined }],
  ])('%s', async (_, given) => {
    expect(await codeOf(given)).toBe('accepted')
  })
})

describe('headers are missing', () => {
  it.each<[string, Given]>([
    ['when there are none', {}],
    ['without an id', { ...genuine, 'svix-id': undefined }],
    ['without a time', { ...genuine, 'svix-timestamp': '' }],
    ['without a signature', { ...genuine, 'svix-signature': '  ' }],
    [
      'when the two sets only make one together',
      { 'svix-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature },
    ],
    ['when a value is no text', { ...genuine, 'svix-id': { $gt: '' } } as unknown as Headers],
    ['when their lists are empty', { ...genuine, 'svix-timestamp': [] }],
  ])('%s', async (_, given) => {
    expect(await codeOf(given)).toBe('missing_headers')
  })
})

describe('headers are malformed', () => {
  const twice = (name: string, value: string) => {
    const both = new Headers(genuine)
    both.append(name, value)
    return both
  }
  it.each<[string, Given]>([
    ['when the id was sent twice', twice('svix-id', id)],
    ['when the time was sent twice', twice('svix-timestamp', timestamp)],
    ['when the signature was sent twice', twice('svix-signature', signature)],
    ['when a list has two values', { ...genuine, 'svix-signature': [signature, signature] }],
    ['when a record has a name in two cases', { ...genuine, 'Svix-Id': id }],
    ['when the id has a space in it', { ...genuine, 'svix-id': 'msg 1' }],
    ['when the id has other letters than ASCII', { ...genuine, 'svix-id': 'msg_é' }],
    ['when the id is very long', { ...genuine, 'svix-id': 'm'.repeat(257) }],
    ['when the time has letters behind it', { ...genuine, 'svix-timestamp': `${timestamp}abc` }],
    ['when the time has a fraction', { ...genuine, 'svix-timestamp': `${timestamp}.5` }],
    ['when the time has a sign', { ...genuine, 'svix-timestamp': `+${timestamp}` }],
    ['when the time is no number', { ...genuine, 'svix-timestamp': 'NaN' }],
    ['when the signature has no version', { ...genuine, 'svix-signature': signature.slice(3) }],
    ['when a signature is empty', { ...genuine, 'svix-signature': `v1, ${signature}` }],
    ['when signatures are two spaces apart', { ...genuine, 'svix-signature': `${signature}  ${signature}` }],
  ])('%s', async (_, given) => {
    expect(await codeOf(given)).toBe('malformed_headers')
  })
})

describe('the age of a delivery', () => {
  it.each([
    [300, 'accepted'],
    [301, 'timestamp_too_old'],
    [-300, 'accepted'],
    [-301, 'timestamp_too_new'],
    [86_400 * 365, 'timestamp_too_old'],
  ])('is at most five minutes, in the past or the future: %i seconds old', async (age, expected) => {
    expect(await codeAt(now + age, genuine)).toBe(expected)
  })

  it('is measured after its body has arrived', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: (now + 299) * 1000 })
    const stream = new ReadableStream({
      pull(controller) {
        vi.setSystemTime((now + 301) * 1000)
        controller.enqueue(new TextEncoder().encode(body))
        controller.close()
      },
    })
    const init = { method: 'POST', headers: genuine, body: stream, duplex: 'half' }
    const refusal = verifyClerkWebhook(new Request('http://localhost/', init as RequestInit), { signingSecret })
    await expect(refusal).rejects.toMatchObject({ code: 'timestamp_too_old' })
  })
})

describe('a header check before any signature is computed', () => {
  const forged = (count: number) => Array.from({ length: count }, (_, i) => `v1,${btoa(`forged ${i}`)}`).join(' ')

  it('accepts sixteen signatures and refuses seventeen', async () => {
    const hmac = vi.spyOn(Webhook.prototype, 'verify')
    expect(await codeOf({ ...genuine, 'svix-signature': `${forged(15)} ${signature}` })).toBe('accepted')
    expect(hmac).toHaveBeenCalledTimes(1)
    expect(await codeOf({ ...genuine, 'svix-signature': `${forged(16)} ${signature}` })).toBe('malformed_headers')
    expect(await codeOf({ ...genuine, 'svix-signature': forged(5_000) })).toBe('malformed_headers')
    expect(hmac).toHaveBeenCalledTimes(1)
  })

  it('refuses malformed headers and times, whatever the number of secrets', async () => {
    const hmac = vi.spyOn(Webhook.prototype, 'verify')
    for (const wrong of [{ 'svix-id': '' }, { 'svix-timestamp': '1' }, { 'svix-signature': 'x' }]) {
      const given = { ...genuine, ...wrong }
      const secrets = Array.from({ length: 50 }, () => signingSecret)
      await expect(verifyClerkWebhook(body, given, { signingSecret: secrets })).rejects.toHaveProperty('code')
    }
    expect(hmac).not.toHaveBeenCalled()
  })
})
