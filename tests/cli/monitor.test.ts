import { createFakeClerk, type FakeClerk } from 'clerk-mongo-sync/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { uriOf, useDatabase } from '../support/database'
import { freePort } from '../support/free-port'
import { serve } from '../support/serve'
import { runCli, startCli } from './cli'
import { makeProject, type Project } from './project'

const database = useDatabase('cli_monitor')

let clerk: FakeClerk
let project: Project
beforeAll(async () => {
  clerk = await createFakeClerk({ rateLimit: false })
  project = await makeProject()
})
afterAll(async () => {
  await clerk.close()
  await project.remove()
})
beforeEach(async () => {
  await database.connection.collection('clerk_jobs').deleteMany({})
})

const options = (env: Record<string, string> = {}) => ({
  cwd: project.path,
  env: {
    MONGODB_URI: uriOf('test_cli_monitor'),
    CLERK_API_URL: clerk.url,
    CLERK_SECRET_KEY: clerk.secretKey,
    CLERK_WEBHOOK_SIGNING_SECRET: clerk.signingSecret,
    ...env,
  },
})
const cli = (args: string[], env?: Record<string, string>) => runCli(['monitor', ...args], options(env))

describe('monitor', () => {
  it('checks once, and says what each rule found', async () => {
    const { code, stdout } = await cli(['--once'])
    expect(stdout).toMatch(/^ {2}database +ok +The database answers\.$/m)
    expect(code).toBe(0)
  })

  it('alerts about the endpoint to the terminal and to Slack, with exit code 2, and once', async () => {
    const texts: string[] = []
    const slack = await serve((request, response) => {
      request.on('data', (chunk) => texts.push(JSON.parse(String(chunk)).text))
      request.on('end', () => response.end('ok'))
    })
    const url = `http://127.0.0.1:${await freePort()}/api/webhooks/clerk`
    const first = await cli(['--once', '--url', url, '--slack-url', slack.url])
    expect(first.code).toBe(2)
    expect(first.stdout).toMatch(new RegExp(`^alert endpoint ${url} did not answer a signed test delivery\\.$`, 'm'))
    const second = await cli(['--once', '--url', url, '--json'], { SLACK_WEBHOOK_URL: slack.url })
    expect(second.code).toBe(2)
    expect(JSON.parse(second.stdout)).toMatchObject({
      ok: false,
      alerts: [],
      firing: [{ rule: 'endpoint', state: 'firing' }],
    })
    expect(texts).toHaveLength(1)
    expect((await runCli(['status'], options())).stdout).toMatch(/monitor +checked \S+Z, firing: endpoint/)
    await slack.close()
  })

  it('fails if an alert could not be sent, and sends it the next time', async () => {
    const port = await freePort()
    const url = `http://127.0.0.1:${await freePort()}/`
    const failed = await cli(['--once', '--url', url, '--slack-url', `http://127.0.0.1:${port}/secret`])
    expect(failed.code).toBe(1)
    expect(failed.stdout + failed.stderr).toContain('1 alert could not be sent')
    expect(failed.stdout + failed.stderr).not.toContain('/secret')
    expect((await cli(['--once', '--url', url])).stdout).toContain('alert endpoint')
  })

  it('waits for its turn if another monitor checks', async () => {
    const both = await Promise.all([cli(['--once', '--json']), cli(['--once', '--json'])])
    for (const { code, stdout } of both) {
      expect(code).toBe(0)
      expect(JSON.parse(stdout)).not.toHaveProperty('skipped')
    }
    // One that was killed has its lease for two minutes.
    await database.connection
      .collection<{ _id: string }>('clerk_jobs')
      .updateOne({ _id: 'monitor' }, { $set: { holder: 'killed', leaseUntil: new Date(Date.now() + 60_000) } })
    const { code, stdout } = await cli(['--once'])
    expect(stdout).toContain('Another monitor is checking.')
    expect(code).toBe(0)
  })

  it('alerts although the database is away', async () => {
    const port = await freePort()
    const { code, stdout } = await cli(['--once'], { MONGODB_URI: `mongodb://127.0.0.1:${port}/lms` })
    expect(stdout).toMatch(/^alert database The state of the sync could not be read \(timed_out\)/m)
    expect(code).toBe(2)
  })

  it('keeps checking until Ctrl-C', async () => {
    const running = await startCli(['monitor', '--interval', '1'], options())
    await running.printed(/no alert fires\n[\s\S]*no alert fires/)
    running.child.kill('SIGINT')
    expect((await running.ended).code).toBe(0)
  })
})
