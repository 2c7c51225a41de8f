import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import type { RunningExample } from './example'

/** The route of the dashboard, for a test alone: the header decides. */
const authorize = "{ authorize: ({ headers }) => headers.get('x-admin') === 'yes' }"

/** Adds the dashboard to a copy of the example for Next.js: one file. */
export async function addNextRoute(path: string): Promise<void> {
  const file = join(path, 'app/admin/sync/route.ts')
  await mkdir(dirname(file), { recursive: true })
  await writeFile(
    file,
    `import { toDashboardHandler } from 'clerk-mongo-sync/dashboard'
import { toNextHandler } from 'clerk-mongo-sync/next'
import { clerkSync } from '@/lib/clerk-sync'

export const { GET, POST } = toNextHandler(toDashboardHandler(clerkSync, ${authorize}))
`,
  )
}

/** Adds it to a copy of the example for Express: two lines. */
export async function addExpressRoute(path: string): Promise<void> {
  const file = join(path, 'server.ts')
  const code = await readFile(file, 'utf8')
  const line = 'app.use(express.json())'
  expect(code).toContain(line)
  const route = `app.use('/admin/sync', toExpressHandler(toDashboardHandler(clerkSync, ${authorize})))`
  const imported = "import { toDashboardHandler } from 'clerk-mongo-sync/dashboard'\n"
  await writeFile(file, imported + code.replace(line, `${route}\n${line}`))
}

/** Registers a test of the route in the running example. */
export function testDashboardRoute(running: () => RunningExample): void {
  test('serves the dashboard from one route, to administrators alone', async () => {
    const url = `${running().url}/admin/sync`
    expect((await fetch(url)).status).toBe(403)
    const headers = { 'x-admin': 'yes' }
    const page = await fetch(url, { headers })
    const text = await page.text()
    expect([page.status, page.headers.get('content-security-policy')]).toEqual([
      200,
      expect.stringContaining("default-src 'none'"),
    ])
    expect(text).toContain('Clerk → MongoDB')
    expect((await fetch(`${url}?view=nothing`, { headers })).status).toBe(404)

    const cookie = page.headers.get('set-cookie')?.split(';')[0] ?? ''
    const token = /name="token" value="(\w+)"/.exec(text)?.[1] ?? ''
    const post = (more: Record<string, string>) =>
      fetch(url, {
        method: 'POST',
        redirect: 'manual',
        headers: { ...headers, cookie, ...more },
        body: new URLSearchParams({ action: 'stop', token }),
      })
    const answer = await post({ 'sec-fetch-site': 'same-origin' })
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '?view=reconcile'])
    expect((await post({ 'sec-fetch-site': 'cross-site' })).status).toBe(403)
  })
}
