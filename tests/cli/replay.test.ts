import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type ClerkWebhookEvent, createClerkSync } from 'clerk-mongo-sync'
import { toNodeHandler } from 'clerk-mongo-sync/node'
import { createMemoryStore, fixtures, signClerkWebhook } from 'clerk-mongo-sync/testing'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { uriOf, useDatabase } from '../support/database'
import { serve } from '../support/serve'
import { runCli, startCli } from './cli'
import { makeProject, type Project } from './project'

const database = useDatabase('cli_replay')
const signingSecret = 'whsec_c2VjcmV0IG9mIHRoZSB0ZXN0'
const weekAgo = new Date(Date.now() - 7 * 86_400_000)

let project: Project
beforeAll(async () => {
  project = await makeProject()
})
afterAll(() => project.remove())
afterEach(() => database.connection.collection('users').deleteMany({}))

/** A line of `clerk webhooks listen --json`, recorded a week ago. */
function line(event: ClerkWebhookEvent, { secret = signingSecret, messageId = 'msg_1' } = {}): string {
  const { headers, body } = signClerkWebhook(event, { signingSecret: secret, messageId, timestamp: weekAgo })
  return JSON.stringify({ type: 'event', headers, body_b64: Buffer.from(body).toString('base64') })
}

const replay = (args: string[], input?: string, env: Record<string, string> = {}) =>
  runCli(['replay', ...args], {
    cwd: project.path,
    env: { MONGODB_URI: uriOf('test_cli_replay'), CLERK_WEBHOOK_SIGNING_SECRET: signingSecret, ...env },
    ...(input !== undefined && { input }),
  })

const stored = () => database.connection.collection('users').find().toArray()

describe('replay', () => {
  it('applies a recording to the database of the config, in order', async () => {
    const user = fixtures.user({ id: 'user_replayed' })
    const events = [fixtures.userCreated(user), fixtures.userUpdated(user, { first_name: 'Grace' })]
    const lines = events.map((event, at) => line(event, { messageId: `msg_${at}` }))
    await writeFile(join(project.path, 'events.ndjson'), `${lines.join('\n')}\n`)
    const { code, stdout } = await replay(['events.ndjson'])
    expect(code).toBe(0)
    expect(stdout).toContain('2 replayed, 0 failed')
    expect(await stored()).toMatchObject([{ clerkId: 'user_replayed', firstName: 'Grace' }])
    expect(await database.connection.collection('clerk_deliveries').findOne({}, { sort: { _id: 1 } })).toMatchObject({
      type: 'user.created',
    })
  })

  it('reads stdin, and skips unrelated lines', async () => {
    const { code, stdout } = await replay(['-'], `{"type":"ready"}\n\n${line(fixtures.userCreated())}\n`)
    expect(code).toBe(0)
    expect(stdout).toContain('1 replayed')
  })

  it('refuses what the secret did not sign, unless a flag allows it', async () => {
    const forged = line(fixtures.userCreated(), { secret: 'whsec_b3RoZXI=' })
    const refused = await replay(['-'], forged)
    expect(refused.code).toBe(1)
    expect(refused.stdout).toContain('not genuine')
    expect(await stored()).toEqual([])
    expect(await replay(['-', '--unverified'], forged)).toMatchObject({ code: 0 })
    expect(await stored()).toHaveLength(1)
  })

  it('warns if there is no secret to check with', async () => {
    const { code, stderr } = await replay(['-'], line(fixtures.userCreated()), { CLERK_WEBHOOK_SIGNING_SECRET: '' })
    expect(code).toBe(0)
    expect(stderr).toContain('Signatures are not verified')
  })

  it('continues after a malformed line, and fails at the end', async () => {
    const lines = ['{"type":"event"', '{"type":"event","headers":{},"body_b64":"e30="}', line(fixtures.userCreated())]
    const { code, stdout } = await replay(['-', '--json'], lines.join('\n'))
    expect(code).toBe(1)
    const printed = stdout
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text))
    expect(printed.map(({ outcome }) => outcome)).toEqual(['unreadable', 'unreadable', 'created', undefined])
    expect(printed.at(-1)).toMatchObject({
      ok: false,
      summary: { total: 3, failed: 2, outcomes: { unreadable: 2, created: 1 }, interrupted: false },
    })
  })

  it('quotes nothing of a malformed line, which can contain an address', async () => {
    const broken = Buffer.from('{"email_address": ada.secret@example.com}').toString('base64')
    const { stdout, stderr } = await replay(
      ['-'],
      JSON.stringify({ type: 'event', headers: { 'svix-id': 'm' }, body_b64: broken }),
    )
    expect(stdout).toContain('its body is not JSON')
    expect(stdout + stderr).not.toContain('ada.secret')
  })

  it('writes nothing with --dry-run', async () => {
    const { code, stdout } = await replay(['-', '--dry-run'], line(fixtures.userCreated()))
    expect(code).toBe(0)
    expect(stdout).toContain('would replay')
    expect(await stored()).toEqual([])
  })

  it('delivers to an endpoint under the recorded id, with the current time', async () => {
    const users = createMemoryStore()
    const ids: unknown[] = []
    const handle = toNodeHandler(createClerkSync({ users, signingSecret }))
    const endpoint = await serve((request, response) => {
      ids.push(request.headers['svix-id'])
      return handle(request, response)
    })
    const { code } = await replay(['-', '--to', endpoint.url], line(fixtures.userCreated(), { messageId: 'msg_kept' }))
    await endpoint.close()
    expect(code).toBe(0)
    expect(ids).toEqual(['msg_kept'])
    expect(users.users.size).toBe(1)
  })

  it.each([
    ['nothing', ''],
    ['lines about something else', '{"type":"ready"}\n{"type":"ready"}\n'],
    ['an event as plain JSON', `${JSON.stringify(fixtures.userCreated(), null, 2)}\n`],
  ])('fails with %s in it, and prints what is expected', async (_what, input) => {
    for (const args of [['-'], ['-', '--dry-run']]) {
      const { code, stderr } = await replay(args, input)
      expect(code).toBe(1)
      expect(stderr).toMatch(/stdin contains no delivery.*webhooks listen --json.*body_b64/)
    }
  })

  it('prints for each line what failed: status, code and reason', async () => {
    const conflicting = fixtures.user({ id: 'user_conflicting', email: 'ada@example.com' })
    await database.connection.collection('users').insertOne({ email: 'ada@example.com', authProvider: 'local' })
    const { code, stdout } = await replay(['-'], `{"type":"event"}\n${line(fixtures.userCreated(conflicting))}`)
    expect(code).toBe(1)
    expect(stdout).toMatch(/^ +line 1: no body_b64$/m)
    expect(stdout).toMatch(/^ +line 2, conflict: A local account has the value at email.*linkBy/m)
    const users = createMemoryStore()
    const endpoint = await serve(toNodeHandler(createClerkSync({ users, signingSecret: 'whsec_b3RoZXI=' })))
    const sent = await replay(['-', '--to', endpoint.url], line(fixtures.userCreated()))
    await endpoint.close()
    expect(sent.stdout).toMatch(/^ +line 1, answered 400, no_matching_signature: The signature does not match/m)
  })

  it('fails if the endpoint refuses every delivery', async () => {
    const endpoint = await serve((_request, response) => void response.writeHead(401).end())
    const { code, stdout } = await replay(['-', '--to', endpoint.url], line(fixtures.userCreated()))
    await endpoint.close()
    expect(code).toBe(1)
    expect(stdout).toContain('answered 401')
  })

  it('exits at once at a second Ctrl-C, and ignores one right after the first', async () => {
    let isReached = false
    const endpoint = await serve(() => {
      isReached = true
    })
    const running = await startCli(['replay', '-', '--to', endpoint.url], {
      cwd: project.path,
      env: { CLERK_WEBHOOK_SIGNING_SECRET: signingSecret },
      input: line(fixtures.userCreated()),
    })
    while (!isReached) await new Promise((resolve) => setTimeout(resolve, 10))
    for (const wait of [0, 50, 1_100]) {
      await new Promise((resolve) => setTimeout(resolve, wait))
      expect(running.child.exitCode).toBe(null)
      running.child.kill('SIGINT')
    }
    expect(await running.ended).toMatchObject({ code: 130, stdout: '' })
    await endpoint.close()
  })

  it('exits with 130 at Ctrl-C while it waits for more, with a summary', async () => {
    const running = await startCli(['replay', '-'], {
      cwd: project.path,
      env: { MONGODB_URI: uriOf('test_cli_replay'), CLERK_WEBHOOK_SIGNING_SECRET: signingSecret },
      isOpen: true,
    })
    running.child.stdin.write(`${line(fixtures.userCreated())}\n`)
    await running.printed(/created {4}/)
    running.child.kill('SIGINT')
    const { code, stdout } = await running.ended
    expect(code).toBe(130)
    expect(stdout).toContain('1 replayed, 0 failed')
  })
})
