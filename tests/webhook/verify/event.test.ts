import { verifyClerkWebhook } from 'clerk-mongo-sync'
import { fixtures, signClerkWebhook } from 'clerk-mongo-sync/testing'
import { describe, expect, it } from 'vitest'
import { eventTime } from '../../../src/events/events'

const signingSecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'

function verifySigned(body: string) {
  const { headers } = signClerkWebhook(body, { signingSecret, messageId: 'msg_1' })
  return verifyClerkWebhook(body, headers, { signingSecret })
}

describe('a correctly signed body is refused', () => {
  const created = (data: unknown) => JSON.stringify({ type: 'user.created', data })
  it.each([
    '',
    'null',
    '[]',
    '"x"',
    '1',
    'true',
    '{}',
    'no JSON',
    '{"type":"user.created"',
    '{"type":1,"data":{}}',
    '{"type":"","data":{}}',
    '{"type":"user created","data":{}}',
    '{"type":{"$gt":""},"data":{"id":"user_1"}}',
    '{"data":{"id":"user_1"}}',
    '{"type":"user.created","data":null}',
    '{"type":"user.created","data":[]}',
    '{"type":"user.created","data":"user_1"}',
    '{"__proto__":{"type":"user.created","data":{"id":"user_1"}}}',
    '{"type":"user.created","data":{"__proto__":{"id":"user_1"}}}',
    created({}),
    created({ id: null }),
    created({ id: '' }),
    created({ id: 1 }),
    created({ id: ['user_1'] }),
    created({ id: { $ne: null } }),
    created({ id: 'u'.repeat(256) }),
    '{"type":"user.deleted","data":{"id":{"$ne":null}}}',
    '{"type":"user.deleted","data":{"id":["user_1"]}}',
    '{"type":"user.deleted","data":{"id":""}}',
  ])('if it is no Clerk event: %s', async (body) => {
    await expect(verifySigned(body)).rejects.toMatchObject({ code: 'not_a_clerk_event' })
  })
})

describe('a correctly signed body is an event', () => {
  it.each([
    ['of a type that Clerk may add one day', '{"type":"userPasskey.v2.added-late","data":{}}'],
    ['of a deletion that does not say of whom', '{"type":"user.deleted","data":{"deleted":true}}'],
    ['of a user with nothing but an id', '{"type":"user.created","data":{"id":"user_1"}}'],
    [
      'without the envelope of later years',
      '{"type":"user.updated","object":"event","data":{"id":"user_1","birthday":""}}',
    ],
  ])('%s', async (_, body) => {
    expect(await verifySigned(body)).toEqual({ ...JSON.parse(body), messageId: 'msg_1' })
  })

  it.each([
    fixtures.userCreated(fixtures.phoneOnlyUser()),
    fixtures.userUpdated(fixtures.oauthUser(), { username: 'grace' }),
    fixtures.userDeleted(),
    fixtures.sessionCreated(),
  ])('of every type in the fixtures: $type', async (event) => {
    expect(await verifySigned(JSON.stringify(event))).toEqual({ ...event, messageId: 'msg_1' })
  })

  it('with the message id of the delivery, whatever the body contains', async () => {
    const event = await verifySigned('{"type":"user.created","data":{"id":"user_1"},"messageId":"msg_forged"}')
    expect(event.messageId).toBe('msg_1')
  })

  it('with __proto__ and constructor as plain keys', async () => {
    const event = await verifySigned(
      '{"type":"user.created","__proto__":{"polluted":1},"data":{"id":"user_1","__proto__":{"polluted":1},' +
        '"unsafe_metadata":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}}}',
    )
    expect(({} as { polluted?: number }).polluted).toBeUndefined()
    for (const object of [event, event.data]) {
      expect(Object.getPrototypeOf(object)).toBe(Object.prototype)
      expect((object as { polluted?: number }).polluted).toBeUndefined()
    }
  })
})

describe('the time of an event', () => {
  it.each([
    [1_716_883_200, 1_716_883_200_000],
    [1_716_883_200_123, 1_716_883_200_123],
    [1_716_883_200.5, 1_716_883_200_500],
  ])('is in milliseconds, whether Clerk sends seconds or milliseconds: %d', (timestamp, milliseconds) => {
    expect(eventTime({ timestamp })).toBe(milliseconds)
  })

  it.each([undefined, null, '1716883200', 0, -1, Number.NaN, Number.POSITIVE_INFINITY, 8.64e15 + 1])(
    'is undefined for a malformed time: %s',
    (timestamp) => {
      expect(eventTime({ timestamp })).toBeUndefined()
    },
  )
})
