import { type ClerkSyncOptions, createClerkSync } from 'clerk-mongo-sync'
import {
  clerkMembershipModel,
  clerkMembershipPlugin,
  clerkOrganizationModel,
  clerkOrganizationPlugin,
} from 'clerk-mongo-sync/mongoose'
import { createFakeClerk, type FakeClerk } from 'clerk-mongo-sync/testing'
import { Schema } from 'mongoose'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type TestModel, useDatabase } from '../support/database'
import { type ClerkProxy, startClerkProxy } from './clerk-proxy'

vi.setConfig({ testTimeout: 60_000 })
const db = useDatabase('jobs_memberships')
let made = 0
let clerk: FakeClerk
let proxy: ClerkProxy
let users: TestModel
let organizations: ReturnType<typeof organizationModel>
let memberships: ReturnType<typeof membershipModel>

function organizationModel() {
  const schema = new Schema({ slug: { type: String, unique: true, sparse: true } })
  schema.plugin(clerkOrganizationPlugin)
  return clerkOrganizationModel(`MembersOrganization${made}`, schema, db.connection)
}

function membershipModel() {
  const schema = new Schema({})
  schema.plugin(clerkMembershipPlugin)
  return clerkMembershipModel(`JobMembership${made}`, schema, db.connection)
}

beforeEach(async () => {
  made += 1
  clerk = await createFakeClerk()
  proxy = await startClerkProxy(clerk.url)
  users = await db.users()
  organizations = organizationModel()
  memberships = membershipModel()
  await Promise.all([organizations.init(), memberships.init()])
  await db.connection.collection('clerk_jobs').deleteMany({})
})
afterEach(async () => {
  await proxy.close()
  await clerk.close()
})

function clerkSyncWith(options: Partial<ClerkSyncOptions> = {}) {
  const access = { secretKey: clerk.secretKey, apiUrl: proxy.url }
  return createClerkSync({ users, organizations, memberships, clerk: access, logger: false, ...options })
}

/** Adds organizations that all these many users are members of. */
function populate(organizationCount: number, userCount: number) {
  const members = clerk.seed(userCount).map(({ id }) => id)
  const ids = Array.from({ length: organizationCount }, (_, n) => clerk.organizations.create({ name: `Org ${n}` }).id)
  for (const id of ids) for (const user of members) clerk.organizations.addMember(id, user)
  return { ids, members }
}

/** Acts once, before the nth page of the instance's memberships is read. */
function beforePage(number: number, action: () => unknown) {
  let pages = 0
  proxy.before = ({ pathname, searchParams }) => {
    if (!pathname.endsWith('/organization_memberships') || searchParams.get('limit') !== '500') return
    pages += 1
    if (pages === number) action()
  }
}

/** Deletes a user or an organization here as a process does that is killed before this many memberships have ended. */
async function interruptDeletion(owner: 'user' | 'organization', id: string, left?: number) {
  await (owner === 'user' ? users : organizations).deleteFromClerk(id)
  const ended = await memberships
    .find({ [`${owner}Id`]: id })
    .limit(left ?? 0)
    .lean()
  const living = { $unset: { clerkDeletedAt: 1, syncError: 1 }, $set: { syncStatus: 'active' } }
  await memberships.collection.updateMany({ _id: { $in: ended.map(({ _id }) => _id) } }, living as never)
}

const alive = () => memberships.countDocuments({ clerkDeletedAt: { $exists: false } })
const atClerk = () => [...clerk.organizations.values()].flatMap(({ id }) => clerk.organizations.members(id))

async function expectSynced() {
  for (const { id, role } of atClerk()) {
    const stored = await memberships.findByClerkId(id).lean()
    expect({ id, role: stored?.role, syncStatus: stored?.syncStatus }).toEqual({ id, role, syncStatus: 'active' })
  }
  expect(await alive()).toBe(atClerk().length)
}

describe('a backfill', () => {
  it('stores users, organizations and memberships, in this order', async () => {
    populate(3, 4)
    const order: string[] = []
    const result = await clerkSyncWith().backfill({ onProgress: ({ resource }) => order.push(resource) })
    expect(result).toMatchObject({
      complete: true,
      created: 4,
      organizations: { created: 3 },
      memberships: { seen: 12, created: 12, failed: 0 },
    })
    expect(order).toEqual(['users', 'organizations', 'memberships'])
    await expectSynced()
  })

  it('misses no member while members come and go between its pages', async () => {
    const { ids, members } = populate(5, 130)
    const [first = '', second = ''] = ids
    beforePage(2, () => {
      for (const user of members.slice(0, 60)) clerk.organizations.removeMember(first, user)
      for (const { id } of clerk.seed(10)) clerk.organizations.addMember(second, id)
    })
    const result = await clerkSyncWith().backfill()
    expect(result.memberships).toMatchObject({ seen: 660, created: 660, failed: 0, conflicts: 0, complete: true })
    for (const { id } of atClerk()) expect(await memberships.exists({ clerkId: id })).not.toBeNull()
    const repaired = await clerkSyncWith().reconcile({ apply: true })
    expect(repaired.memberships).toMatchObject({ repaired: { deletedInClerk: 60 } })
    expect(await alive()).toBe(600)
    expect((await clerkSyncWith().reconcile()).memberships).toMatchObject({ checked: 600, inStep: 600 })
  })
})

describe('reconcile', () => {
  it('finds and repairs what lost deliveries left out of step', async () => {
    const { ids, members } = populate(3, 5)
    const [one = '', two = ''] = ids
    await clerkSyncWith().backfill()
    clerk.organizations.changeRole(one, members[0] ?? '', 'org:admin')
    clerk.organizations.removeMember(one, members[1] ?? '')
    clerk.organizations.removeMember(two, members[2] ?? '')
    clerk.organizations.addMember(two, members[2] ?? '')
    await memberships.updateOne({ organizationId: two, userId: members[3] ?? '' }, { $set: { role: 'org:owner' } })
    const drift = { stale: 1, deletedInClerk: 2, missing: 1, changed: 1 }
    expect((await clerkSyncWith().reconcile()).memberships?.drift).toMatchObject(drift)
    const { memberships: report } = await clerkSyncWith().reconcile({ apply: true })
    expect(report).toMatchObject({ failures: [], after: { checked: 14, inStep: 14 } })
    await expectSynced()
    expect((await clerkSyncWith().reconcile({ only: ['memberships'] })).memberships?.inStep).toBe(14)
  })

  it('ends the memberships of a user and an organization that were deleted without a delivery', async () => {
    const { ids, members } = populate(3, 5)
    await clerkSyncWith().backfill()
    clerk.organizations.delete(ids[0] ?? '')
    clerk.users.delete(members[0] ?? '')
    const report = await clerkSyncWith().reconcile({ apply: true })
    expect(report).toMatchObject({
      repaired: { deletedInClerk: 1 },
      organizations: { repaired: { deletedInClerk: 1 } },
      memberships: { repaired: {}, checked: 8, inStep: 8 },
    })
    await expectSynced()
  })

  it('leaves memberships of a deleted organization alone that Clerk still lists', async () => {
    const { ids } = populate(2, 3)
    const listed = atClerk()
    await clerkSyncWith({ memberships: undefined as never }).backfill()
    clerk.organizations.delete(ids[0] ?? '')
    await organizations.deleteFromClerk(ids[0] ?? '')
    proxy.change = ({ pathname }, json) =>
      pathname.endsWith('/organization_memberships') ? { data: listed, total_count: listed.length } : json
    const { memberships: report } = await clerkSyncWith().reconcile({ apply: true })
    expect(report).toMatchObject({ drift: { missing: 3, deletedHere: 0 }, after: { checked: 6, inStep: 6 } })
    expect(await alive()).toBe(3)
  })

  it.each(['user', 'organization'] as const)(
    'ends the memberships of a deleted %s whose deletion was interrupted, although Clerk still lists them',
    async (owner) => {
      const { ids, members } = populate(2, 2)
      await clerkSyncWith().backfill()
      const id = (owner === 'user' ? members[0] : ids[0]) ?? ''
      await interruptDeletion(owner, id)
      for (const options of [{}, { sample: 100 }, { apply: true }]) {
        const { memberships: report } = await clerkSyncWith().reconcile({ only: ['memberships'], ...options })
        expect(report?.drift).toMatchObject({ deletedInClerk: 2, deletedHere: 0, changed: 0 })
        if (options.apply) expect(report).toMatchObject({ repaired: { deletedInClerk: 2 }, failures: [] })
      }
      expect(await alive()).toBe(2)
      expect(await memberships.countDocuments({ [`${owner}Id`]: id, syncError: 'deleted' })).toBe(2)
    },
  )

  it.each(['user', 'organization'] as const)(
    'ends the rest of the memberships of a deleted %s together, without a request for each',
    async (owner) => {
      const { ids, members } = owner === 'user' ? populate(60, 2) : populate(2, 60)
      await clerkSyncWith().backfill()
      const id = (owner === 'user' ? members[0] : ids[0]) ?? ''
      clerk[`${owner}s`].delete(id)
      await interruptDeletion(owner, id, 40)
      expect(await alive()).toBe(100)
      proxy.requests.length = 0
      db.forget()
      const { memberships: report } = await clerkSyncWith().reconcile({ only: ['memberships'], apply: true })
      expect(report).toMatchObject({ repaired: { deletedInClerk: 40 }, after: { checked: 60, inStep: 60 } })
      expect(await alive()).toBe(60)
      expect(proxy.requests.filter((path) => !path.startsWith('/organization_memberships'))).toEqual([])
      expect(db.commands.filter(({ name }) => name === 'update').length).toBeLessThan(10)
    },
  )

  it('deletes no membership that only a list lacks', async () => {
    const { ids, members } = populate(3, 10)
    await clerkSyncWith().backfill()
    clerk.organizations.removeMember(ids[0] ?? '', members[0] ?? '')
    proxy.change = ({ pathname }, json) => {
      const list = json as { data: unknown[] }
      return pathname.endsWith('/organization_memberships')
        ? { ...list, data: list.data.filter((_, n) => n % 2 === 0) }
        : json
    }
    const { memberships: report } = await clerkSyncWith().reconcile({ apply: true })
    expect(report?.repaired).toMatchObject({ deletedInClerk: 1 })
    expect(await alive()).toBe(29)
  })

  it('looks up the members of an organization with one request', async () => {
    const { ids } = populate(2, 30)
    await clerkSyncWith().backfill()
    await memberships.updateMany({}, { $set: { clerkUpdatedAt: new Date(Date.now() - 3_600_000) } })
    clerk.organizations.delete(ids[0] ?? '')
    proxy.requests.length = 0
    await clerkSyncWith().reconcile({ only: ['memberships'] })
    const lookUps = proxy.requests.filter((path) => path.startsWith(`/organizations/${ids[0]}/memberships`))
    expect(lookUps).toHaveLength(1)
  })
})

describe('ensureMembership', () => {
  it('stores the membership and its organization, with one request for many callers', async () => {
    const { ids, members } = populate(1, 1)
    const [organizationId = ''] = ids
    const [userId = ''] = members
    const clerkSync = clerkSyncWith()
    const asked = Array.from({ length: 10 }, () => clerkSync.ensureMembership({ userId, organizationId }))
    const docs = (await Promise.all(asked)) as ({ role?: string } | null)[]
    expect(docs.map((doc) => doc?.role)).toEqual(Array.from({ length: 10 }, () => 'org:member'))
    expect(proxy.requests).toHaveLength(1)
    expect(await organizations.countDocuments({ clerkId: organizationId })).toBe(1)
    expect(await memberships.hasRole(userId, organizationId, 'org:member')).toBe(true)
  })

  it('returns null without a pair, for no member, and after the membership, its user or its organization ended', async () => {
    const { ids, members } = populate(3, 2)
    const [one = '', two = '', three = ''] = ids
    const [userId = '', other = ''] = members
    const clerkSync = clerkSyncWith()
    await clerkSync.backfill()
    expect(await clerkSync.ensureMembership({ userId, organizationId: null })).toBeNull()
    expect(await clerkSync.ensureMembership({ userId, organizationId: 'org_nowhere' })).toBeNull()
    const { id } = clerk.organizations.removeMember(one, userId)
    await memberships.deleteFromClerk(id)
    await organizations.deleteFromClerk(two)
    await users.deleteFromClerk(other)
    expect(await clerkSync.ensureMembership({ userId, organizationId: one })).toBeNull()
    expect(await clerkSync.ensureMembership({ userId, organizationId: two })).toBeNull()
    expect(await clerkSync.ensureMembership({ userId: other, organizationId: three })).toBeNull()
    expect(await clerkSync.ensureMembership({ userId, organizationId: three })).not.toBeNull()
  })

  it('requires the option `memberships`', async () => {
    const clerkSync = createClerkSync({ users, clerk: { secretKey: clerk.secretKey, apiUrl: proxy.url } })
    const asked = clerkSync.ensureMembership({ userId: 'user_1', organizationId: 'org_1' })
    await expect(asked).rejects.toMatchObject({ code: 'invalid_option' })
  })
})
