import { type ClerkWebhookEvent, createClerkSync, toPlainMembership } from 'clerk-mongo-sync'
import {
  type ClerkMembershipPluginOptions,
  clerkMembershipModel,
  clerkMembershipPlugin,
  clerkModel,
  clerkOrganizationModel,
  clerkOrganizationPlugin,
  clerkSyncPlugin,
} from 'clerk-mongo-sync/mongoose'
import { fixtures } from 'clerk-mongo-sync/testing'
import { Schema, Types } from 'mongoose'
import { describe, expect, it } from 'vitest'
import { resolveStore } from '../../../src/store/resolve-store'
import { useDatabase } from '../../support/database'

const db = useDatabase('references')
const T = 1_800_000_000_000
let made = 0

async function setUp(plugin: ClerkMembershipPluginOptions = {}, definition: object = {}) {
  const n = String(++made).padStart(6, '0')
  const [User, Organization, Membership] = [`RefUser${n}`, `RefOrganization${n}`, `RefMembership${n}`]
  const collections = { tombstones: `ref_tombstones_${n}` }
  const userSchema = new Schema({ email: String })
  userSchema.plugin(clerkSyncPlugin, { collections, memberships: Membership })
  const organizationSchema = new Schema({ name: String })
  organizationSchema.plugin(clerkOrganizationPlugin, { collections, memberships: Membership })
  const membershipSchema = new Schema({ ...definition })
  const models = { user: User, organization: Organization }
  membershipSchema.plugin(clerkMembershipPlugin, { collections, models, ...plugin })
  const users = clerkModel(User, userSchema, db.connection)
  const organizations = clerkOrganizationModel(Organization, organizationSchema, db.connection)
  const memberships = clerkMembershipModel(Membership, membershipSchema, db.connection)
  await Promise.all([users.init(), organizations.init(), memberships.init()])
  const clerkSync = createClerkSync({ users, organizations, memberships })
  const user = { ...fixtures.userCreated().data, id: `user_2ref000000000000000${n}`, updated_at: T }
  const organization = { id: `org_2ref000000000000000${n}`, name: `Acme ${n}`, created_at: T, updated_at: T }
  const membership = {
    id: `orgmem_2ref00000000000000${n}`,
    role: 'org:member',
    permissions: [],
    // Its own event brings the organization: here, an older state.
    organization: { id: organization.id },
    public_user_data: { user_id: user.id },
    created_at: T,
    updated_at: T,
  }
  const events = {
    user: { type: 'user.created', data: user },
    organization: { type: 'organization.created', data: organization },
    membership: { type: 'organizationMembership.created', data: membership },
  } as unknown as Record<'user' | 'organization' | 'membership', ClerkWebhookEvent>
  const send = async (name: keyof typeof events) =>
    (await clerkSync.sync(events[name], { messageId: `msg_${n}_${name}` })).outcome
  const read = () => memberships.collection.findOne({ clerkId: membership.id })
  const idOf = async (model: typeof users | typeof organizations, clerkId: string) =>
    (await model.collection.findOne({ clerkId }))?._id
  return { users, organizations, memberships, clerkSync, events, user, organization, membership, send, read, idOf }
}

const orders = [
  ['user', 'organization', 'membership'],
  ['membership', 'user', 'organization'],
  ['organization', 'membership', 'user'],
  ['membership', 'organization', 'user'],
] as const

describe('populate', () => {
  it('finds the user, the organization and the living memberships by Clerk’s ids', async () => {
    const { users, organizations, memberships, clerkSync, user, organization, membership, send } = await setUp()
    for (const name of orders[1]) await send(name)
    const found = await memberships
      .findByClerkId(membership.id)
      .populate<{ user: { clerkId: string }; organization: { name: string } }>(['user', 'organization'])
    expect(found?.user).toMatchObject({ clerkId: user.id })
    expect(found?.organization).toMatchObject({ name: organization.name })
    const ada = () => users.findByClerkId(user.id).populate('memberships').lean()
    expect(await ada()).toMatchObject({ memberships: [{ clerkId: membership.id, role: 'org:member' }] })
    const acme = await organizations.findByClerkId(organization.id).populate('memberships').lean()
    expect(acme).toMatchObject({ memberships: [{ userId: user.id }] })
    await clerkSync.sync({ type: 'organizationMembership.deleted', data: membership } as never)
    expect(await ada()).toMatchObject({ memberships: [] })
  })

  it('keeps a path of the app', async () => {
    const { memberships, send, read } = await setUp({}, { user: { note: String } })
    for (const name of orders[0]) await send(name)
    expect(memberships.schema.pathType('user')).toBe('nested')
    expect(await read()).not.toHaveProperty('organization')
  })

  it('of users is refused beside a path of that name', () => {
    const schema = new Schema({ memberships: [String] })
    expect(() => schema.plugin(clerkSyncPlugin, { memberships: 'Membership' })).toThrow(/path memberships/)
  })
})

describe('references by _id', () => {
  it.each(orders)('are complete after %s, %s, %s', async (...order) => {
    const { users, organizations, memberships, user, organization, membership, send, read, idOf } = await setUp({
      refs: true,
    })
    for (const name of order) expect(await send(name)).not.toBe('conflict')
    expect(await read()).toMatchObject({
      user: await idOf(users, user.id),
      organization: await idOf(organizations, organization.id),
    })
    const found = await memberships.findByClerkId(membership.id).populate<{ user: { email: string } }>('user')
    expect(found?.user.email).toBe((await users.findByClerkId(user.id))?.email)
    expect(toPlainMembership(found as object)).toHaveProperty('user')
  })

  it('are completed by a redelivery, after a process that ended before it could', async () => {
    for (const name of ['membership', 'user'] as const) {
      const { users, memberships, user, send, read, idOf } = await setUp({ refs: true })
      for (const one of orders[0]) await send(one)
      await memberships.collection.updateMany({}, { $unset: { user: 1 } })
      expect(await send(name)).toBe('duplicate')
      expect((await read())?.user).toEqual(await idOf(users, user.id))
    }
  })

  it('are completed by the pages of a backfill, from both sides', async () => {
    for (const order of [orders[0], orders[3]]) {
      const { users, organizations, memberships, events, user, organization, read, idOf } = await setUp({ refs: true })
      const stores = { user: users, organization: organizations, membership: memberships }
      for (const name of order) {
        const jobs = resolveStore(stores[name] as never, name).jobs?.({})
        await jobs?.upsertMany([events[name].data as never], {})
      }
      expect(await read()).toMatchObject({
        user: await idOf(users, user.id),
        organization: await idOf(organizations, organization.id),
      })
    }
  })

  it('keep what the app has set, and cost nothing when a membership only changes', async () => {
    const { memberships, clerkSync, membership, send, read } = await setUp({ refs: true })
    const own = new Types.ObjectId()
    await send('membership')
    await memberships.collection.updateMany({}, { $set: { user: own } })
    await send('user')
    expect((await read())?.user).toEqual(own)
    db.forget()
    const later = { ...membership, role: 'org:admin', organization: undefined, updated_at: T + 1_000 }
    const event = {
      type: 'organizationMembership.updated',
      data: { ...later, organization: { id: membership.organization.id } },
    }
    await clerkSync.sync(event as never)
    expect(db.commands.filter(({ name }) => name === 'update')).toHaveLength(1)
  })
})
