import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ClerkWebhookEvent, createClerkSync } from 'clerk-mongo-sync'
import { toNodeHandler } from 'clerk-mongo-sync/node'
import { createMemoryStore, type MemoryStore } from 'clerk-mongo-sync/testing'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { problemsWithEvent } from '../support/clerk-schemas'
import { type Served, serve } from '../support/serve'
import { runCli } from './cli'

const signingSecret = 'whsec_c2VjcmV0IG9mIHRoZSB0ZXN0'

let cwd: string
let served: Served
let users: MemoryStore
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'clerk-mongo-sync-send-'))
})
afterAll(() => rm(cwd, { recursive: true }))
afterEach(() => served?.close())

async function serveApp(): Promise<void> {
  users = createMemoryStore()
  served = await serve(toNodeHandler(createClerkSync({ users, signingSecret })))
}

async function send(args: string[], env: Record<string, string> = { CLERK_WEBHOOK_SIGNING_SECRET: signingSecret }) {
  return runCli(['send', ...args, '--to', served.url], { cwd, env })
}

describe('send', () => {
  it('delivers an event that the endpoint applies', async () => {
    await serveApp()
    const { code, stdout } = await send(['user.created', '--user-id', 'user_send', '--email', 'ada@example.com'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/200 .*"outcome":"created"/)
    expect(users.users.get('user_send')).toMatchObject({ email: 'ada@example.com' })
  })

  it('updates and deletes the user it created', async () => {
    await serveApp()
    await send(['user.created', '--user-id', 'user_1'])
    expect((await send(['user.updated', '--user-id', 'user_1', '--email', 'new@example.com'])).stdout).toContain(
      'updated',
    )
    expect(users.users.get('user_1')).toMatchObject({ email: 'new@example.com' })
    expect((await send(['user.deleted', '--user-id', 'user_1'])).stdout).toContain('deleted')
    expect(users.users.get('user_1')).toMatchObject({ syncError: 'deleted' })
  })

  it('delivers twice under one id with --times 2', async () => {
    await serveApp()
    const { code, stdout } = await send(['user.created', '--times', '2', '--json'])
    expect(code).toBe(0)
    const { messageId, deliveries } = JSON.parse(stdout)
    expect(messageId).toMatch(/^msg_/)
    expect(deliveries).toMatchObject([
      { status: 200, outcome: 'created' },
      { status: 200, outcome: 'duplicate' },
    ])
  })

  it('accepts only a refusal when forged', async () => {
    await serveApp()
    expect(await send(['user.created', '--forged'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Refused'),
    })
    expect(users.users.size).toBe(0)
    await served.close()
    served = await serve((_request, response) => void response.end('{"outcome":"created"}'))
    const { code, stdout } = await send(['user.created', '--forged'])
    expect(code).toBe(1)
    expect(stdout).toContain('does not verify')
  })

  it('does not take a page for an endpoint that accepts forged deliveries', async () => {
    const html = { 'content-type': 'text/html' }
    served = await serve((_request, response) => void response.writeHead(200, html).end('<title>Shop</title>'))
    const { code, stdout } = await send(['user.created', '--forged'])
    expect(code).toBe(1)
    expect(stdout).toContain('page of HTML, "Shop"')
    expect(stdout).not.toContain('anyone could write')
  })

  it('reads the secret from .env.local, and never prints it', async () => {
    await serveApp()
    await writeFile(join(cwd, '.env.local'), `CLERK_WEBHOOK_SIGNING_SECRET=${signingSecret}\n`)
    const { code, stdout, stderr } = await send(['user.created'], {}).finally(() => rm(join(cwd, '.env.local')))
    expect(code).toBe(0)
    expect(stdout + stderr).not.toContain(signingSecret.slice('whsec_'.length))
  })

  it('names the variable to set if there is no secret', async () => {
    await serveApp()
    const { code, stderr } = await send(['user.created'], {})
    expect(code).toBe(1)
    expect(stderr).toContain('set CLERK_WEBHOOK_SIGNING_SECRET')
  })

  const types = ['user', 'organization', 'organizationMembership'].flatMap((resource) =>
    ['created', 'updated', 'deleted'].map((verb) => `${resource}.${verb}`),
  )
  it.each([...types, 'session.created'])('invents %s as the schema of Clerk demands', async (type) => {
    const { code, stdout } = await runCli(['send', type, '--dry-run'], { cwd })
    expect(code).toBe(0)
    const event = JSON.parse(stdout)
    expect(event.type).toBe(type)
    expect(problemsWithEvent(event)).toEqual([])
  })

  it('delivers a membership of the given user in the given organization', async () => {
    const events: ClerkWebhookEvent[] = []
    const keep = ({ event }: { event: ClerkWebhookEvent }) => void events.push(event)
    const on = { 'organizationMembership.created': keep, 'organizationMembership.deleted': keep }
    users = createMemoryStore()
    served = await serve(toNodeHandler(createClerkSync({ users, signingSecret, on })))
    const ids = ['--user-id', 'user_1', '--organization-id', 'org_1', '--membership-id', 'orgmem_1']
    await send(['organizationMembership.created', ...ids, '--role', 'org:admin'])
    await send(['organizationMembership.deleted', ...ids])
    const [created, deleted] = events
    expect(created?.data).toMatchObject({
      id: 'orgmem_1',
      role: 'org:admin',
      public_user_data: { user_id: 'user_1' },
      organization: { id: 'org_1', updated_at: 1 },
    })
    expect(deleted?.data).toMatchObject({ id: 'orgmem_1' })
  })

  it.each([
    [['user.created', '--organization-id', 'org_1'], 'user.created does not use --organization-id. It uses --user-id'],
    [['organization.updated', '--role', 'org:admin', '--email', 'a@b.c'], 'does not use --email, --role. It uses'],
    [['user.created', '--data', 'data.json', '--role', 'org:admin'], 'remove --role'],
  ])('refuses options that it would not use: %s', async (args, said) => {
    const { code, stderr } = await runCli(['send', ...args], {
      cwd,
      env: { CLERK_WEBHOOK_SIGNING_SECRET: signingSecret },
    })
    expect(code).toBe(64)
    expect(stderr).toContain(said)
  })

  it('reads an event, or only its data, from a file', async () => {
    await serveApp()
    const data = { id: 'user_file', first_name: 'Grace', updated_at: 1_700_000_000_000 }
    await writeFile(join(cwd, 'data.json'), JSON.stringify(data))
    await writeFile(
      join(cwd, 'event.json'),
      JSON.stringify({ type: 'user.updated', data: { ...data, id: 'user_event' } }),
    )
    await send(['user.created', '--data', 'data.json'])
    await send(['user.updated', '--data', 'event.json'])
    expect([...users.users.keys()]).toEqual(['user_file', 'user_event'])
    expect(await send(['user.deleted', '--data', 'event.json'])).toMatchObject({ code: 64 })
  })

  it('sends nothing with --dry-run, and prints the event', async () => {
    await serveApp()
    const { code, stdout } = await send(['user.created', '--dry-run', '--user-id', 'user_dry'], {})
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ type: 'user.created', data: { id: 'user_dry' } })
    expect(users.users.size).toBe(0)
  })

  it.each<[string, RequestListener, RegExp]>([
    [
      'a redirect',
      (_, res) => void res.writeHead(307, { location: '/sign-in' }).end(),
      /redirect to \/sign-in.*does not follow/,
    ],
    ['401', (_, res) => void res.writeHead(401).end(), /clerkMiddleware/],
    ['404', (_, res) => void res.writeHead(404).end('<html>'), /no route at this address/],
    ['405', (_, res) => void res.writeHead(405).end(), /does not accept POST/],
    ['500', (_, res) => void res.writeHead(500).end(), /See its log/],
    ['200 of somebody else', (_, res) => void res.end('ok'), /not by this library/],
  ])('fails and explains %s', async (_what, listener, hint) => {
    served = await serve(listener)
    const { code, stdout } = await send(['user.created'])
    expect(code).toBe(1)
    expect(stdout).toMatch(hint)
  })

  it('explains a refusal because of another secret', async () => {
    await serveApp()
    const { code, stdout } = await send(['user.created'], { CLERK_WEBHOOK_SECRET: 'whsec_b3RoZXI=' })
    expect(code).toBe(1)
    expect(stdout).toContain('different secrets')
  })

  it('lists the events, one per line, if none is given or it is unknown', async () => {
    for (const args of [['send'], ['send', 'billing.paid']]) {
      const { code, stderr } = await runCli(args, { cwd })
      expect(code).toBe(64)
      for (const type of [...types, 'session.created']) expect(stderr).toMatch(new RegExp(`^ +${type} +\\w`, 'm'))
      expect(stderr).toContain('--data <file>')
    }
  })

  it('explains that nothing listens', async () => {
    await serveApp()
    await served.close()
    const { code, stdout } = await send(['user.created'])
    expect(code).toBe(1)
    expect(stdout).toContain('Nothing listens')
  })
})
