import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createSetting, signedInContract } from '../contracts/signed-in'
import { noBrowser, openBrowser } from '../support/browser'
import { run } from '../support/process'
import { type RunningExample, testExample } from './example'

const setting = await createSetting()
const { clerk, sessions } = setting
afterAll(() => clerk.close())

const next = 'node_modules/next/dist/bin/next'
const env = {
  ...sessions.env,
  NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY: clerk.publishableKey,
  NEXT_PUBLIC_CLERK_TELEMETRY_DISABLED: '1',
}

testExample({
  name: 'next-profile',
  async prepare({ path }) {
    // The packages in this copy are links, which lead out of the folder that Turbopack would keep to.
    await writeFile(join(path, 'next.config.ts'), "export default { turbopack: { root: '/' } }\n")
    await mkdir(join(path, 'src/app/me'))
    await writeFile(join(path, 'src/app/me/route.ts'), routeOfContract)
    await run('next build', [next, 'build'], { cwd: path, env })
  },
  start: [next, 'start'],
  env,
  signingSecret: clerk.signingSecret,
  more(running) {
    signedInContract('Next.js 16', async () => ({ url: running().url, close: async () => {} }), setting)
    describe.skipIf(noBrowser !== undefined)(`in a browser${noBrowser ? `: not run, ${noBrowser}` : ''}`, () => {
      registrationFlow(running)
    })
  },
})

const routeOfContract = `import { toPlainUser } from 'clerk-mongo-sync'
import { currentUser } from '../../lib/current-user'

export async function GET() {
  const user = await currentUser()
  return Response.json(user && toPlainUser(user), { status: user ? 200 : 401 })
}
`

/**
 * A registration from the first page on. Clerk's sign-up page, and the script that Clerk's components load in the browser, are
 * Clerk's own and not covered: nothing but the example is reached from the browser.
 */
function registrationFlow(running: () => RunningExample): void {
  let browser: Browser
  let page: Page
  let ada: ReturnType<typeof clerk.users.create>
  const blocked = new Set<string>()

  beforeAll(async () => {
    clerk.deliverTo(`${running().url}/api/webhooks/clerk`)
    browser = await openBrowser()
    page = await visit({ __clerk_db_jwt: 'dvb_test' })
  })
  afterAll(async () => {
    clerk.deliverTo(undefined)
    await browser?.close()
  })

  /** A browser of its own, with these cookies, which reaches the example only. */
  async function visit(cookies: Record<string, string>): Promise<Page> {
    const { url } = running()
    const context = await browser.newContext({ baseURL: url })
    await context.route('**/*', (route) => {
      const { origin, host } = new URL(route.request().url())
      if (origin === url) return route.continue()
      blocked.add(host)
      return route.abort()
    })
    await context.addCookies(Object.entries(cookies).map(([name, value]) => ({ name, value, url })))
    return context.newPage()
  }
  const stored = () => running().connection.collection('users').findOne({ clerkId: ada.id })
  const count = () => running().connection.collection('users').countDocuments({ clerkId: ada.id })

  test('a visitor who is signed out is sent away from the profile', async () => {
    await page.goto('/profile')
    expect(new URL(page.url()).pathname).toBe('/')
    expect(await page.textContent('main')).toContain('You are signed out.')
  })

  test('the first page after the sign-up has the profile, although the webhook has not arrived', async () => {
    clerk.misbehave({ hold: 1 })
    ada = clerk.users.create({ email_address: 'ada@example.com', first_name: 'Ada', last_name: 'Lovelace' })
    const cookies = Object.entries(sessions.cookies(ada.id, 3600))
    await page.context().addCookies(cookies.map(([name, value]) => ({ name, value, url: running().url })))
    expect(await stored()).toBeNull()
    await page.goto('/profile')
    expect(await page.textContent('h1')).toBe('Welcome, Ada')
    expect(await page.textContent('main')).toContain('Signed up as ada@example.com')
    expect(await page.textContent('strong')).toBe('free')
    expect(clerk.deliveries).toEqual([])
    expect(await stored()).toMatchObject({ email: 'ada@example.com', lastName: 'Lovelace', plan: 'free' })
  })

  test('the webhook that arrives after it changes nothing', async () => {
    const before = await stored()
    clerk.misbehave(undefined)
    clerk.release()
    await clerk.settle()
    expect(clerk.deliveries).toMatchObject([{ type: 'user.created', status: 200 }])
    expect(await stored()).toEqual(before)
    expect(await count()).toBe(1)
  })

  test("the form saves the app's own field in MongoDB, and Clerk gets none of it", async () => {
    await page.fill('textarea', 'Writes programs.')
    await page.click('text=Save')
    await expect.poll(async () => (await stored())?.bio).toBe('Writes programs.')
    await page.reload()
    expect(await page.inputValue('textarea')).toBe('Writes programs.')
    expect(JSON.stringify(clerk.users.get(ada.id))).not.toContain('Writes programs.')
  })

  test('a change of the plan is sent to Clerk, and its echo changes nothing', async () => {
    await page.click('text=Switch to pro')
    await expect.poll(() => page.textContent('strong')).toBe('pro')
    await expect.poll(() => clerk.users.get(ada.id)?.public_metadata, { timeout: 10_000 }).toEqual({ plan: 'pro' })
    await clerk.settle()
    const echo = { type: 'user.updated', status: 200, response: expect.stringMatching(/duplicate|stale/) }
    expect(clerk.deliveries.at(-1)).toMatchObject(echo)
    expect(await stored()).toMatchObject({ plan: 'pro', bio: 'Writes programs.', firstName: 'Ada' })
  })

  test("a change at Clerk arrives, and leaves the app's fields as they are", async () => {
    clerk.users.update(ada.id, { first_name: 'Augusta Ada' })
    await clerk.settle()
    await page.reload()
    expect(await page.textContent('h1')).toBe('Welcome, Augusta Ada')
    expect(await page.inputValue('textarea')).toBe('Writes programs.')
    expect(await page.textContent('strong')).toBe('pro')
  })

  test('another user has a profile of its own', async () => {
    const grace = clerk.users.create({ email_address: 'grace@example.com', first_name: 'Grace' })
    const other = await visit(sessions.cookies(grace.id, 3600))
    await other.goto('/profile')
    expect(await other.textContent('h1')).toBe('Welcome, Grace')
    expect(await other.inputValue('textarea')).toBe('')
    expect(await other.textContent('strong')).toBe('free')
    await clerk.settle()
  })

  test('a user whom Clerk has deleted has no profile any more, and does not come back', async () => {
    clerk.users.delete(ada.id)
    await clerk.settle()
    await page.goto('/profile')
    expect(new URL(page.url()).pathname).toBe('/')
    expect(await stored()).toMatchObject({ clerkDeletedAt: expect.any(Date), bio: 'Writes programs.' })
    expect(await count()).toBe(1)
  })

  test("the browser asked for nothing else but Clerk's own script", () => {
    expect([...blocked]).toEqual(['fake.clerk.accounts.dev'])
  })
}
