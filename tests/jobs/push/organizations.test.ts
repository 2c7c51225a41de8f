import { type ClerkSyncOptions, createClerkSync } from 'clerk-mongo-sync'
import {
  type ClerkOrganizationPluginOptions,
  clerkMembershipModel,
  clerkMembershipPlugin,
  clerkOrganizationModel,
  clerkOrganizationPlugin,
} from 'clerk-mongo-sync/mongoose'
import { toNodeHandler } from 'clerk-mongo-sync/node'
import { createFakeClerk, type FakeClerk } from 'clerk-mongo-sync/testing'
import { Schema, Types } from 'mongoose'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { resolveStore } from '../../../src/store/resolve-store'
import { type TestModel, useDatabase } from '../../support/database'
import { type Served, serve } from '../../support/serve'
import { until } from './push-setup'

vi.setConfig({ testTimeout: 60_000 })
const db = useDatabase('jobs_push_organizations')
const push = {
  publicMetadata: { plan: 'plan', 'billing.seats': 'limits.seats' },
  privateMetadata: ['notes'],
  profile: ['name', 'slug'],
} as const

let clerk: FakeClerk
let users: TestModel
let organizations: Awaited<ReturnType<typeof organizationModel>>
let app: Served | undefined
let made = 0

async function organizationModel(options: ClerkOrganizationPluginOptions = { push }, slug: object = {}) {
  const schema = new Schema({
    slug: { type: String, unique: true, sparse: true, ...slug },
    plan: { type: String, default: 'free' },
    billing: { seats: Number },
    notes: {},
    city: String,
  })
  schema.plugin(clerkOrganizationPlugin, { collections: { tombstones: `tombstones_${++made}` }, ...options })
  const model = clerkOrganizationModel(`Organization${made}`, schema, db.connection)
  await model.init()
  return model
}

async function membershipModel() {
  const schema = new Schema({})
  schema.plugin(clerkMembershipPlugin, { collections: { tombstones: `tombstones_${made}` } })
  const model = clerkMembershipModel(`Membership${++made}`, schema, db.connection)
  await model.init()
  return model
}

beforeEach(async () => {
  const secretKey = `sk_live_${crypto.randomUUID().replaceAll('-', '')}`
  clerk = await createFakeClerk({ secretKey, rateLimit: false, delivery: { schedule: [0, 50, 100, 500] } })
  organizations = await organizationModel()
  users = await db.users()
})
afterEach(async () => {
  await clerk.close()
  await app?.close()
  app = undefined
})

const clerkSync = (options: Partial<ClerkSyncOptions> = {}) =>
  createClerkSync({
    users,
    organizations,
    clerk: { secretKey: clerk.secretKey, apiUrl: clerk.url },
    signingSecret: clerk.signingSecret,
    logger: false,
    ...options,
  })

async function deliver(options: Partial<ClerkSyncOptions> = {}): Promise<void> {
  app = await serve(toNodeHandler(clerkSync(options)))
  clerk.deliverTo(app.url)
}

/** Creates an organization at Clerk and here, in step. */
async function found(fields: object = {}): Promise<string> {
  const organization = clerk.organizations.create({ name: `Acme ${++made}`, ...fields })
  await organizations.upsertFromClerk(organization)
  return organization.id
}

const change = (id: string, values: object) => organizations.updateOne({ clerkId: id }, values as never)
const read = (id: string) => organizations.collection.findOne({ clerkId: id })
const queue = () => {
  const own = resolveStore(organizations, 'organization').pushes?.()
  if (!own) throw new Error('The organizations have no queue.')
  return own
}
const atClerk = (id: string) => clerk.organizations.get(id)
const sent = () =>
  clerk.requests.filter(({ method }) => method !== 'GET').map(({ method, path }) => `${method} ${path}`)

describe('a local change of an organization', () => {
  it('is pushed with one call for metadata and one for name and slug', async () => {
    const id = await found()
    await change(id, { plan: 'pro', 'billing.seats': 5, notes: { vip: true }, name: 'Acme Corp', slug: 'acme-corp' })
    expect(await read(id)).toMatchObject({ syncStatus: 'pending', clerkPushToken: expect.any(String) })
    expect(await clerkSync().push()).toMatchObject({
      pushed: 1,
      failed: 0,
      pending: 0,
      resources: { organizations: { pushed: 1, unchanged: 0, failed: 0, pending: 0 } },
    })
    expect(sent()).toEqual([`PATCH /organizations/${id}/metadata`, `PATCH /organizations/${id}`])
    expect(atClerk(id)).toMatchObject({
      name: 'Acme Corp',
      slug: 'acme-corp',
      public_metadata: { plan: 'pro', limits: { seats: 5 } },
      private_metadata: { notes: { vip: true } },
    })
    const doc = await read(id)
    expect(doc).toMatchObject({ syncStatus: 'active', clerkUpdatedAt: new Date(atClerk(id)?.updated_at ?? 0) })
    expect(doc).not.toHaveProperty('clerkPushToken')
    expect(doc).not.toHaveProperty('clerkPushLease')
  })

  it('keeps other keys of the metadata, and removes what the document no longer has', async () => {
    const id = await found({ public_metadata: { theirs: 1, plan: 'old', limits: { seats: 2, vat: 'DE1' } } })
    await change(id, { $unset: { plan: 1, 'billing.seats': 1 } })
    await clerkSync().push()
    expect(atClerk(id)?.public_metadata).toEqual({ theirs: 1, limits: { vat: 'DE1' } })
  })

  it('is noticed in a save, and not in a write of other paths', async () => {
    const [id, other] = [await found(), await found()]
    const doc = await organizations.findByClerkId(id)
    doc?.set('name', 'Saved')
    await doc?.save()
    await change(other, { city: 'Bern' })
    expect(await clerkSync().push()).toMatchObject({ pushed: 1, unchanged: 0 })
    expect(atClerk(id)?.name).toBe('Saved')
    expect(sent()).toHaveLength(1)
  })

  it('comes back as a duplicate that runs no hook', async () => {
    const id = await found()
    const hook = vi.fn()
    await deliver({ on: { 'organization.updated': hook } })
    await change(id, { name: 'Acme Corp', plan: 'pro' })
    await clerkSync({ on: { 'organization.updated': hook } }).push()
    await clerk.settle()
    const outcomes = clerk.deliveries.map(({ status }) => status)
    expect(outcomes).toEqual([200, 200])
    expect(hook).not.toHaveBeenCalled()
    const { updated_at, ...rest } = atClerk(id) ?? { updated_at: 0 }
    const event = { type: 'organization.updated', data: { ...rest, updated_at } } as never
    expect(await clerkSync().sync(event, { messageId: 'msg_again' })).toMatchObject({ outcome: 'duplicate' })
    expect(await read(id)).toMatchObject({ name: 'Acme Corp', plan: 'pro', syncStatus: 'active' })
  })

  it('is recognized although a member joined meanwhile', async () => {
    const id = await found()
    const hook = vi.fn()
    const sync = clerkSync({ on: { 'organization.updated': hook } })
    await change(id, { plan: 'pro' })
    const [claim] = await queue().claim(1, 60_000, {})
    if (!claim) throw new Error('nothing is due')
    const before = { ...atClerk(id), id, members_count: 1, pending_invitations_count: 1 }
    const answer = { ...before, public_metadata: { plan: 'pro' }, members_count: 2, pending_invitations_count: 0 }
    const later = { ...answer, updated_at: (before.updated_at ?? 0) + 1_000 }
    await queue().complete(claim, { before, answers: [later] }, {})
    expect(await sync.sync({ type: 'organization.updated', data: later }, { messageId: 'msg_echo' })).toMatchObject({
      outcome: 'duplicate',
    })
    expect(hook).not.toHaveBeenCalled()
  })

  it('is kept and recognized although the events of members bring the organization along', async () => {
    const memberships = await membershipModel()
    const id = await found()
    const hook = vi.fn()
    const options = { memberships, on: { 'organization.updated': hook } }
    await deliver(options)
    const [user] = clerk.seed(1)
    await change(id, { name: 'Ours', plan: 'pro' })
    clerk.organizations.addMember(id, user?.id ?? '')
    await clerk.settle()
    expect(await read(id)).toMatchObject({ name: 'Ours', plan: 'pro', syncStatus: 'pending' })
    await clerkSync(options).push()
    clerk.organizations.changeRole(id, user?.id ?? '', 'org:admin')
    await clerk.settle()
    expect(await memberships.findByClerkId(clerk.organizations.members(id)[0]?.id)).toMatchObject({ role: 'org:admin' })
    expect(await read(id)).toMatchObject({ name: 'Ours', plan: 'pro', syncStatus: 'active' })
    expect(await read(id)).not.toHaveProperty('clerkHooksDue')
    expect(hook).not.toHaveBeenCalled()
  })

  it('that fails because Clerk deleted the organization ends its memberships too', async () => {
    const memberships = await membershipModel()
    const id = await found()
    const [user] = clerk.seed(1)
    const member = clerk.organizations.addMember(id, user?.id ?? '')
    await memberships.upsertFromClerk(member)
    await change(id, { plan: 'pro' })
    clerk.organizations.delete(id)
    await organizations.collection.updateOne({ clerkId: id }, { $set: { clerkUpdatedAt: new Date(0) } })
    expect(await clerkSync({ memberships }).push()).toMatchObject({ unchanged: 1, pending: 0 })
    expect(await memberships.findByClerkId(member.id)).toMatchObject({ syncError: 'deleted' })
  })

  it('is found by a comparison if it bypassed mongoose, beside one of a user', async () => {
    users = await db.users({ push: { publicMetadata: ['plan'] } })
    const user = clerk.seed(1)[0]
    const id = await found()
    await users.upsertFromClerk(user as never)
    await users.collection.updateOne({}, { $set: { plan: 'gold' } })
    await organizations.collection.updateOne({ clerkId: id }, { $set: { plan: 'pro' } })
    const sync = clerkSync()
    expect(await sync.push()).toMatchObject({ pushed: 0, found: 0 })
    const dry = await sync.push({ compare: true, dryRun: true })
    expect(dry).toMatchObject({ found: 2, compared: 2, total: 2 })
    expect(dry.differences).toMatchObject([
      { resource: 'user', path: 'plan', set: { count: 1, examples: [user?.id] } },
      { resource: 'organization', path: 'plan', set: { count: 1, examples: [id] } },
    ])
    expect(await sync.push({ compare: true })).toMatchObject({
      pushed: 2,
      pending: 0,
      resources: { users: { pushed: 1 }, organizations: { pushed: 1 } },
    })
    expect([clerk.users.get(user?.id ?? '')?.public_metadata, atClerk(id)?.public_metadata]).toEqual([
      { plan: 'gold' },
      { plan: 'pro' },
    ])
  })

  it('does not wait behind all changes of users', async () => {
    users = await db.users({ push: { publicMetadata: ['plan'] } })
    for (const user of clerk.seed(6)) await users.upsertFromClerk(user)
    await users.updateMany({}, { plan: 'gold' } as never)
    const id = await found()
    await change(id, { plan: 'pro' })
    expect(await clerkSync().push({ limit: 3 })).toMatchObject({
      resources: { users: { pushed: 2, pending: 4 }, organizations: { pushed: 1, pending: 0 } },
    })
  })

  it('is pushed by a worker as it happens', async () => {
    const id = await found()
    const worker = clerkSync().startPushWorker({ pollMs: 100, stopOnSigterm: false })
    await new Promise((resume) => setTimeout(resume, 300))
    await change(id, { name: 'Worked' })
    await until(() => atClerk(id)?.name === 'Worked')
    await until(async () => (await read(id))?.syncStatus === 'active')
    await worker.stop()
  })

  it('waits while Clerk is down, and is pushed later', async () => {
    const id = await found()
    await change(id, { plan: 'pro' })
    clerk.failNext({ status: 503, times: 3, method: 'PATCH', retryAfter: 0 })
    expect(await clerkSync().push()).toMatchObject({ pushed: 0, failed: 1, pending: 1 })
    const token = String((await read(id))?.clerkPushToken)
    expect(token).toMatch(/\.1$/)
    const due = `b${'0'.repeat(12)}${token.slice(13)}`
    await organizations.collection.updateOne({ clerkId: id }, { $set: { clerkPushToken: due } })
    expect(await clerkSync().push()).toMatchObject({ pushed: 1, pending: 0 })
    expect(atClerk(id)?.public_metadata).toEqual({ plan: 'pro' })
  })

  it('of an organization that Clerk deleted applies the deletion', async () => {
    const id = await found()
    await change(id, { plan: 'pro' })
    clerk.organizations.delete(id)
    await organizations.collection.updateOne({ clerkId: id }, { $set: { clerkUpdatedAt: new Date(0) } })
    expect(await clerkSync().push()).toMatchObject({ pushed: 0, unchanged: 1, pending: 0 })
    expect(await read(id)).toMatchObject({ syncStatus: 'error', syncError: 'deleted' })
  })

  it('of an organization that Clerk seems not to have yet is kept', async () => {
    const id = await found()
    await change(id, { plan: 'pro' })
    const organization = atClerk(id)
    clerk.organizations.delete(id)
    const pushing = clerkSync().push({ timeoutMs: 8_000 })
    await until(() => clerk.requests.some(({ path }) => path === '/organizations'))
    expect(await read(id)).not.toHaveProperty('clerkDeletedAt')
    expect(organization?.id).toBe(id)
    await pushing
    expect(clerk.requests.filter(({ path }) => path === '/organizations')).toHaveLength(3)
  })
})

describe('who owns a value of an organization', () => {
  it('Clerk: what the app never wrote takes the value of Clerk', async () => {
    const id = await found()
    expect(await read(id)).not.toHaveProperty('billing')
    await deliver()
    clerk.organizations.mergeMetadata(id, { public_metadata: { plan: 'team', limits: { seats: 3 } } })
    await clerk.settle()
    expect(await read(id)).toMatchObject({ plan: 'team', billing: { seats: 3 }, syncStatus: 'active' })
    expect(await clerkSync().push()).toMatchObject({ pushed: 0, pending: 0 })
  })

  it('MongoDB: what the app wrote stays, and is pushed once more if Clerk changed it', async () => {
    const id = await found()
    await change(id, { name: 'Ours', plan: 'pro' })
    await clerkSync().push()
    await deliver()
    clerk.organizations.update(id, { name: 'Theirs', public_metadata: { plan: 'theirs' } })
    await clerk.settle()
    expect(await read(id)).toMatchObject({ name: 'Ours', plan: 'pro', syncStatus: 'pending' })
    expect(await clerkSync().push()).toMatchObject({ pushed: 1 })
    await clerk.settle()
    expect(atClerk(id)).toMatchObject({ name: 'Ours', public_metadata: { plan: 'pro' } })
    expect(await read(id)).toMatchObject({ name: 'Ours', plan: 'pro', syncStatus: 'active' })
  })

  it('both at once: other values of Clerk are applied while the change waits', async () => {
    organizations = await organizationModel({ push: { profile: ['name'] } })
    const id = await found()
    const hook = vi.fn()
    await deliver({ on: { 'organization.updated': hook } })
    await change(id, { name: 'Ours' })
    clerk.organizations.update(id, { slug: 'theirs' })
    await clerk.settle()
    expect(await read(id)).toMatchObject({ name: 'Ours', slug: 'theirs', syncStatus: 'pending' })
    await clerkSync({ on: { 'organization.updated': hook } }).push()
    await clerk.settle()
    expect(atClerk(id)).toMatchObject({ name: 'Ours', slug: 'theirs' })
    expect(hook).toHaveBeenCalledOnce()
  })

  it('another system that keeps changing a value ends the push with push_contested', async () => {
    const id = await found()
    const onError = vi.fn()
    await deliver()
    await change(id, { plan: 'ours' })
    for (let round = 0; round < 5; round++) {
      await clerkSync({ onError }).push()
      await clerk.settle()
      clerk.organizations.mergeMetadata(id, { public_metadata: { plan: 'theirs' } })
      await clerk.settle()
    }
    expect(await read(id)).toMatchObject({ syncStatus: 'error', syncError: 'push_contested', plan: 'ours' })
    expect(onError).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ code: 'push_contested' }),
      expect.anything(),
    )
  })

  it.each([undefined, { lowercase: true }])(
    'neither: a slug that this library made up is not pushed (schema: %o)',
    async (slug) => {
      organizations = await organizationModel({ push }, slug)
      const [id, later] = [clerk.organizations.create({ name: 'Acme' }), clerk.organizations.create({ name: 'Beta' })]
      await organizations.upsertFromClerk(later)
      await change(later.id, { slug: 'acme' })
      await organizations.upsertFromClerk(id)
      expect((await read(id.id))?.slug).toMatch(/^acme-/)
      await change(id.id, { plan: 'pro' })
      await clerkSync().push()
      expect(atClerk(id.id)).toMatchObject({ slug: 'acme', public_metadata: { plan: 'pro' } })
    },
  )
})

describe('a push of an organization that Clerk refuses', () => {
  it.each([
    ['a slug of another organization', { slug: 'taken' }, 'form_identifier_exists'],
    ['a slug with spaces', { slug: 'Acme Corp' }, 'form_param_format_invalid'],
    ['an empty name', { name: ' ' }, 'form_param_nil'],
    ['a long name', { name: 'x'.repeat(257) }, 'form_param_max_length_exceeded'],
    ['a name with a link', { name: 'see https://acme.example' }, 'form_param_value_invalid'],
    ['a removed name', { $unset: { name: 1 } }, 'always have a name'],
    ['a removed slug', { $unset: { slug: 1 } }, 'always have a slug'],
  ])('%s is shown, reported and not tried again, and delays no other value', async (_, values, reason) => {
    clerk.organizations.create({ name: 'Taken', slug: 'taken' })
    const id = await found()
    const onError = vi.fn()
    await change(id, values)
    await change(id, { plan: 'pro' })
    expect(await clerkSync({ onError }).push()).toMatchObject({
      failed: 1,
      pending: 0,
      failures: [{ clerkId: id, code: 'push_refused', message: expect.stringContaining(reason) }],
      resources: { organizations: { failed: 1 } },
    })
    expect(await read(id)).toMatchObject({ syncStatus: 'error', syncError: 'push_failed' })
    expect(onError).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'push_refused' }), {
      messageId: undefined,
      clerkId: id,
    })
    expect(atClerk(id)?.public_metadata).toEqual({ plan: 'pro' })
    const requests = clerk.requests.length
    await clerkSync().push()
    expect(clerk.requests).toHaveLength(requests)
  })

  it('names the setting if the instance has no slugs', async () => {
    const id = await found()
    clerk.organizations.allowSlugs(false)
    await change(id, { slug: 'new-slug' })
    const { failures } = await clerkSync().push()
    expect(failures).toMatchObject([{ code: 'push_refused', message: expect.stringMatching(/slugs are switched off/) }])
    expect(await read(id)).toMatchObject({ syncError: 'push_failed' })
    clerk.organizations.allowSlugs(true)
    await change(id, { slug: 'newer-slug' })
    expect(await clerkSync().push()).toMatchObject({ pushed: 1 })
    expect(await read(id)).toMatchObject({ syncStatus: 'active' })
    expect(await read(id)).not.toHaveProperty('syncError')
  })

  it('is never sent if the metadata exceeds the limit of Clerk', async () => {
    const id = await found()
    await change(id, { notes: { text: 'x'.repeat(9_000) } })
    expect((await clerkSync().push()).failures).toMatchObject([{ message: expect.stringContaining('8192') }])
    expect(sent()).toEqual([])
  })
})

describe('the option push of clerkOrganizationPlugin', () => {
  it('is refused with what organizations do not have', async () => {
    const modelWith = (given: object) => organizationModel({ push: given })
    await expect(modelWith({ unsafeMetadata: ['plan'] })).rejects.toThrow(/no option unsafeMetadata. Expected public/)
    await expect(modelWith({ externalId: '_id' })).rejects.toThrow(/no option externalId/)
    await expect(modelWith({ profile: ['username'] })).rejects.toThrow(
      /no field username .* Expected any of name, slug/,
    )
    await expect(modelWith({ publicMetadata: ['createdBy'] })).rejects.toThrow(/createdBy, which this library writes/)
    await expect(modelWith({ publicMetadata: ['plan'], privateMetadata: ['plan'] })).rejects.toThrow(/overlap/)
  })

  it('is checked at start-up against the schema and mapOrganization', async () => {
    organizations = await organizationModel({ push: { publicMetadata: ['nowhere'] } })
    expect(() => clerkSync()).toThrow(/push names nowhere, which is not in the schema/)
    organizations = await organizationModel({ push })
    const mapOrganization = () => ({ plan: 'mapped' })
    expect(() => clerkSync({ mapOrganization })).toThrow(/mapOrganization returns plan, but push contains plan/)
  })

  it('adds no path and no queue if it is not given', async () => {
    organizations = await organizationModel({})
    expect(organizations.schema.path('clerkPushToken')).toBeUndefined()
    await expect(clerkSync().push()).rejects.toMatchObject({ code: 'schema_unfit' })
    expect(() => clerkSync().startPushWorker()).toThrow(expect.objectContaining({ code: 'schema_unfit' }))
  })

  it('does not let local users be registered', async () => {
    await expect(clerkSync().registerClerkUser({ _id: new Types.ObjectId() })).rejects.toMatchObject({
      code: 'schema_unfit',
    })
  })
})
