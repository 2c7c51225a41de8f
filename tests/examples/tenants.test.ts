import { createSign, generateKeyPairSync } from 'node:crypto'
import { createFakeClerk, signClerkWebhook } from 'clerk-mongo-sync/testing'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { send } from '../contracts/adapters'
import { type RunningExample, signingSecret, testExample } from './example'

const clerk = await createFakeClerk({ signingSecret })
afterAll(() => clerk.close())

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })

/** A session token as Clerk signs it, of a user with this organization active. */
function sessionOf(userId: string, organizationId?: string, signingKey = privateKey): string {
  const now = Math.floor(Date.now() / 1000)
  const claims = {
    iss: 'https://example.clerk.accounts.dev',
    sub: userId,
    sid: 'sess_2example',
    iat: now,
    nbf: now - 10,
    exp: now + 60,
    v: 2,
    // The role that a token claims is as old as the token: the example must not trust it.
    ...(organizationId && { o: { id: organizationId, slg: 'acme', rol: 'admin' } }),
  }
  const parts = [{ alg: 'RS256', typ: 'JWT', kid: 'ins_2example' }, claims]
  const text = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  return `${text}.${createSign('RSA-SHA256').update(text).sign(signingKey, 'base64url')}`
}

testExample({
  name: 'tenants',
  start: ['--import', 'tsx', '--env-file=.env', 'server.ts'],
  env: {
    CLERK_JWT_KEY: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    CLERK_SECRET_KEY: clerk.secretKey,
    CLERK_API_URL: clerk.url,
  },
  more: (running) => describe('the tenants', () => testTenants(running)),
})

function testTenants(running: () => RunningExample): void {
  let url: string
  let made = 0

  const deliver = () => clerk.deliverTo(`${url}/api/webhooks/clerk`)
  beforeAll(() => {
    url = running().url
    deliver()
  })

  async function ask(token: string | undefined, method: string, path: string, body?: unknown) {
    const headers = {
      ...(token && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    }
    const response = await fetch(`${url}/api${path}`, { method, headers, body: JSON.stringify(body) ?? null })
    const text = await response.text()
    return { status: response.status, body: text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : text }
  }

  /** An organization with an admin, and what the admin asks in its name. */
  async function found(name: string) {
    const admin = clerk.users.create({ email_address: `admin${++made}@example.com`, first_name: name })
    const { id } = clerk.organizations.create({ name, created_by: admin.id })
    await clerk.settle()
    const token = sessionOf(admin.id, id)
    return { id, admin, token, ask: (...given: [string, string, unknown?]) => ask(token, ...given) }
  }

  async function join(organizationId: string, role?: string) {
    const { id } = clerk.users.create({ email_address: `member${++made}@example.com` })
    clerk.organizations.addMember(organizationId, id, role)
    await clerk.settle()
    const token = sessionOf(id, organizationId)
    return { id, token, ask: (...given: [string, string, unknown?]) => ask(token, ...given) }
  }

  it('are closed without a session of Clerk, with a forged one, and without an organization', async () => {
    const { admin, id } = await found('Acme')
    const forged = sessionOf(admin.id, id, generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey)
    expect(await ask(undefined, 'GET', '/projects')).toMatchObject({ status: 401 })
    expect(await ask(forged, 'GET', '/projects')).toMatchObject({ status: 401 })
    expect(await ask(sessionOf(admin.id), 'GET', '/projects')).toMatchObject({ status: 403 })
  })

  it('see and change their own projects only', async () => {
    const [acme, globex] = [await found('Acme'), await found('Globex')]
    const { body: project } = await acme.ask('POST', '/projects', { name: 'Rocket', organizationId: globex.id })
    expect(project).toMatchObject({ name: 'Rocket', organizationId: acme.id, createdBy: acme.admin.id })
    const { body: theirs } = await globex.ask('POST', '/projects', { name: 'Reactor' })
    expect(await acme.ask('GET', '/projects')).toMatchObject({ status: 200, body: [{ name: 'Rocket' }] })
    expect((await acme.ask('GET', '/projects')).body).toHaveLength(1)
    expect(await acme.ask('GET', `/projects/${project._id}`)).toMatchObject({ status: 200 })
    expect(await acme.ask('GET', `/projects/${theirs._id}`)).toMatchObject({ status: 404 })
    expect(await acme.ask('PATCH', `/projects/${theirs._id}`, { name: 'Mine' })).toMatchObject({ status: 404 })
    expect(await acme.ask('GET', '/projects/none')).toMatchObject({ status: 404 })
    expect(await acme.ask('PATCH', `/projects/${project._id}`, { name: { $ne: '' } })).toMatchObject({ status: 200 })
    expect(await globex.ask('GET', `/projects/${theirs._id}`)).toMatchObject({ body: { name: 'Reactor' } })
  })

  it('are closed to members of another organization, and to sessions that name it', async () => {
    const [acme, globex] = [await found('Acme'), await found('Globex')]
    const stranger = sessionOf(acme.admin.id, globex.id)
    for (const [method, path] of [
      ['GET', '/projects'],
      ['POST', '/projects'],
      ['GET', '/members'],
    ] as const)
      expect(await ask(stranger, method, path, method === 'POST' ? { name: 'Spy' } : undefined)).toMatchObject({
        status: 403,
      })
    expect(await acme.ask('GET', '/projects')).toMatchObject({ status: 200 })
  })

  it('are closed at once to a member who was removed, and open again to one who was added again', async () => {
    const acme = await found('Acme')
    const bob = await join(acme.id)
    expect(await bob.ask('GET', '/projects')).toMatchObject({ status: 200 })
    clerk.organizations.removeMember(acme.id, bob.id)
    await clerk.settle()
    expect(await bob.ask('GET', '/projects')).toMatchObject({ status: 403 })
    expect(await acme.ask('GET', '/members')).toMatchObject({ body: [{ userId: acme.admin.id, firstName: 'Acme' }] })
    clerk.organizations.addMember(acme.id, bob.id)
    await clerk.settle()
    expect(await bob.ask('GET', '/projects')).toMatchObject({ status: 200 })
  })

  it('count a change of role at once, whatever the session says', async () => {
    const acme = await found('Acme')
    const bob = await join(acme.id)
    const { body: project } = await bob.ask('POST', '/projects', { name: 'Rocket' })
    const rename = () => bob.ask('PATCH', `/projects/${project._id}`, { name: 'Renamed' })
    expect(await rename()).toMatchObject({ status: 403 })
    clerk.organizations.changeRole(acme.id, bob.id, 'org:admin')
    await clerk.settle()
    expect(await rename()).toMatchObject({ status: 200, body: { name: 'Renamed' } })
    clerk.organizations.changeRole(acme.id, bob.id, 'org:member')
    await clerk.settle()
    expect(await rename()).toMatchObject({ status: 403 })
  })

  it('let a permission delete', async () => {
    const acme = await found('Acme')
    const { body: project } = await acme.ask('POST', '/projects', { name: 'Rocket' })
    const { body: theirs } = await (await found('Globex')).ask('POST', '/projects', { name: 'Reactor' })
    expect(await acme.ask('DELETE', `/projects/${project._id}`)).toMatchObject({ status: 403 })
    const [mine] = clerk.organizations.members(acme.id)
    const permissions = [...(mine?.permissions ?? []), 'org:projects:delete']
    const data = { ...mine, permissions, updated_at: Number(mine?.updated_at) + 1 }
    const event = { type: 'organizationMembership.updated', data } as never
    const { headers, body } = signClerkWebhook(event, { signingSecret })
    expect(await send(`${url}/api/webhooks/clerk`, { headers, body })).toMatchObject({ body: { outcome: 'updated' } })
    expect(await acme.ask('DELETE', `/projects/${theirs._id}`)).toMatchObject({ status: 404 })
    expect(await acme.ask('DELETE', `/projects/${project._id}`)).toMatchObject({ status: 200 })
    expect(await acme.ask('GET', '/projects')).toMatchObject({ body: [] })
  })

  it('are open to the founder before the webhook arrives, and closed to those who are no members at Clerk', async () => {
    const stranger = clerk.users.create({ email_address: 'stranger@example.com' })
    clerk.deliverTo(undefined)
    onTestFinished(deliver)
    const acme = await found('Acme')
    expect(await ask(sessionOf(stranger.id, acme.id), 'GET', '/projects')).toMatchObject({ status: 403 })
    expect(await acme.ask('POST', '/projects', { name: 'Rocket' })).toMatchObject({ status: 201 })
    const stored = await running().connection.collection('organizations').findOne({ clerkId: acme.id })
    expect(stored).toMatchObject({ name: 'Acme' })
    clerk.organizations.removeMember(acme.id, acme.admin.id)
    deliver()
    const [event] = clerk.events().slice(-1)
    clerk.resend(event?.messageId ?? '')
    await clerk.settle()
    expect(await acme.ask('GET', '/projects')).toMatchObject({ status: 403 })
  })

  it('are closed to all members once Clerk has deleted the organization, or the user', async () => {
    const acme = await found('Acme')
    const [bob, eve] = [await join(acme.id), await join(acme.id, 'org:admin')]
    clerk.users.delete(eve.id)
    await clerk.settle()
    expect(await eve.ask('GET', '/projects')).toMatchObject({ status: 403 })
    expect(await bob.ask('GET', '/projects')).toMatchObject({ status: 200 })
    clerk.organizations.delete(acme.id)
    await clerk.settle()
    for (const one of [acme, bob]) expect(await one.ask('GET', '/projects')).toMatchObject({ status: 403 })
    const { connection } = running()
    expect(await connection.collection('memberships').countDocuments({ clerkDeletedAt: null })).toBeGreaterThan(0)
    expect(
      await connection.collection('memberships').countDocuments({ organizationId: acme.id, clerkDeletedAt: null }),
    ).toBe(0)
  })
}
