import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createClerkClient, type User, type UserJSON, type WebhookEvent } from '@clerk/backend'
import {
  type ClerkUserInput,
  type ClerkUserJSON,
  type ClerkWebhookEvent,
  mapClerkUser,
  type primaryEmail,
} from 'clerk-mongo-sync'
import { fixtures } from 'clerk-mongo-sync/testing'
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest'
import { clerkUserJSON, resourceVersion } from '../../src/map/map-clerk-user'

const json = fixtures.severalEmailsUser({ email: 'sdk@example.com', username: 'sdk' })
const server = createServer((_, response) => {
  // Without a charset: the SDK takes anything else for text.
  response.setHeader('content-type', 'application/json').end(JSON.stringify(json))
})
let sdkUser: User

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const clerk = createClerkClient({ secretKey: 'sk_test_x', apiUrl, telemetry: { disabled: true } })
  sdkUser = await clerk.users.getUser(json.id)
})

afterAll(() => new Promise((resolve) => server.close(resolve)))

describe('clerkUserJSON', () => {
  it('returns the JSON of webhooks and of the Backend API unchanged', () => {
    expect(clerkUserJSON(json)).toBe(json)
    expect(clerkUserJSON({ id: 'user_1' })).toEqual({ id: 'user_1' })
  })

  it('returns the JSON from which the SDK made its user', () => {
    expect(sdkUser.updatedAt).toBe(json.updated_at)
    expect(clerkUserJSON(sdkUser)).toEqual(json)
    expect(mapClerkUser(clerkUserJSON(sdkUser))).toEqual(mapClerkUser(json))
  })

  it('refuses a copy of an SDK user, which has none of the names, and says what to pass', () => {
    const copy = { ...sdkUser } as unknown as ClerkUserJSON
    expect(() => clerkUserJSON(copy)).toThrow(
      expect.objectContaining({ code: 'invalid_clerk_user', message: expect.stringContaining('user.raw') }),
    )
  })

  it.each([
    null,
    undefined,
    'user_1',
    1,
    [],
    {},
    { id: null },
    { id: '' },
    { id: ['user_1'] },
    { raw: {} },
    { raw: null },
  ])('refuses a malformed user: %j', (input) => {
    expect(() => clerkUserJSON(input as unknown as ClerkUserInput)).toThrow(
      expect.objectContaining({ code: 'invalid_clerk_user' }),
    )
  })
})

describe('the version of a user', () => {
  it.each<[string, Partial<ClerkUserJSON>, number | undefined, number]>([
    ['its updated_at', { updated_at: 3, created_at: 1 }, 2, 3],
    ['else the time of the event', { updated_at: null, created_at: 1 }, 2, 2],
    ['else its created_at', { created_at: 1 }, undefined, 1],
    ['else zero', {}, undefined, 0],
    ['in whole milliseconds', { updated_at: 3.7 }, undefined, 3],
    ['never what no Date can hold', { updated_at: 8.64e15 + 1, created_at: 1 }, undefined, 1],
    ['never what is no number', { updated_at: '3' as unknown as number, created_at: Number.NaN }, 2, 2],
    ['never negative', { updated_at: -3 }, undefined, 0],
  ])('is %s', (_, user, eventAt, version) => {
    expect(resourceVersion({ id: 'user_1', ...user }, eventAt)).toBe(version)
  })
})

describe('the types of Clerk', () => {
  it('are assignable to ours', () => {
    expectTypeOf<UserJSON>().toExtend<ClerkUserJSON>()
    expectTypeOf<User>().toExtend<ClerkUserInput>()
    expectTypeOf<UserJSON>().toExtend<Parameters<typeof primaryEmail>[0]>()
    expectTypeOf<WebhookEvent>().toExtend<ClerkWebhookEvent>()
  })

  it('do not prevent narrowing by type', () => {
    type Of<Type extends string> = Extract<ClerkWebhookEvent, { type: Type }>
    expectTypeOf<Of<'user.created' | 'user.updated'>['data']>().toEqualTypeOf<ClerkUserJSON>()
    expectTypeOf<ClerkUserJSON>().not.toEqualTypeOf<UserJSON>()
    const event = fixtures.userCreated() as ClerkWebhookEvent
    if (event.type === 'user.created') expectTypeOf(event.data.id).toEqualTypeOf<string>()
  })
})
