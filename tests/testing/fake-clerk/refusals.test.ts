import { createClerkClient } from '@clerk/backend'
import { createFakeClerk } from 'clerk-mongo-sync/testing'
import { describe, expect, it } from 'vitest'
import { problemsWith } from '../../support/clerk-schemas'
import { ask, refusalOf, useFakeClerk } from './use-fake-clerk'

const fake = useFakeClerk()
const post = (path: string, body: unknown) =>
  ask(fake.clerk, path, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) })

describe('the fake Clerk refuses', () => {
  it.each([
    ['no key at all', { authorization: '' }, 401, 'authorization_header_format_invalid'],
    ['another key', { authorization: 'Bearer sk_test_other' }, 401, 'clerk_key_invalid'],
    ['a version that is none', { 'clerk-api-version': 'newest' }, 400, 'api_version_invalid'],
    ['a content type other than JSON', { 'content-type': 'text/plain' }, 415, 'unsupported_content_type'],
  ])('%s', async (_, headers, status, code) => {
    const answer = await ask(fake.clerk, '/users', {
      method: 'POST',
      body: '{}',
      headers: headers as Record<string, string>,
    })
    expect([answer.status, answer.json.errors[0].code]).toEqual([status, code])
    expect(problemsWith('ClerkErrors', answer.json)).toEqual([])
    expect(answer.json.clerk_trace_id).toMatch(/^[0-9a-f]{32}$/)
  })

  it.each([
    ['malformed JSON', '{"email', 400, 'request_body_invalid'],
    ['JSON that is no object', '[]', 400, 'request_body_invalid'],
    ['a user without anything to know it by', { first_name: 'Ada' }, 422, 'form_param_missing'],
    ['an unknown parameter', { email_address: ['a@example.com'], email: 'b' }, 422, 'form_param_unknown'],
    ['a parameter of a wrong type', { email_address: 'a@example.com' }, 422, 'form_param_type_invalid'],
    ['what is no address', { email_address: ['a.example.com'] }, 422, 'form_param_format_invalid'],
    ['what is no telephone number', { phone_number: ['0555'] }, 422, 'form_param_format_invalid'],
    ['a short name', { username: 'abc' }, 422, 'form_username_invalid_length'],
    ['a name with a space', { username: 'ada lovelace' }, 422, 'form_username_invalid_character'],
    ['a short password', { username: 'ada_l', password: 'short' }, 422, 'form_password_length_too_short'],
    ['a time that is none', { username: 'ada_l', created_at: 'yesterday' }, 422, 'form_param_invalid_time'],
    ['metadata that is a list', { username: 'ada_l', public_metadata: [] }, 422, 'form_param_type_invalid'],
    [
      'more than 8 KB of metadata',
      { username: 'ada_l', public_metadata: { a: 'x'.repeat(5_000) }, private_metadata: { b: 'x'.repeat(4_000) } },
      422,
      'form_param_exceeds_allowed_size',
    ],
  ])('%s, and creates nothing', async (_, body, status, code) => {
    const answer = await post('/users', body)
    expect([answer.status, answer.json.errors[0].code]).toEqual([status, code])
    expect(problemsWith('ClerkErrors', answer.json)).toEqual([])
    expect([fake.clerk.users.size, fake.clerk.events()]).toEqual([0, []])
  })

  it.each([
    ['email_address', { emailAddress: ['ADA@example.com'] }],
    ['username', { username: 'Ada_L' }],
    ['phone_number', { phoneNumber: ['+15555550100'] }],
    ['external_id', { username: 'another', externalId: 'x1' }],
  ])('a second user with the same %s in any case', async (param, body) => {
    const taken = { username: 'ada_l', phone_number: ['+15555550100'], external_id: 'x1' }
    fake.clerk.users.create({ email_address: 'ada@example.com', ...taken })
    const refusal = await refusalOf(fake.sdk.users.createUser(body))
    expect(refusal).toMatchObject({ status: 422, code: 'form_identifier_exists', param })
    expect(refusal.clerkTraceId).toMatch(/^[0-9a-f]{32}$/)
    expect(fake.clerk.users.size).toBe(1)
  })

  it('a value that another user has, and leaves the user unchanged', async () => {
    fake.clerk.users.create({ username: 'ada_l' })
    const { id } = fake.clerk.users.create({ email_address: 'bob@example.com', username: 'bob_b' })
    const before = fake.clerk.users.get(id)
    expect(await refusalOf(fake.sdk.users.updateUser(id, { username: 'ADA_L' }))).toMatchObject({ status: 422 })
    expect(fake.clerk.users.get(id)).toBe(before)
    expect(fake.clerk.users.findByEmail('BOB@example.com')?.id).toBe(id)
  })

  it('metadata in an update since version 2026-05-12, and accepts it in older ones', async () => {
    const { id } = fake.clerk.users.create()
    const patch = (version: string) =>
      ask(fake.clerk, `/users/${id}`, {
        method: 'PATCH',
        body: '{"public_metadata":{"a":1}}',
        headers: { 'clerk-api-version': version },
      })
    expect((await patch('2026-05-12')).json.errors[0]).toMatchObject({ code: 'form_param_unknown' })
    expect((await patch('2025-11-10')).json.public_metadata).toEqual({ a: 1 })
    const twice = await ask(fake.clerk, '/users?__clerk_api_version=2025-11-10', {
      headers: { 'clerk-api-version': '2025-11-10' },
    })
    expect(twice.status).toBe(400)
  })

  it('a primary address that is not verified or of another user', async () => {
    const other = fake.clerk.users.create({ email_address: 'other@example.com' })
    const { id } = fake.clerk.users.create({ email_address: 'own@example.com' })
    const unverified = await fake.sdk.emailAddresses.createEmailAddress({ userId: id, emailAddress: 'new@example.com' })
    const choose = (primaryEmailAddressID: string) =>
      refusalOf(fake.sdk.users.updateUser(id, { primaryEmailAddressID }))
    expect(await choose(other.primary_email_address_id ?? '')).toMatchObject({ code: 'form_resource_not_found' })
    expect(await choose(unverified.id)).toMatchObject({ code: 'form_param_value_invalid' })
  })

  it('unknown requests', async () => {
    const unknown = await ask(fake.clerk, '/sessions')
    expect([unknown.status, problemsWith('ClerkErrors', unknown.json)]).toEqual([404, []])
    const method = await ask(fake.clerk, '/users/count', { method: 'PUT' })
    expect([method.status, problemsWith('ClerkErrors', method.json)]).toEqual([405, []])
    expect(
      (await fetch(`${fake.clerk.url}/users`, { headers: { authorization: `Bearer ${fake.clerk.secretKey}` } })).status,
    ).toBe(404)
  })
})

describe('limits', () => {
  const limited = async (rateLimit: boolean | { perInstance?: number; perUser?: number; windowMs?: number }) => {
    const clerk = await createFakeClerk({ rateLimit, secretKey: 'sk_test_limited' })
    return { clerk, sdk: createClerkClient({ secretKey: clerk.secretKey, apiUrl: clerk.url }) }
  }

  it('allow a development instance a hundred requests in ten seconds, and send Retry-After', async () => {
    const { clerk } = await limited(true)
    const statuses: number[] = []
    for (let i = 0; i < 101; i += 1) statuses.push((await ask(clerk, '/users/count')).status)
    expect(statuses.filter((status) => status === 200)).toHaveLength(100)
    const refused = await ask(clerk, '/users/count')
    expect(refused.status).toBe(429)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(refused.json.errors[0].code).toBe('too_many_requests')
    await clerk.close()
  })

  it('allow ten changes of one user in ten seconds, without affecting others', async () => {
    const { clerk, sdk } = await limited({ perInstance: 1000 })
    const [one, other] = [clerk.users.create().id, clerk.users.create().id]
    for (let i = 0; i < 5; i += 1) {
      await sdk.users.updateUser(one, { firstName: `Ada ${i}` })
      await sdk.users.updateUserMetadata(one, { publicMetadata: { i } })
    }
    const refusal = await refusalOf(sdk.users.replaceUserMetadata(one, { publicMetadata: {} }))
    expect(refusal).toMatchObject({ status: 429, code: 'too_many_requests', retryAfter: expect.any(Number) })
    await sdk.users.updateUser(other, { firstName: 'Bob' })
    await clerk.close()
  })

  it('end with their window', async () => {
    const { clerk } = await limited({ perInstance: 1, windowMs: 100 })
    await ask(clerk, '/users/count')
    await new Promise((resolve) => setTimeout(resolve, 150))
    expect((await ask(clerk, '/users/count')).status).toBe(200)
    await clerk.close()
  })
})

describe('failNext', () => {
  it.each([500, 503, 429] as const)('answers %s the given number of times, then as usual', async (status) => {
    fake.clerk.failNext({ status, times: 2, path: '/users' })
    const statuses = []
    for (let i = 0; i < 3; i += 1) statuses.push((await ask(fake.clerk, '/users/count')).status)
    expect(statuses).toEqual([status, status, 200])
  })

  it('breaks the connection before or after the request takes effect', async () => {
    fake.clerk.failNext({ status: 'reset', method: 'POST' })
    fake.clerk.failNext({ status: 'reset', method: 'POST', applied: true })
    await expect(post('/users', { username: 'ada_l' })).rejects.toThrow()
    expect(fake.clerk.users.size).toBe(0)
    await expect(post('/users', { username: 'ada_l' })).rejects.toThrow()
    expect(fake.clerk.users.size).toBe(1)
  })

  it('never answers', async () => {
    fake.clerk.failNext({ status: 'hang' })
    await expect(ask(fake.clerk, '/users', { signal: AbortSignal.timeout(200) })).rejects.toThrow(/timeout|aborted/i)
    expect(fake.clerk.requests.at(-1)?.status).toBeUndefined()
  })
})
