import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isClerkSyncError } from 'clerk-mongo-sync'
import { fixtures } from 'clerk-mongo-sync/testing'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { createClerkApi, requireClerkApi } from '../../src/clerk-api/clerk-api'

const secretKey = 'sk_test_verySecretKey'
const user = fixtures.user()
const requests: IncomingMessage[] = []
const routes: Record<string, (response: ServerResponse) => unknown> = {
  [`/v1/users/${user.id}`]: (response) => json(response, 200, user),
  '/v1/users/user_..%2Fadmin%3F': (response) => json(response, 200, { ...user, id: 'user_odd' }),
  '/v1/users/user_401': (response) =>
    json(response, 401, { errors: [{ code: 'clerk_key_invalid', message: secretKey }] }),
  '/v1/users/user_403': (response) => json(response, 403, { errors: [{ code: 'authorization_invalid' }] }),
  '/v1/users/user_422': (response) =>
    json(response, 422, { errors: [{ code: 'form_param_invalid', message: secretKey }], clerk_trace_id: 'trace123' }),
  '/v1/users/user_nowhere': (response) => json(response, 404, { error: 'Not Found' }),
  '/v1/users/user_moved': (response) => response.writeHead(302, { location: '/v1/users/user_odd' }).end(),
  '/v1/users/user_429': (response) => json(response, 429, { errors: [{ code: 'too_many_requests' }] }),
  '/v1/users/user_500': (response) => json(response, 500, {}),
  '/v1/users/user_slow': (response) => setTimeout(() => json(response, 200, user), 3_000).unref(),
  '/v1/users/user_dripping': (response) => response.writeHead(200).write('{'),
  '/v1/users/user_html': (response) => response.end('<!doctype html><title>Not the API</title>'),
  '/v1/users/user_broken': (response) =>
    response.writeHead(200, { 'content-length': '100' }).write('{"id":', () => response.destroy()),
  '/v1/users/user_hung_up': (response) => response.destroy(),
}

function json(response: ServerResponse, status: number, body: unknown) {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

const server = createServer((request, response) => {
  requests.push(request)
  const route = routes[request.url ?? '']
  if (route) route(response)
  else json(response, 404, { errors: [{ code: 'resource_not_found' }] })
})
let apiUrl = ''

const getUser = (id: string, deadline?: number) => createClerkApi({ secretKey, apiUrl })?.getUser(id, deadline)
const failureOf = async (id: string, deadline?: number) => {
  const error = await getUser(id, deadline)?.catch((thrown: unknown) => thrown)
  if (!isClerkSyncError(error)) throw new Error('It did not fail.')
  expect(`${error.stack}${error.message}${String(error.cause)}`).not.toContain(secretKey)
  return `${error.code}: ${error.message}`
}

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterAll(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

afterEach(() => {
  vi.unstubAllEnvs()
  requests.length = 0
})

describe('getUser', () => {
  it('returns the user as Clerk has it now', async () => {
    expect(await getUser(user.id)).toEqual(user)
    expect(requests[0]).toMatchObject({ method: 'GET', url: `/v1/users/${user.id}` })
    expect(requests[0]?.headers).toMatchObject({
      authorization: `Bearer ${secretKey}`,
      'clerk-api-version': expect.any(String),
    })
  })

  it('returns null if Clerk has no user with the id', async () => {
    expect(await getUser('user_unknown')).toBeNull()
  })

  it('escapes the id in the path', async () => {
    expect(await getUser('user_../admin?')).toMatchObject({ id: 'user_odd' })
  })

  it('accepts an address that ends in a slash or in /v1', async () => {
    for (const slashed of [`${apiUrl}/`, `${apiUrl}//`, `${apiUrl}/v1`, `${apiUrl}/v1/`]) {
      expect(await createClerkApi({ secretKey, apiUrl: slashed })?.getUser(user.id)).toEqual(user)
    }
  })
})

describe('an error message says what happened and what to do', () => {
  it.each([
    ['user_401', 'clerk_key_invalid', 'CLERK_SECRET_KEY'],
    ['user_403', 'clerk_key_invalid', 'authorization_invalid'],
    ['user_422', 'clerk_api_failed', '(form_param_invalid, trace trace123)'],
    ['user_429', 'clerk_api_failed', 'Too many requests'],
    ['user_500', 'clerk_api_failed', 'Try again later'],
    ['user_html', 'clerk_api_failed', 'is not JSON'],
    ['user_nowhere', 'clerk_api_failed', 'Check apiUrl'],
    ['user_moved', 'clerk_api_failed', 'Check apiUrl'],
    ['user_broken', 'clerk_unreachable', 'ended early'],
    ['user_hung_up', 'clerk_unreachable', 'did not respond'],
  ])('%s: %s, %s', async (id, code, words) => {
    const failure = await failureOf(id)
    expect(failure).toContain(`${code}: `)
    expect(failure).toContain(words)
  })

  it('if nothing listens at the address', async () => {
    const closed = createClerkApi({ secretKey, apiUrl: 'http://127.0.0.1:9' })
    await expect(closed?.getUser(user.id)).rejects.toMatchObject({
      code: 'clerk_unreachable',
      cause: expect.any(Error),
    })
  })

  it.each(['clerk', 'localhost:3000', ''])('if the address is malformed: "%s"', async (apiUrl) => {
    await expect(createClerkApi({ secretKey, apiUrl })?.getUser(user.id)).rejects.toMatchObject({
      code: 'clerk_api_failed',
      message: expect.stringContaining('is not a URL'),
    })
  })

  it('if the key contains a line break, without repeating the key', async () => {
    const refusal = createClerkApi({ secretKey: `${secretKey}\n…`, apiUrl })?.getUser(user.id)
    const error = (await refusal?.catch((thrown: unknown) => thrown)) as Error
    expect(error).toMatchObject({ code: 'clerk_key_invalid', message: expect.stringContaining('white space') })
    expect(`${error.stack} ${String(error.cause)}`).not.toContain(secretKey)
    expect(requests).toEqual([])
  })

  it('for a missing key, unlike for a wrong one', () => {
    expect(() => requireClerkApi({})).toThrow(expect.objectContaining({ code: 'clerk_key_missing' }))
  })
})

describe('the deadline', () => {
  it.each(['user_slow', 'user_dripping'])('is a ClerkSyncError if it passes: %s', async (id) => {
    const started = Date.now()
    await failureOf(id, started + 100)
    expect(Date.now() - started).toBeLessThan(2_000)
  })

  it('fails the call at once if it has passed', async () => {
    expect(await failureOf('user_slow', Date.now() - 1_000)).toContain('timed_out: GET /users/user_slow was not sent')
    expect(requests).toEqual([])
  })
})

describe('the environment', () => {
  it('provides key and address, read at each call', async () => {
    expect(createClerkApi({})).toBeUndefined()
    vi.stubEnv('CLERK_SECRET_KEY', secretKey)
    vi.stubEnv('CLERK_API_URL', apiUrl)
    expect(await createClerkApi({})?.getUser(user.id)).toEqual(user)
  })

  it('is overridden by the options', async () => {
    vi.stubEnv('CLERK_SECRET_KEY', 'sk_test_other')
    vi.stubEnv('CLERK_API_URL', 'http://127.0.0.1:9')
    await getUser(user.id)
    expect(requests[0]?.headers.authorization).toBe(`Bearer ${secretKey}`)
  })
})

describe('a list of given users', () => {
  it.each([
    { userIds: [] },
    { userIds: [''] },
    { externalIds: [] },
    { externalIds: [''] },
    { userIds: [], externalIds: ['1'] },
  ])('causes no request if it is empty: %j', async (query) => {
    expect(await requireClerkApi({ secretKey, apiUrl }).listUsers({ limit: 10, ...query })).toEqual([])
    expect(requests).toEqual([])
  })

  it('has no other users, whatever Clerk returns', async () => {
    const other = fixtures.user({ external_id: 'other' })
    const asked = fixtures.user({ external_id: 'asked' })
    const answer = (response: ServerResponse) => json(response, 200, [other, asked])
    routes[`/v1/users?limit=10&user_id=${asked.id}`] = answer
    routes['/v1/users?limit=10&external_id=%2Basked'] = answer
    const api = requireClerkApi({ secretKey, apiUrl })
    expect(await api.listUsers({ limit: 10, userIds: [asked.id] })).toEqual([asked])
    expect(await api.listUsers({ limit: 10, externalIds: ['asked'] })).toEqual([asked])
  })
})
