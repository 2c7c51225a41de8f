import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isClerkSyncError } from 'clerk-mongo-sync'
import { fixtures } from 'clerk-mongo-sync/testing'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { createClerkApi } from '../../src/clerk-api/get-user'

const secretKey = 'sk_test_verySecretKey'
const user = fixtures.user()
const requests: IncomingMessage[] = []
const routes: Record<string, (response: ServerResponse) => unknown> = {
  [`/v1/users/${user.id}`]: (response) => json(response, 200, user),
  '/v1/users/user_..%2Fadmin%3F': (response) => json(response, 200, { ...user, id: 'user_odd' }),
  '/v1/users/user_401': (response) =>
    json(response, 401, { errors: [{ code: 'clerk_key_invalid', message: secretKey }] }),
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
  expect(error.code).toBe('clerk_api_failed')
  expect(`${error.stack}${error.message}`).not.toContain(secretKey)
  return error.message
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

describe('a user is asked for', () => {
  it('and given as Clerk has it now', async () => {
    expect(await getUser(user.id)).toEqual(user)
    expect(requests[0]).toMatchObject({ method: 'GET', url: `/v1/users/${user.id}` })
    expect(requests[0]?.headers).toMatchObject({
      authorization: `Bearer ${secretKey}`,
      'clerk-api-version': expect.any(String),
    })
  })

  it('and is null when Clerk has none by that id', async () => {
    expect(await getUser('user_unknown')).toBeNull()
  })

  it('by an id that cannot lead elsewhere', async () => {
    expect(await getUser('user_../admin?')).toMatchObject({ id: 'user_odd' })
  })

  it('whether or not the address ends in a slash', async () => {
    for (const slashed of [`${apiUrl}/`, `${apiUrl}//`]) {
      expect(await createClerkApi({ secretKey, apiUrl: slashed })?.getUser(user.id)).toEqual(user)
    }
  })
})

describe('a failure is clerk_api_failed, and says what to do', () => {
  it.each([
    ['user_401', 'CLERK_SECRET_KEY'],
    ['user_429', 'Too many requests'],
    ['user_500', 'may work again'],
    ['user_html', 'no JSON'],
    ['user_broken', 'broke off'],
    ['user_hung_up', 'could not be reached'],
  ])('%s: %s', async (id, words) => {
    expect(await failureOf(id)).toContain(words)
  })

  it('also where nobody listens', async () => {
    const closed = createClerkApi({ secretKey, apiUrl: 'http://127.0.0.1:9' })
    await expect(closed?.getUser(user.id)).rejects.toMatchObject({ code: 'clerk_api_failed', cause: expect.any(Error) })
  })

  it('also where the address is none', async () => {
    await expect(createClerkApi({ secretKey, apiUrl: 'clerk' })?.getUser(user.id)).rejects.toMatchObject({
      code: 'clerk_api_failed',
    })
  })

  it('also for a key with a line break, which is nowhere repeated', async () => {
    const refusal = createClerkApi({ secretKey: `${secretKey}\n…`, apiUrl })?.getUser(user.id)
    const error = (await refusal?.catch((thrown: unknown) => thrown)) as Error
    expect(error).toMatchObject({ code: 'clerk_api_failed', message: expect.stringContaining('white space') })
    expect(`${error.stack} ${String(error.cause)}`).not.toContain(secretKey)
    expect(requests).toEqual([])
  })
})

describe('the deadline', () => {
  it.each(['user_slow', 'user_dripping'])('is when nobody waits any longer: %s', async (id) => {
    const started = Date.now()
    await failureOf(id, started + 100)
    expect(Date.now() - started).toBeLessThan(2_000)
  })

  it('that has passed fails at once', async () => {
    expect(await failureOf('user_slow', Date.now() - 1_000)).toContain('not in time')
  })
})

describe('the environment', () => {
  it('gives key and address, read at each call', async () => {
    expect(createClerkApi({})).toBeUndefined()
    vi.stubEnv('CLERK_SECRET_KEY', secretKey)
    vi.stubEnv('CLERK_API_URL', apiUrl)
    expect(await createClerkApi({})?.getUser(user.id)).toEqual(user)
  })

  it('yields to the options', async () => {
    vi.stubEnv('CLERK_SECRET_KEY', 'sk_test_other')
    vi.stubEnv('CLERK_API_URL', 'http://127.0.0.1:9')
    await getUser(user.id)
    expect(requests[0]?.headers.authorization).toBe(`Bearer ${secretKey}`)
  })
})
