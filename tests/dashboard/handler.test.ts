import { isClerkSyncError } from 'clerk-mongo-sync'
import { type DashboardSync, toDashboardHandler } from 'clerk-mongo-sync/dashboard'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { useDatabase } from '../support/database'
import { type DashboardApp, openDashboardApp, play } from './dashboard-app'

const db = useDatabase('dashboard_handler')
let app: DashboardApp
let ids: Awaited<ReturnType<typeof play>>

beforeAll(async () => {
  app = await openDashboardApp(db)
  ids = await play(app)
})
afterAll(() => app?.close())

async function get(query = '', init: RequestInit = {}) {
  const response = await fetch(app.url + query, { redirect: 'manual', ...init })
  return { status: response.status, headers: response.headers, text: await response.text() }
}

/** What a browser sends with a form of the page. */
async function tokenOfPage() {
  const { headers, text } = await get()
  const cookie = headers.get('set-cookie')?.split(';')[0] ?? ''
  const token = /name="token" value="([0-9a-f]{48})"/.exec(text)?.[1] ?? ''
  return { cookie, token }
}

function post(fields: Record<string, string>, headers: Record<string, string> = {}) {
  return get('', { method: 'POST', body: new URLSearchParams(fields), headers })
}

describe('who may see the dashboard', () => {
  it('is not created without `authorize`', () => {
    const create = () => toDashboardHandler(app.clerkSync, {} as never)
    expect(create).toThrow(/needs `authorize`/)
    expect(catching(create)).toMatchObject({ code: 'invalid_option' })
  })

  it.each([
    ['false', false],
    ['a value that is only truthy', { userId: 'user_1' }],
    ['a promise of false', Promise.resolve(false)],
    ['nothing', undefined],
  ])('answers 403 and reads nothing if authorize returns %s', async (_, verdict) => {
    const read = vi.fn()
    const sync: DashboardSync = { status: read, deliveries: read, lookUp: read, reconcile: read }
    const { handler } = toDashboardHandler(sync, { authorize: () => verdict as boolean })
    for (const method of ['GET', 'POST', 'DELETE']) {
      const response = await handler(new Request('http://app.test/admin?id=user_1', { method }))
      expect(response.status).toBe(403)
      expect(await response.text()).toBe('Forbidden')
      expect(response.headers.get('set-cookie')).toBeNull()
    }
    expect(read).not.toHaveBeenCalled()
  })

  it('sends the response of authorize, such as a redirect to sign in', async () => {
    const authorize = () => new Response(null, { status: 302, headers: { location: '/sign-in' } })
    const response = await toDashboardHandler(app.clerkSync, { authorize }).handler(new Request('http://app.test/'))
    expect([response.status, response.headers.get('location')]).toEqual([302, '/sign-in'])
  })

  it('leaves what authorize throws to the framework', async () => {
    const authorize = () => Promise.reject(new Error('NEXT_REDIRECT'))
    const answer = toDashboardHandler(app.clerkSync, { authorize }).handler(new Request('http://app.test/'))
    await expect(answer).rejects.toThrow('NEXT_REDIRECT')
  })
})

describe('the pages', () => {
  it.each([
    ['once, if the status lists all open messages', 0, 0],
    ['again, if more are open than the status lists', 11, 1],
  ])('read the delivery log %s', async (_, more, reads) => {
    const deliveries = vi.fn(app.clerkSync.deliveries)
    const status = async () => {
      const found = await app.clerkSync.status()
      const open = found.deliveries
      return { ...found, ...(open && { deliveries: { ...open, failing: open.failing + more } }) }
    }
    const { handler } = toDashboardHandler({ ...app.clerkSync, status, deliveries }, { authorize: () => true })
    const text = await (await handler(new Request('http://app.test/'))).text()
    expect(text).toContain(ids.failing)
    expect(deliveries).toHaveBeenCalledTimes(reads)
  })

  it('allow no script, style, request, frame or form but their own', async () => {
    const { status, headers, text } = await get()
    expect(status).toBe(200)
    expect(headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; style-src 'sha256-[^']+'; script-src 'sha256-[^']+'; connect-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/,
    )
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('set-cookie')).toMatch(/^clerk_sync_dashboard=[0-9a-f]{48}; HttpOnly; SameSite=Lax$/)
    expect(text.match(/<script|<style|<link|<img|<iframe/g)).toEqual(['<link', '<style', '<script'])
    expect(text).not.toMatch(/ style=| on\w+=|javascript:/)
  })

  it('answer HEAD without a body, 405 to other methods, and 404 to unknown pages', async () => {
    expect(await get('', { method: 'HEAD' })).toMatchObject({ status: 200, text: '' })
    const refused = await get('', { method: 'PUT' })
    expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'GET, HEAD, POST'])
    expect(await get('?view=nothing')).toMatchObject({ status: 404 })
  })

  it('name the failing code if the state cannot be read, and nothing else', async () => {
    const failing = { ...app.clerkSync, status: () => app.clerkSync.lookUp('').then(() => failWith('database_failed')) }
    const { handler } = toDashboardHandler(failing as never, { authorize: () => true })
    const response = await handler(new Request('http://app.test/'))
    expect(response.status).toBe(503)
    const text = await response.text()
    expect(text).toContain('database_failed')
    expect(text).not.toContain('mongodb://')
  })

  it('say that there is no delivery log, instead of calling all well', async () => {
    const status = async () => {
      const { deliveries, ...rest } = await app.clerkSync.status()
      return { ...rest, users: { ...rest.users, error: 0 } }
    }
    const { handler } = toDashboardHandler({ ...app.clerkSync, status }, { authorize: () => true })
    const text = await (await handler(new Request('http://app.test/'))).text()
    expect(text).toContain('there is no delivery log')
    expect(text).not.toContain('All is well')
  })

  it('set a cookie for HTTPS alone, over HTTPS', async () => {
    const { handler } = toDashboardHandler(app.clerkSync, { authorize: () => true })
    const behindProxy = new Request('http://app.test/', { headers: { 'x-forwarded-proto': 'https' } })
    for (const request of [new Request('https://app.test/'), behindProxy])
      expect((await handler(request)).headers.get('set-cookie')).toMatch(/; Secure$/)
  })
})

describe('hostile values', () => {
  const hostile = `"><img src=x onerror=alert(1)><script>alert(2)</script>'`

  it('of a user stay text', async () => {
    const user = app.clerk.users.create({ first_name: hostile, email_address: ['mallory@example.com'] })
    await app.delivered()
    const { status, text } = await get(`?id=${user.id}`)
    expect(status).toBe(200)
    expect(text).toContain('&quot;&gt;&lt;img src=x onerror=alert(1)&gt;&lt;script&gt;alert(2)&lt;/script&gt;&#39;')
    expect(text).not.toContain('<img')
  })

  it.each(['id', 'view', 'result', 'code'])('in the address stay text, or out of the page: %s', async (name) => {
    const query = new URLSearchParams({ id: ids.conflicting, result: 'failed', [name]: hostile })
    if (name === 'view') query.delete('id')
    const { text } = await get(`?${query}`)
    expect(text).not.toMatch(/<img|alert/)
  })

  it('of an event stay text', async () => {
    const log = db.connection.collection('clerk_deliveries')
    const times = { firstSeenAt: new Date(), lastSeenAt: new Date(), openSince: new Date() }
    const entry = {
      type: `user.${hostile}`,
      clerkId: hostile,
      errorCode: hostile,
      attempts: 1,
      durationMs: 1,
      ...times,
    }
    await log.insertOne({ _id: hostile as never, ...entry })
    const { text } = await get()
    await log.deleteOne({ _id: hostile as never })
    expect(text).toContain('&lt;img src=x')
    expect(text).not.toMatch(/<img|<script>alert/)
  })

  it('of a code cannot put words of a stranger on the page', async () => {
    const { text } = await get(`?id=${ids.conflicting}&result=failed&code=${encodeURIComponent('Call 555 now')}`)
    expect(text).not.toContain('555')
  })
})

describe('forms', () => {
  const own = { 'sec-fetch-site': 'same-origin' }

  it('are refused without the token of the cookie', async () => {
    const { cookie, token } = await tokenOfPage()
    const retry = { action: 'retry', id: ids.failing }
    for (const [fields, headers] of [
      [retry, own],
      [{ ...retry, token }, own],
      [retry, { ...own, cookie }],
      [
        { ...retry, token: 'a'.repeat(48) },
        { ...own, cookie },
      ],
      [
        { ...retry, token: '' },
        { ...own, cookie: 'clerk_sync_dashboard=' },
      ],
    ] as const)
      expect(await post(fields, headers)).toMatchObject({ status: 403 })
  })

  it('are refused from other sites, also with the right token', async () => {
    const { cookie, token } = await tokenOfPage()
    const fields = { action: 'retry', id: ids.failing, token }
    for (const headers of [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'none' },
      { origin: 'https://evil.test' },
      { origin: 'null' },
      {},
    ])
      expect(await post(fields, { cookie, ...headers } as Record<string, string>)).toMatchObject({ status: 403 })
    expect((await app.clerkSync.status()).deliveries?.failing).toBe(2)
  })

  it('are refused if they are large, or ask for something unknown', async () => {
    const { cookie, token } = await tokenOfPage()
    expect(await post({ token, id: 'x'.repeat(5_000) }, { ...own, cookie })).toMatchObject({ status: 413 })
    expect(await post({ token, action: 'drop' }, { ...own, cookie })).toMatchObject({ status: 400 })
    expect(await post({ token, action: 'retry', id: '../x' }, { ...own, cookie })).toMatchObject({ status: 400 })
  })

  it('of browsers that send Origin alone are accepted', async () => {
    const { cookie, token } = await tokenOfPage()
    const { origin } = new URL(app.url)
    const answer = await post({ action: 'retry', id: ids.failing, token }, { cookie, origin })
    expect([answer.status, answer.headers.get('location')]).toEqual([303, `?id=${ids.failing}&result=stored`])
    expect((await app.clerkSync.status()).deliveries?.failing).toBe(1)
    expect(await app.users.findByClerkId(ids.failing).lean()).toMatchObject({ lastName: 'Lovelace' })
  })

  it('say why Clerk’s state could not be stored', async () => {
    const { cookie, token } = await tokenOfPage()
    const answer = await post({ action: 'retry', id: ids.conflicting, token }, { ...own, cookie })
    expect(answer.headers.get('location')).toBe(`?id=${ids.conflicting}&result=failed&code=conflict`)
  })

  it('of ids that neither side knows, and of what is in step, say so', async () => {
    const { cookie, token } = await tokenOfPage()
    const retry = async (id: string) =>
      (await post({ action: 'retry', id, token }, { ...own, cookie })).headers.get('location')
    expect(await retry('user_unknown')).toBe('?id=user_unknown&result=unknown')
    expect(await retry(ids.organization)).toBe(`?id=${ids.organization}&result=same`)
  })
})

describe('the retry of a deletion', () => {
  it('says that an id is deleted here and alive in Clerk', async () => {
    const { cookie, token } = await tokenOfPage()
    const user = app.clerk.users.create({ email_address: ['alive@example.com'] })
    await app.delivered()
    await app.users.deleteFromClerk(user.id)
    const headers = { cookie, 'sec-fetch-site': 'same-origin' }
    const answer = await post({ action: 'retry', id: user.id, token }, headers)
    expect(answer.headers.get('location')).toBe(`?id=${user.id}&result=deletedHere`)
    expect((await get(`?id=${user.id}&result=deletedHere`)).text).toContain('reconcile --revive restores it')
  })
})

it('an id of a resource that is not stored is not found', async () => {
  const { users } = app
  const { createClerkSync } = await import('clerk-mongo-sync')
  const { handler } = toDashboardHandler(createClerkSync({ users, logger: false }), { authorize: () => true })
  expect((await handler(new Request('http://app.test/?id=org_1'))).status).toBe(404)
})

function catching(work: () => unknown): unknown {
  try {
    return work()
  } catch (error) {
    return isClerkSyncError(error) && error
  }
}

async function failWith(code: 'database_failed'): Promise<never> {
  const { ClerkSyncError } = await import('clerk-mongo-sync')
  throw new ClerkSyncError(code, 'mongodb://secret@host does not answer')
}
