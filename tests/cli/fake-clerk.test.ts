import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClerkSync } from 'clerk-mongo-sync'
import { toNodeHandler } from 'clerk-mongo-sync/node'
import { createMemoryStore } from 'clerk-mongo-sync/testing'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { serve } from '../support/serve'
import { type RunningCli, runCli, startCli } from './cli'

let cwd: string
let running: RunningCli
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'clerk-mongo-sync-fake-'))
})
afterAll(() => rm(cwd, { recursive: true }))
afterEach(async () => {
  running.child.kill('SIGKILL')
  await running.ended
})

interface Started {
  url: string
  env: Record<string, string>
}

async function start(args: string[], env: Record<string, string> = {}): Promise<Started> {
  running = await startCli(['fake-clerk', ...args, '--json'], { cwd, env })
  await running.printed(/\n/)
  return JSON.parse(running.stdout().split('\n')[0] as string)
}

const authorized = (key: string | undefined) => ({
  headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
})

describe('fake-clerk', () => {
  it('answers as a Clerk with so many users, under the key it prints', async () => {
    const { url, env } = await start(['--port', '0', '--users', '12'])
    expect(env.CLERK_API_URL).toBe(url)
    const response = await fetch(`${url}/v1/users/count`, authorized(env.CLERK_SECRET_KEY))
    expect(await response.json()).toMatchObject({ total_count: 12 })
  })

  it('delivers what happens to the endpoint, and tells each attempt', async () => {
    const users = createMemoryStore()
    let secret = ''
    const endpoint = await serve((request, response) =>
      toNodeHandler(createClerkSync({ users, signingSecret: secret }))(request, response),
    )
    const { url, env } = await start(['--port', '0', '--to', endpoint.url])
    secret = env.CLERK_WEBHOOK_SIGNING_SECRET as string
    const body = JSON.stringify({ email_address: ['ada@example.com'] })
    await fetch(`${url}/v1/users`, { method: 'POST', body, ...authorized(env.CLERK_SECRET_KEY) })
    await running.printed(/"isDelivered":true/)
    await endpoint.close()
    expect([...users.users.values()]).toMatchObject([{ email: 'ada@example.com' }])
  })

  it('keeps the keys of an earlier run where the environment has them, and takes no real ones', async () => {
    const first = await start(['--port', '0'])
    running.child.kill('SIGINT')
    await running.ended
    const port = new URL(first.url).port
    const { env } = await start(['--port', port], first.env)
    expect(env).toEqual(first.env)
    running.child.kill('SIGINT')
    await running.ended
    const other = await start(['--port', '0'], {
      CLERK_SECRET_KEY: 'sk_test_real',
      CLERK_API_URL: 'https://api.clerk.com',
    })
    expect(other.env.CLERK_SECRET_KEY).not.toBe('sk_test_real')
  })

  it('prints the lines for .env.local for people', async () => {
    running = await startCli(['fake-clerk', '--port', '0'], { cwd })
    await running.printed(/^CLERK_WEBHOOK_SIGNING_SECRET=whsec_/m)
    expect(running.stdout()).toMatch(/^CLERK_SECRET_KEY=sk_test_/m)
  })

  it('ends with 0 at Ctrl-C, since that is how it ends', async () => {
    await start(['--port', '0'])
    running.child.kill('SIGINT')
    expect(await running.ended).toMatchObject({ code: 0 })
  })

  it('says so where the port is taken', async () => {
    const { url } = await start(['--port', '0'])
    const { code, stderr } = await runCli(['fake-clerk', '--port', new URL(url).port], { cwd })
    expect(code).toBe(1)
    expect(stderr).toContain('is taken')
  })
})
