import { request } from 'node:http'
import { createFakeClerk, type FakeClerk } from 'clerk-mongo-sync/testing'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { uriOf, useDatabase } from '../support/database'
import { serve } from '../support/serve'
import { type RunningCli, runCli, startCli } from './cli'
import { makeProject, type Project } from './project'

const database = useDatabase('cli_dashboard')
let project: Project
let clerk: FakeClerk
let running: RunningCli | undefined

beforeAll(async () => {
  project = await makeProject()
  clerk = await createFakeClerk({ rateLimit: false })
})
afterAll(async () => {
  await clerk.close()
  await project.remove()
})
afterEach(async () => {
  running?.child.kill('SIGKILL')
  await running?.ended
})

const options = () => ({
  cwd: project.path,
  env: { MONGODB_URI: uriOf('test_cli_dashboard'), CLERK_API_URL: clerk.url, CLERK_SECRET_KEY: clerk.secretKey },
})

async function start(...args: string[]): Promise<string> {
  running = await startCli(['dashboard', ...args, '--json'], options())
  await running.printed(/"url":"[^"]+"/)
  return /"url":"([^"]+)"/.exec(running.stdout())?.[1] ?? ''
}

/** `fetch` does not let its caller choose the host. */
function statusFor(url: string, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(url, { headers: { host } }, (response) => resolve(response.resume().statusCode))
      .on('error', reject)
      .end()
  })
}

describe('dashboard', () => {
  it("serves the dashboard of the app's users, until it is interrupted", async () => {
    const user = clerk.users.create({ email_address: ['ada@example.com'], first_name: 'Ada' })
    await runCli(['backfill'], options())
    const url = await start('--port', '0')
    const response = await fetch(url)
    expect(response.status).toBe(200)
    expect(await response.text()).toContain('Clerk → MongoDB')
    expect(await (await fetch(`${url}/?id=${user.id}`)).text()).toContain('Ada')
    expect(await database.connection.collection('users').countDocuments()).toBe(1)
    running?.child.kill('SIGINT')
    expect((await running?.ended)?.code).toBe(0)
  })

  it('refuses requests that name another host, as after DNS rebinding', async () => {
    const url = await start('--port', '0')
    const { port } = new URL(url)
    const statuses = [
      `localhost:${port}`,
      `127.0.0.1:${port}`,
      `evil.test:${port}`,
      'not a host',
      'localhost.evil.test',
    ]
    expect(await Promise.all(statuses.map((host) => statusFor(url, host)))).toEqual([200, 200, 403, 403, 403])
  })

  it('says which port is in use', async () => {
    const taken = await serve(() => {})
    const { code, stderr } = await runCli(['dashboard', '--port', String(taken.port)], options())
    await taken.close()
    expect(code).toBe(1)
    expect(stderr).toContain(`Port ${taken.port} is in use. Choose another with --port.`)
  })
})
