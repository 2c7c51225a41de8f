import { type ClerkSyncOptions, createClerkSync } from 'clerk-mongo-sync'
import { clerkOrganizationModel, clerkOrganizationPlugin } from 'clerk-mongo-sync/mongoose'
import { createFakeClerk, type FakeClerk } from 'clerk-mongo-sync/testing'
import { Schema } from 'mongoose'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type TestModel, useDatabase } from '../support/database'
import { type ClerkProxy, startClerkProxy } from './clerk-proxy'

vi.setConfig({ testTimeout: 60_000 })
const db = useDatabase('jobs_organizations')
let made = 0
let clerk: FakeClerk
let proxy: ClerkProxy
let users: TestModel
let organizations: Awaited<ReturnType<typeof organizationModel>>

async function organizationModel() {
  const schema = new Schema({ slug: { type: String, unique: true, sparse: true } })
  schema.plugin(clerkOrganizationPlugin)
  const model = clerkOrganizationModel(`JobOrganization${++made}`, schema, db.connection)
  await model.init()
  return model
}

beforeEach(async () => {
  clerk = await createFakeClerk()
  proxy = await startClerkProxy(clerk.url)
  users = await db.users()
  organizations = await organizationModel()
  await db.connection.collection('clerk_jobs').deleteMany({})
})
afterEach(async () => {
  await proxy.close()
  await clerk.close()
})

function clerkSyncWith(options: Partial<ClerkSyncOptions> = {}) {
  const access = { secretKey: clerk.secretKey, apiUrl: proxy.url }
  return createClerkSync({ users, organizations, clerk: access, logger: false, ...options })
}

/** Founds organizations, and returns their ids in the order of Clerk's list. */
function found(count: number): string[] {
  const added = Array.from({ length: count }, (_, n) => clerk.organizations.create({ name: `Acme ${made}-${n}` }))
  return added
    .sort((one, other) => one.created_at - other.created_at || (one.id < other.id ? -1 : 1))
    .map(({ id }) => id)
}

/** Acts once, before the nth page of organizations is read. */
function beforePage(number: number, action: () => unknown) {
  let pages = 0
  proxy.before = ({ pathname, searchParams }) => {
    if (!pathname.endsWith('/organizations') || Number(searchParams.get('limit')) < 100) return
    if (searchParams.has('organization_id')) return
    pages += 1
    if (pages === number) action()
  }
}

const alive = () => organizations.countDocuments({ clerkDeletedAt: { $exists: false } })

describe('a backfill', () => {
  it('stores all users, then all organizations, and counts each resource', async () => {
    clerk.seed(3)
    found(5)
    const steps: string[] = []
    const result = await clerkSyncWith().backfill({
      onProgress: ({ resource, done, total }) => steps.push(`${resource} ${done}/${total}`),
    })
    expect(result).toMatchObject({ seen: 3, created: 3, complete: true })
    expect(result.organizations).toMatchObject({ seen: 5, created: 5, failed: 0, complete: true, failures: [] })
    expect(result).not.toHaveProperty('memberships')
    expect(steps).toEqual(['users 3/3', 'organizations 5/5'])
    for (const [clerkId, { name, slug }] of clerk.organizations)
      expect(await organizations.findByClerkId(clerkId).lean()).toMatchObject({ name, slug, syncStatus: 'active' })
    expect((await clerkSyncWith().backfill()).organizations).toMatchObject({ seen: 5, unchanged: 5 })
  })

  it('misses none while organizations are founded and deleted between its pages', async () => {
    const ids = found(620)
    beforePage(2, () => {
      for (const id of ids.slice(0, 60)) clerk.organizations.delete(id)
      found(10)
    })
    const result = await clerkSyncWith().backfill()
    expect(result.organizations).toMatchObject({ seen: 630, created: 630, complete: true })
    for (const id of clerk.organizations) expect(await organizations.exists({ clerkId: id[0] })).not.toBeNull()
  })

  it('that was aborted continues in the resource and at the page where it stopped', async () => {
    clerk.seed(2)
    found(620)
    const stop = new AbortController()
    const first = await clerkSyncWith().backfill({
      signal: stop.signal,
      onProgress: ({ resource }) => resource === 'organizations' && stop.abort(),
    })
    expect(first).toMatchObject({ seen: 2, complete: false, organizations: { seen: 500, complete: false } })
    proxy.requests.length = 0
    const second = await clerkSyncWith().backfill()
    expect(second).toMatchObject({
      seen: 0,
      complete: true,
      organizations: { seen: 120, created: 120, complete: true },
    })
    expect(proxy.requests.filter((path) => path.startsWith('/users?limit=500'))).toEqual([])
    expect(await organizations.countDocuments()).toBe(620)
    expect((await clerkSyncWith().backfill()).organizations).toMatchObject({ seen: 620, unchanged: 620 })
  })

  it('counts a limit over all resources', async () => {
    clerk.seed(4)
    found(4)
    expect(await clerkSyncWith().backfill({ limit: 6 })).toMatchObject({ seen: 4, organizations: { seen: 2 } })
    expect(await clerkSyncWith().backfill()).toMatchObject({ complete: true, seen: 0, organizations: { seen: 2 } })
  })

  it('of only organizations leaves users, and their position, alone', async () => {
    clerk.seed(3)
    found(2)
    await clerkSyncWith().backfill({ limit: 1 })
    const result = await clerkSyncWith().backfill({ only: ['organizations'] })
    expect(result).toMatchObject({ seen: 0, complete: true, organizations: { created: 2 } })
    expect(await users.countDocuments()).toBe(1)
    expect(await clerkSyncWith().backfill()).toMatchObject({ seen: 2, created: 2, organizations: { unchanged: 2 } })
  })

  it('reads organizations changed since a time', async () => {
    const ids = found(3)
    await clerkSyncWith().backfill()
    await new Promise((resolve) => setTimeout(resolve, 20))
    const since = new Date()
    clerk.organizations.update(ids[1] ?? '', { name: 'Changed' })
    expect((await clerkSyncWith().backfill({ since })).organizations).toMatchObject({ seen: 1, updated: 1 })
  })

  it('writes nothing in a dry run', async () => {
    found(3)
    expect((await clerkSyncWith().backfill({ dryRun: true })).organizations).toMatchObject({ seen: 3, created: 3 })
    expect(await organizations.countDocuments()).toBe(0)
  })

  it('leaves the hook of the creation pending with `hooks`', async () => {
    const [id = ''] = found(1)
    const clerkSync = clerkSyncWith({ on: { 'organization.created': () => {} } })
    await clerkSync.backfill({ hooks: true })
    expect(await organizations.findOne({ clerkId: id }).lean()).toMatchObject({
      clerkPendingType: 'organization.created',
    })
  })

  it('refuses a resource without a model', async () => {
    await expect(clerkSyncWith().backfill({ only: ['memberships'] })).rejects.toMatchObject({ code: 'invalid_option' })
    await expect(clerkSyncWith().reconcile({ only: ['memberships'] })).rejects.toMatchObject({ code: 'invalid_option' })
  })
})

describe('reconcile', () => {
  it('finds and repairs what lost deliveries left out of step', async () => {
    const ids = found(30)
    await clerkSyncWith().backfill()
    for (const id of ids.slice(0, 2)) clerk.organizations.update(id, { name: 'Renamed' })
    for (const id of ids.slice(2, 5)) clerk.organizations.delete(id)
    await organizations.updateOne({ clerkId: ids[9] ?? '' }, { $set: { name: 'Changed here' } })
    found(4)
    const drift = { stale: 2, deletedInClerk: 3, missing: 4, changed: 1 }
    expect((await clerkSyncWith().reconcile()).organizations).toMatchObject({ mode: 'full', drift })
    expect(await alive()).toBe(30)
    const { organizations: repaired } = await clerkSyncWith().reconcile({ apply: true })
    expect(repaired).toMatchObject({ repaired: drift, failures: [], after: { checked: 31, inStep: 31 } })
    expect(await alive()).toBe(31)
    expect(await clerkSyncWith().reconcile({ only: ['organizations'] })).toMatchObject({
      checked: 0,
      organizations: { checked: 31, inStep: 31 },
    })
  })

  it('finds no drift while organizations are deleted and founded between its pages', async () => {
    const ids = found(620)
    await clerkSyncWith().backfill()
    beforePage(2, () => {
      for (const id of ids.slice(0, 60)) {
        clerk.organizations.delete(id)
      }
    })
    const report = await clerkSyncWith().reconcile({ only: ['organizations'] })
    expect(report.organizations?.drift).toMatchObject({ missing: 0, stale: 0, changed: 0, deletedHere: 0 })
    beforePage(2, () => {})
    expect((await clerkSyncWith().reconcile()).organizations?.drift).toMatchObject({ deletedInClerk: 60, missing: 0 })
  })

  it('deletes none that only a list lacks, because each is fetched before', async () => {
    const ids = found(30)
    await clerkSyncWith().backfill()
    clerk.organizations.delete(ids[0] ?? '')
    // Lists, and look-ups by ids, lack half of them.
    proxy.change = ({ pathname }, json) => {
      const { data } = json as { data?: { id: string }[] }
      if (!pathname.endsWith('/organizations') || !data) return json
      return { ...(json as object), data: data.filter(({ id }) => ids.indexOf(id) % 2 === 0) }
    }
    await organizations.updateMany({}, { $set: { clerkUpdatedAt: new Date(Date.now() - 3_600_000) } })
    const { organizations: report } = await clerkSyncWith().reconcile({ apply: true })
    expect(report?.repaired).toMatchObject({ deletedInClerk: 1 })
    expect(await alive()).toBe(29)
  })

  it('refuses to delete organizations with the key of another instance', async () => {
    const ids = found(15)
    await clerkSyncWith().backfill()
    for (const id of ids) clerk.organizations.delete(id)
    found(3)
    await organizations.updateMany({}, { $set: { clerkUpdatedAt: new Date(Date.now() - 3_600_000) } })
    await expect(clerkSyncWith().reconcile({ apply: true })).rejects.toMatchObject({ code: 'clerk_instance_mismatch' })
    expect(await alive()).toBe(15)
  })

  it('compares a sample of each resource', async () => {
    clerk.seed(60)
    found(60)
    await clerkSyncWith().backfill()
    const { checked, organizations: report } = await clerkSyncWith().reconcile({ sample: 20 })
    expect(checked).toBeGreaterThanOrEqual(10)
    expect(report).toMatchObject({ mode: 'sample', inStep: report?.checked })
    expect(report?.checked).toBeGreaterThanOrEqual(10)
  })

  it('revives an organization by its id', async () => {
    const [id = ''] = found(2)
    await clerkSyncWith().backfill()
    await organizations.deleteFromClerk(id)
    expect((await clerkSyncWith().reconcile()).organizations?.drift).toMatchObject({ deletedHere: 1 })
    const report = await clerkSyncWith().reconcile({ revive: [id] })
    expect(report).toMatchObject({ checked: 0, complete: true, organizations: { repaired: { deletedHere: 1 } } })
    expect(await alive()).toBe(2)
  })

  it('closes the deliveries of organizations that are in step again', async () => {
    const [id = ''] = found(1)
    await db.connection.collection('clerk_deliveries').deleteMany({})
    const clerkSync = clerkSyncWith({ deliveries: true })
    const json = clerk.organizations.get(id)
    const refusing = clerkSyncWith({
      deliveries: true,
      mapOrganization: () => {
        throw new Error('not now')
      },
    })
    await refusing
      .sync({ type: 'organization.created', data: json as never }, { messageId: 'msg_lost' })
      .catch(() => {})
    expect((await clerkSync.status()).deliveries?.failed).toHaveLength(1)
    await clerkSync.reconcile({ apply: true })
    expect((await clerkSync.status()).deliveries?.failed).toEqual([])
  })
})

it('status counts the documents of each resource', async () => {
  clerk.seed(2)
  const [id = ''] = found(3)
  await clerkSyncWith().backfill()
  await organizations.deleteFromClerk(id)
  const status = await clerkSyncWith().status()
  expect(status.users).toMatchObject({ active: 2, deleted: 0 })
  expect(status.organizations).toEqual({ local: 0, active: 2, pending: 0, error: 0, deleted: 1 })
  expect(status).not.toHaveProperty('memberships')
})

describe('ensureOrganization', () => {
  it('returns the document of a new organization, with one request for many callers', async () => {
    const [id = ''] = found(1)
    const clerkSync = clerkSyncWith()
    const docs = await Promise.all(Array.from({ length: 10 }, () => clerkSync.ensureOrganization(id)))
    expect(docs.map((doc) => (doc as { clerkId?: string } | null)?.clerkId)).toEqual(
      Array.from({ length: 10 }, () => id),
    )
    expect(proxy.requests).toEqual([`/organizations/${id}`])
    expect(await organizations.countDocuments()).toBe(1)
  })

  it('returns null without an id, for a deleted one, and for one that Clerk does not have', async () => {
    const [id = ''] = found(1)
    const clerkSync = clerkSyncWith()
    await organizations.deleteFromClerk(id)
    expect(await clerkSync.ensureOrganization(id)).toBeNull()
    expect(await clerkSync.ensureOrganization(undefined)).toBeNull()
    expect(await clerkSync.ensureOrganization('org_nowhere')).toBeNull()
  })

  it('requires the option `organizations`', async () => {
    const clerkSync = createClerkSync({ users, clerk: { secretKey: clerk.secretKey, apiUrl: proxy.url } })
    await expect(clerkSync.ensureOrganization('org_1')).rejects.toMatchObject({ code: 'invalid_option' })
  })
})
