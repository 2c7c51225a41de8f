import { isClerkSyncError, verifyClerkWebhook, WebhookVerificationError } from 'clerk-mongo-sync'
import { fixtures, signClerkWebhook } from 'clerk-mongo-sync/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'

const signingSecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const other = 'whsec_plJ3nmyCDGBKInavdOK15jsl'

/** Deliveries whose signature Svix publishes. Neither is an event of Clerk's, which is only judged once the signature is right. */
const vectors = [
  {
    source: 'https://docs.svix.com/receiving/verifying-payloads/how-manual',
    signingSecret: other,
    payload: '{"event_type":"ping","data":{"success":true}}',
    id: 'msg_loFOjxBNrRLzqYUf',
    timestamp: '1731705121',
    signature: 'v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=',
  },
  {
    source: "the tests of svix's JavaScript library",
    signingSecret,
    payload: '{"test": 2432232314}',
    id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    timestamp: '1614265330',
    signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  },
]

afterEach(() => {
  vi.useRealTimers()
})

describe.each(vectors)('the known answer from $source', ({ payload, id, timestamp, signature, ...vector }) => {
  const at = (seconds: string) => vi.useFakeTimers({ toFake: ['Date'], now: Number(seconds) * 1000 })
  const headers = { 'svix-id': id, 'svix-timestamp': timestamp, 'svix-signature': signature }

  it('is accepted as a signature', async () => {
    at(timestamp)
    const refusal = verifyClerkWebhook(payload, headers, vector)
    await expect(refusal).rejects.toMatchObject({ code: 'not_a_clerk_event' })
  })

  it('is what signClerkWebhook makes', () => {
    const delivery = { ...vector, messageId: id, timestamp: new Date(Number(timestamp) * 1000) }
    expect(signClerkWebhook(payload, delivery).headers['svix-signature']).toBe(signature)
  })

  it.each([
    ['the body', { payload: `${payload} ` }, {}],
    ['the id', { payload }, { 'svix-id': `${id}x` }],
    ['the time', { payload }, { 'svix-timestamp': String(Number(timestamp) + 1) }],
    ['the signature', { payload }, { 'svix-signature': signature.replace(/.=$/, 'A=') }],
    ['the version', { payload }, { 'svix-signature': signature.replace('v1,', 'v2,') }],
  ])('is refused if %s differs', async (_, { payload: body }, changed) => {
    at(timestamp)
    const refusal = verifyClerkWebhook(body, { ...headers, ...changed }, vector)
    await expect(refusal).rejects.toMatchObject({ code: 'no_matching_signature' })
  })
})

describe('a signed delivery', () => {
  it('resolves to its event with the id of its message', async () => {
    const event = fixtures.userCreated()
    const { body, headers } = signClerkWebhook(event, { signingSecret, messageId: 'msg_1' })
    expect(await verifyClerkWebhook(body, headers, { signingSecret })).toEqual({ ...event, messageId: 'msg_1' })
  })

  it('is accepted with the new and the old secret during a rotation', async () => {
    const event = fixtures.userCreated()
    for (const sentWith of [signingSecret, other]) {
      const { body, headers } = signClerkWebhook(event, { signingSecret: sentWith })
      const verified = await verifyClerkWebhook(body, headers, { signingSecret: [signingSecret, other] })
      expect(verified.data).toEqual(event.data)
    }
  })

  it('is accepted if any of its signatures is valid', async () => {
    const { body, headers } = signClerkWebhook(fixtures.userCreated(), { signingSecret })
    const list = `v1,bm9uZQ== v1a,ZWQyNTUxOQ== ${headers['svix-signature']}`
    const verified = verifyClerkWebhook(body, { ...headers, 'svix-signature': list }, { signingSecret })
    await expect(verified).resolves.toMatchObject({ type: 'user.created' })
  })

  it('is accepted with a secret without the prefix whsec_', async () => {
    const { body, headers } = signClerkWebhook(fixtures.userCreated(), { signingSecret })
    const bare = signingSecret.replace('whsec_', '')
    await expect(verifyClerkWebhook(body, headers, { signingSecret: bare })).resolves.toHaveProperty('messageId')
  })

  it('is refused with the secret of another endpoint, with advice', async () => {
    const { body, headers } = signClerkWebhook(fixtures.userCreated(), { signingSecret: other })
    const error = await verifyClerkWebhook(body, headers, { signingSecret }).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(WebhookVerificationError)
    expect(isClerkSyncError(error)).toBe(true)
    expect(error).toMatchObject({ code: 'no_matching_signature', message: expect.stringContaining('another endpoint') })
    expect(String(error)).not.toContain(signingSecret.slice(6))
  })
})
