import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClerkSync } from 'clerk-mongo-sync'
import { toNodeHandler } from 'clerk-mongo-sync/node'
import { createMemoryStore } from 'clerk-mongo-sync/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
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
  it('serves the given number of users under the key that it prints', async () => {
    const { url, env } = await start(['--port', '0', '--users', '12'])
    expect(env.CLERK_API_URL).toBe(url)
    const response = await fetch(`${url}/v1/users/count`, authorized(env.CLERK_SECRET_KEY))
    expect(await response.json()).toMatchObject({ total_count: 12 })
  })

  it('delivers events to the endpoint, and prints each attempt', async () => {
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

  it('keeps the keys of an earlier run in the environment, and refuses real ones', async () => {
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

  it.each([
    ['.env', undefined],
    ['.env', '.env'],
    ['.env.local', '.env.local'],
  ])('prints the lines for %s that the project needs', async (named, there) => {
    if (there) await writeFile(join(cwd, there), '')
    running = await startCli(['fake-clerk', '--port', '0'], { cwd })
    await running.printed(/^CLERK_WEBHOOK_SIGNING_SECRET=whsec_/m)
    expect(running.stdout()).toMatch(/^CLERK_SECRET_KEY=sk_test_/m)
    expect(running.stdout()).toContain(`\nFor ${named}:\n`)
    if (there) await rm(join(cwd, there))
  })

  it('names its keys in --help', async () => {
    const { stdout } = await runCli(['fake-clerk', '--help'], { cwd })
    for (const line of [/^ {2}c +creates/m, /^ {2}u +changes/m, /^ {2}d +deletes/m, /^ {2}r +sends/m])
      expect(stdout).toMatch(line)
  })

  it('exits with 0 at Ctrl-C', async () => {
    await start(['--port', '0'])
    running.child.kill('SIGINT')
    expect(await running.ended).toMatchObject({ code: 0 })
  })

  it('reports a port that is in use', async () => {
    const { url } = await start(['--port', '0'])
    const { code, stderr } = await runCli(['fake-clerk', '--port', new URL(url).port], { cwd })
    expect(code).toBe(1)
    expect(stderr).toContain('is in use')
  })
})

describe('fake-clerk --data', () => {
  let file: string
  beforeEach(() => {
    file = join(cwd, `${crypto.randomUUID()}.json`)
  })

  const restart = async (signal: NodeJS.Signals, args: string[] = []) => {
    running.child.kill(signal)
    await running.ended
    return start(['--port', '0', '--data', file, ...args])
  }
  const call = async ({ url, env }: Started, path: string, method = 'GET', body?: object) => {
    const init = { method, ...authorized(env.CLERK_SECRET_KEY), ...(body && { body: JSON.stringify(body) }) }
    const response = await fetch(`${url}/v1${path}`, init)
    return { status: response.status, json: await response.json() }
  }

  it('resumes with its keys, users, organizations and members after Ctrl-C', async () => {
    const first = await start(['--port', '0', '--data', file, '--users', '3'])
    const { json: ada } = await call(first, '/users', 'POST', { email_address: ['ada@example.com'] })
    const { json: org } = await call(first, '/organizations', 'POST', { name: 'Engines', created_by: ada.id })
    const users = await call(first, '/users?limit=10')
    const second = await restart('SIGINT')
    expect({ ...second.env, CLERK_API_URL: first.url }).toEqual(first.env)
    expect((await call(second, '/users?limit=10')).json).toEqual(users.json)
    expect((await call(second, `/organizations/${org.id}`)).json).toEqual(org)
    expect((await call(second, `/organizations/${org.id}/memberships`)).json.data).toMatchObject([
      { role: 'org:admin', public_user_data: { user_id: ada.id } },
    ])
  })

  it('has everything it answered after it was killed during many calls', async () => {
    const first = await start(['--port', '0', '--data', file, '--no-rate-limit'])
    const answered: string[] = []
    const deleting: string[] = []
    const gone: string[] = []
    const signUps = Array.from({ length: 200 }, async (_, n) => {
      const { json } = await call(first, '/users', 'POST', { email_address: [`n${n}@example.com`] })
      answered.push(json.id)
      if (n % 3 > 0) return
      deleting.push(json.id)
      await call(first, `/users/${json.id}`, 'DELETE')
      gone.push(json.id)
    })
    while (answered.length < 60) await new Promise((resolve) => setTimeout(resolve, 1))
    running.child.kill('SIGKILL')
    await Promise.allSettled(signUps)
    const second = await restart('SIGKILL', ['--no-rate-limit'])
    const { json: users } = await call(second, '/users?limit=500')
    const ids = users.map(({ id }: { id: string }) => id)
    expect(answered.length).toBeLessThan(200)
    expect(gone.filter((id) => ids.includes(id))).toEqual([])
    expect(answered.filter((id) => !deleting.includes(id) && !ids.includes(id))).toEqual([])
    expect(second.env.CLERK_SECRET_KEY).toBe(first.env.CLERK_SECRET_KEY)
  })

  it('delivers after a crash what was pending, under the old id, and nothing twice', async () => {
    const delivered: unknown[] = []
    let status = 500
    const endpoint = await serve((request, response) => {
      if (status === 200) delivered.push(request.headers['svix-id'])
      response.writeHead(status).end()
    })
    const first = await start(['--port', '0', '--data', file, '--to', endpoint.url])
    await call(first, '/users', 'POST', { email_address: ['ada@example.com'] })
    await running.printed(/"isDelivered":false/)
    const [, messageId] = /"messageId":"(msg_\w+)"/.exec(running.stdout()) ?? []
    status = 200
    const second = await restart('SIGKILL', ['--to', endpoint.url])
    await running.printed(/"isDelivered":true/)
    await call(second, '/users', 'POST', { email_address: ['bob@example.com'] })
    await running.printed(/("isDelivered":true.*\n.*){2}/)
    await restart('SIGINT', ['--to', endpoint.url])
    await new Promise((resolve) => setTimeout(resolve, 200))
    await endpoint.close()
    expect(delivered).toHaveLength(2)
    expect(delivered[0]).toBe(messageId)
  })

  it('creates users in a new file only, and reports that for an old one', async () => {
    await start(['--port', '0', '--data', file, '--users', '3'])
    const again = await restart('SIGINT', ['--users', '3'])
    await running.printed(/already has users/)
    expect((await call(again, '/users/count')).json.total_count).toBe(3)
  })

  it('has a line for each user, which can be edited while it is not running', async () => {
    await start(['--port', '0', '--data', file, '--users', '1'])
    running.child.kill('SIGINT')
    await running.ended
    const byHand = '{"id":"user_hand","email_addresses":[{"id":"idn_1","email_address":"hand@example.com"}]},'
    await writeFile(file, (await readFile(file, 'utf8')).replace('"users": [\n', `"users": [\n${byHand}\n`))
    const again = await restart('SIGINT')
    expect((await call(again, '/users?email_address=hand@example.com')).json).toMatchObject([{ id: 'user_hand' }])
  })

  it.each([
    ['no JSON', '{"format":'],
    ['another format', '{"format":"of something else"}'],
    ['a user without an id', (text: string) => text.replace('"id":"user_', '"no":"user_')],
    [
      'an address that two users have',
      (text: string) =>
        text.replace(
          /\n {2}(.*"user_.*)\n/,
          (line, user) => `${line.trimEnd()},\n${user.replace('user_', 'user_2')}\n`,
        ),
    ],
  ])('refuses a file with %s, and leaves it unchanged', async (_, broken) => {
    await start(['--port', '0', '--data', file])
    running.child.kill('SIGINT')
    await running.ended
    const seeded = await start(['--port', '0', '--data', file])
    await call(seeded, '/users', 'POST', { email_address: ['ada@example.com'] })
    running.child.kill('SIGINT')
    await running.ended
    const text = typeof broken === 'string' ? broken : broken(await readFile(file, 'utf8'))
    await writeFile(file, text)
    const { code, stderr } = await runCli(['fake-clerk', '--port', '0', '--data', file], { cwd })
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining(`${file} cannot be used: `) })
    expect(stderr).toContain('move it away')
    expect(await readFile(file, 'utf8')).toBe(text)
  })

  it('exits, and answers no call as done, if another program changed the file', async () => {
    const first = await start(['--port', '0', '--data', file])
    await writeFile(file, 'mine')
    const status = await call(first, '/users', 'POST', { email_address: ['ada@example.com'] }).then(
      (answer) => answer.status,
      () => 'none',
    )
    const { code, stderr } = await running.ended
    expect([500, 'none']).toContain(status)
    expect(code).toBe(1)
    expect(stderr).toContain('Another program changed')
    expect(await readFile(file, 'utf8')).toBe('mine')
  })

  it('reports at once a file that cannot be written', async () => {
    const { code, stderr } = await runCli(['fake-clerk', '--port', '0', '--data', join(file, 'x.json')], { cwd })
    expect(code).toBe(1)
    expect(stderr).toMatch(/x\.json cannot be written: ENOENT/)
  })
})
