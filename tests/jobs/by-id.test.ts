import { type ClerkUserJSON, createClerkSync } from 'clerk-mongo-sync'
import {
  clerkMembershipModel,
  clerkMembershipPlugin,
  clerkOrganizationModel,
  clerkOrganizationPlugin,
} from 'clerk-mongo-sync/mongoose'
import { createFakeClerk, createMemoryStore, type FakeClerk } from 'clerk-mongo-sync/testing'
import { Schema } from 'mongoose'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { useDatabase } from '../support/database'
import { jobStoreOf } from './jobs-setup'

const db = useDatabase('jobs_by_id')
let made = 0
let clerk: FakeClerk
let clerkSync: Awaited<ReturnType<typeof setUp>>

async function setUp() {
  made += 1
  const users = await db.users()
  const organizationSchema = new Schema({ slug: { type: String, unique: true, sparse: true } })
  organizationSchema.plugin(clerkOrganizationPlugin)
  const membershipSchema = new Schema({})
  membershipSchema.plugin(clerkMembershipPlugin)
  const organizations = clerkOrganizationModel(`ByIdOrganization${made}`, organizationSchema, db.connection)
  const memberships = clerkMembershipModel(`ByIdMembership${made}`, membershipSchema, db.connection)
  await Promise.all([organizations.init(), memberships.init()])
  const access = { secretKey: clerk.secretKey, apiUrl: clerk.url }
  return createClerkSync({ users, organizations, memberships, clerk: access, logger: false, deliveries: true })
}

beforeEach(async () => {
  clerk = await createFakeClerk()
  clerkSync = await setUp()
  for (const name of ['clerk_jobs', 'clerk_deliveries']) await db.connection.collection(name).deleteMany({})
})
afterEach(() => clerk.close())

/** A user, an organization and their membership at Clerk. */
function atClerk() {
  const user = clerk.users.create({ email_address: ['jane@example.com'], first_name: 'Jane' }).id
  const organization = clerk.organizations.create({ name: 'Acme' }).id
  return { user, organization, membership: clerk.organizations.addMember(organization, user).id }
}

describe('reconcile({ ids })', () => {
  it('fetches what has these ids, of every resource, and stores it', async () => {
    const { user, organization, membership } = atClerk()
    const other = clerk.users.create({ email_address: ['other@example.com'] }).id
    const report = await clerkSync.reconcile({ ids: [user, organization, membership], apply: true })
    expect(report).toMatchObject({
      repaired: { missing: 1 },
      organizations: { repaired: { missing: 1 } },
      memberships: { repaired: { missing: 1 } },
      complete: true,
    })
    expect(await clerkSync.lookUp(membership)).toMatchObject({ state: 'active' })
    expect(await clerkSync.lookUp(other)).toBeNull()
  })

  it('compares nothing of the resources without an id among them', async () => {
    const { organization } = atClerk()
    const report = await clerkSync.reconcile({ ids: [organization] })
    expect(report).toMatchObject({ mode: 'users', checked: 0, organizations: { checked: 1, drift: { missing: 1 } } })
    expect(report).not.toHaveProperty('memberships')
  })

  it('closes the failed deliveries of these ids alone', async () => {
    const { user, organization } = atClerk()
    const failing = createClerkSync({
      users: await db.users({ definition: { email: { type: String, validate: () => false } } }),
      logger: false,
      deliveries: true,
    })
    for (const { event, messageId } of clerk.events()) await failing.sync(event, { messageId }).catch(() => {})
    const failed = async () => (await clerkSync.status()).deliveries?.failed.map(({ clerkId }) => clerkId)
    expect(await failed()).toEqual([user])
    await clerkSync.reconcile({ ids: [organization], apply: true })
    expect(await failed()).toEqual([user])
    await clerkSync.reconcile({ ids: [user], apply: true })
    expect(await failed()).toEqual([])
  })
})

describe('lookUp()', () => {
  it('returns the state, the times and the values by which people recognise a document', async () => {
    const { user, organization, membership } = atClerk()
    await clerkSync.backfill()
    expect(await clerkSync.lookUp(user)).toEqual({
      resource: 'users',
      clerkId: user,
      state: 'active',
      hasDocument: true,
      lastSyncAt: expect.any(Date),
      updatedAt: expect.any(Date),
      profile: { email: 'jane@example.com', firstName: 'Jane' },
    })
    expect(await clerkSync.lookUp(organization)).toMatchObject({
      resource: 'organizations',
      profile: { name: 'Acme' },
    })
    expect(await clerkSync.lookUp(membership)).toMatchObject({
      resource: 'memberships',
      profile: { userId: user, organizationId: organization, role: expect.any(String) },
    })
  })

  it('returns what is deleted, also if only the tombstone is left', async () => {
    const { user } = atClerk()
    await clerkSync.backfill()
    clerk.users.delete(user)
    for (const { event, messageId } of clerk.events()) await clerkSync.sync(event, { messageId })
    expect(await clerkSync.lookUp(user)).toMatchObject({ state: 'deleted', deletedAt: expect.any(Date) })
    const users = await db.users()
    await users.deleteFromClerk('user_never_stored')
    const other = createClerkSync({ users, logger: false })
    expect(await other.lookUp('user_never_stored')).toMatchObject({ state: 'deleted', hasDocument: false })
  })

  it('returns the reason of a conflict and its path', async () => {
    const users = await db.users()
    const other = createClerkSync({ users, logger: false })
    await users.create({ email: 'jane@example.com' })
    const { user } = atClerk()
    const [created] = clerk.events()
    const json = { ...(created?.event.data as ClerkUserJSON), email_addresses: [], primary_email_address_id: null }
    await other.sync({ type: 'user.created', object: 'event', data: json })
    const data = { ...(created?.event.data as ClerkUserJSON), updated_at: Date.now() + 1_000 }
    await other.sync({ type: 'user.updated', object: 'event', data })
    expect(await other.lookUp(user)).toMatchObject({ state: 'error', syncError: 'conflict', path: 'email' })
  })

  it('refuses an id of a resource that is not stored', async () => {
    const other = createClerkSync({ users: await db.users(), logger: false })
    await expect(other.lookUp('org_1')).rejects.toMatchObject({ code: 'invalid_option' })
  })

  it('returns null for an id that is not stored', async () => {
    expect(await clerkSync.lookUp('user_unknown')).toBeNull()
  })

  it('says what a store without lookUp() can say', async () => {
    const users = await db.users()
    const { lookUp, ...jobs } = jobStoreOf(users)
    const store = { ...createMemoryStore(), jobs: () => jobs }
    await users.deleteFromClerk('user_gone')
    const other = createClerkSync({ users: store, logger: false })
    expect(await other.lookUp('user_gone')).toMatchObject({ state: 'deleted', profile: {} })
  })
})
