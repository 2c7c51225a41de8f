import {
  type ClerkOrganizationJSON,
  type ClerkOrganizationMembershipJSON,
  type ClerkSyncOptions,
  type ClerkWebhookEvent,
  createClerkSync,
  mapClerkMembership,
} from 'clerk-mongo-sync'
import {
  type ClerkMembershipPluginOptions,
  clerkMembershipModel,
  clerkMembershipPlugin,
  clerkOrganizationModel,
  clerkOrganizationPlugin,
} from 'clerk-mongo-sync/mongoose'
import { createFakeClerk } from 'clerk-mongo-sync/testing'
import { Schema } from 'mongoose'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { useDatabase } from '../../support/database'

const db = useDatabase('memberships')
const T = 1_800_000_000_000
let made = 0
const serial = () => String(++made).padStart(6, '0')

function organization(fields: Partial<ClerkOrganizationJSON> = {}): ClerkOrganizationJSON {
  const n = serial()
  const names = { name: `Acme ${n}`, slug: `acme-${n}`, image_url: 'https://img.clerk.com/acme', has_image: false }
  return { id: `org_2test000000000000000${n}`, ...names, created_at: T, updated_at: T, members_count: 1, ...fields }
}

const userId = () => `user_2test00000000000000${serial()}`

/** A membership as Clerk sends it, of a new user in a new organization unless given. */
function membership(
  fields: Partial<ClerkOrganizationMembershipJSON> & { user?: string } = {},
): ClerkOrganizationMembershipJSON {
  const { user = userId(), ...given } = fields
  return {
    id: `orgmem_2test00000000000000${serial()}`,
    object: 'organization_membership',
    role: 'org:member',
    role_name: 'Member',
    permissions: ['org:sys_memberships:read'],
    public_metadata: {},
    private_metadata: {},
    organization: organization(),
    public_user_data: { user_id: user, first_name: 'Ada', last_name: null, identifier: 'ada@example.com' },
    created_at: T,
    updated_at: T,
    ...given,
  }
}

const created = (data: ClerkOrganizationMembershipJSON) => ({ type: 'organizationMembership.created', data }) as const
const updated = (data: ClerkOrganizationMembershipJSON) => ({ type: 'organizationMembership.updated', data }) as const
const deleted = (data: ClerkOrganizationMembershipJSON) => ({ type: 'organizationMembership.deleted', data }) as const
const gone = (type: 'user' | 'organization', id: string | undefined): ClerkWebhookEvent =>
  ({ type: `${type}.deleted`, data: { id, object: type, deleted: true }, timestamp: T + 9_000 }) as ClerkWebhookEvent
const changed = <T extends { updated_at?: number | null }>(given: T, fields: Partial<T>, by = 1_000): T => ({
  ...given,
  updated_at: Number(given.updated_at) + by,
  ...fields,
})
const pairOf = ({ organization: org, public_user_data: user }: ClerkOrganizationMembershipJSON) =>
  [user?.user_id as string, org?.id as string] as const

async function setUp(
  options: Partial<ClerkSyncOptions> = {},
  plugin: ClerkMembershipPluginOptions = {},
  { definition = {}, index }: { definition?: object; index?: (schema: Schema) => unknown } = {},
) {
  const n = ++made
  const collections = { tombstones: `member_tombstones_${n}`, conflicts: `member_conflicts_${n}` }
  const membershipSchema = new Schema({ title: String, ...definition })
  index?.(membershipSchema)
  membershipSchema.plugin(clerkMembershipPlugin, { collections, ...plugin })
  const memberships = clerkMembershipModel(`Membership${n}`, membershipSchema, db.connection)
  const organizationSchema = new Schema({ slug: { type: String, unique: true, sparse: true }, members: Number })
  organizationSchema.plugin(clerkOrganizationPlugin, { collections })
  const organizations = clerkOrganizationModel(`MembersOrganization${n}`, organizationSchema, db.connection)
  const users = await db.users({ collections })
  await Promise.all([memberships.init(), organizations.init()])
  const clerkSync = createClerkSync({ users, organizations, memberships, ...options })
  let messages = 0
  const send = async (event: ClerkWebhookEvent, messageId = `msg_member_${n}_${++messages}`) =>
    (await clerkSync.sync(event, { messageId })).outcome
  const read = ({ id }: { id: string }) => memberships.collection.findOne({ clerkId: id })
  const readOrganization = ({ id }: { id: string }) => organizations.collection.findOne({ clerkId: id })
  return { memberships, organizations, users, clerkSync, send, read, readOrganization }
}

const names = () =>
  db.commands.map(
    ({ name, on }) =>
      `${name} ${on
        .replace(/_?\d+$/, '')
        .replace('membersorg', 'org')
        .replace('member_', '')}`,
  )

describe('a membership', () => {
  it('is stored by the ids of its user and organization, changed and ended, each event once', async () => {
    const { send, read } = await setUp()
    const ada = membership()
    const [user, org] = pairOf(ada)
    expect(await send(created(ada))).toBe('created')
    expect(await read(ada)).toMatchObject({
      clerkId: ada.id,
      organizationId: org,
      userId: user,
      role: 'org:member',
      permissions: ['org:sys_memberships:read'],
      syncStatus: 'active',
      clerkUpdatedAt: new Date(T),
    })
    const admin = changed(ada, { role: 'org:admin', permissions: ['org:sys_profile:manage'] })
    expect(await send(updated(admin))).toBe('updated')
    expect(await send(updated(admin))).toBe('duplicate')
    expect(await send(updated(ada))).toBe('stale')
    expect(await read(ada)).toMatchObject({ role: 'org:admin', permissions: ['org:sys_profile:manage'] })
    expect(await send(deleted(admin))).toBe('deleted')
    expect(await send(deleted(admin))).toBe('duplicate')
    expect(await send(updated(changed(admin, {})))).toBe('stale')
    expect(await read(ada)).toMatchObject({ role: 'org:admin', syncStatus: 'error', syncError: 'deleted' })
  })

  it('takes two commands when it is new, one when it changed, and one more for its organization', async () => {
    const alone = await setUp({ organizations: undefined as never })
    await alone.send(created(membership()))
    const ada = membership()
    db.forget()
    await alone.send(created(ada))
    expect(names()).toEqual(['update membership', 'find tombstones'])
    db.forget()
    await alone.send(updated(changed(ada, { role: 'org:admin' })))
    expect(names()).toEqual(['update membership'])

    const { send } = await setUp()
    const bob = membership()
    await send(created(bob))
    const eve = membership({
      organization: changed(bob.organization as ClerkOrganizationJSON, { members_count: 2 }, 0),
    })
    db.forget()
    await send(created(eve))
    expect(names()).toEqual(['aggregate organization', 'update membership', 'find tombstones'])
    db.forget()
    await send(updated(changed(eve, { role: 'org:admin' })))
    expect(names()).toEqual(['aggregate organization', 'update membership'])
  })

  it('is stored before its user and its organization, which find it later', async () => {
    const { send, read } = await setUp({ organizations: undefined as never })
    const ada = membership()
    expect(await send(created(ada))).toBe('created')
    expect(await read(ada)).toMatchObject({ userId: pairOf(ada)[0] })
  })

  it('is stored once by 20 deliveries at a time, with the newest role', async () => {
    const { memberships, send } = await setUp()
    const ada = membership()
    const versions = Array.from({ length: 20 }, (_, n) => changed(ada, { role: `org:role_${n}` }, n))
    await Promise.all(versions.map((version, n) => send(n === 0 ? created(version) : updated(version))))
    expect(await memberships.find({ clerkId: ada.id }).lean()).toMatchObject([{ role: 'org:role_19' }])
  })

  it('shares its look at the deletions with others at the same time, and finds the end of its own owners', async () => {
    const { send, read } = await setUp()
    const one = organization()
    const all = Array.from({ length: 32 }, () => membership({ organization: one }))
    const ended = all[5] as ClerkOrganizationMembershipJSON
    await send(created(membership({ organization: one })))
    await send(gone('user', pairOf(ended)[0]))
    db.forget()
    const outcomes = await Promise.all(all.map((each) => send(created(each))))
    expect(outcomes).toEqual(all.map((each) => (each === ended ? 'stale' : 'created')))
    expect(await read(ended)).toMatchObject({ syncError: 'deleted' })
    expect(names().filter((name) => name === 'find tombstones').length).toBeLessThan(16)
  })

  it('without its user is a conflict, as it can never be applied', async () => {
    const onConflict = vi.fn()
    const { send, read } = await setUp({ logger: false, onConflict })
    const { public_user_data: _, ...bare } = membership()
    expect(await send(created(bare))).toBe('conflict')
    expect(onConflict).toHaveBeenCalledWith(expect.objectContaining({ code: 'missing_id', clerkId: bare.id }))
    expect(await read(bare)).toBeNull()
  })

  it('has the state that Clerk has, of two of one version', async () => {
    const clerk = await createFakeClerk()
    onTestFinished(() => clerk.close())
    const founder = clerk.users.create({ email_address: 'founder@example.com' })
    const acme = clerk.organizations.create({ name: 'Acme', created_by: founder.id })
    const [mine] = clerk.organizations.members(acme.id)
    const { send, read } = await setUp({ clerk: { secretKey: clerk.secretKey, apiUrl: clerk.url } })
    const right = mine as ClerkOrganizationMembershipJSON
    await send(created({ ...right, role: 'org:wrong' }))
    expect(await send(updated(right))).toBe('updated')
    expect(await read(right)).toMatchObject({ role: 'org:admin' })
  })
})

describe('the organization inside an event', () => {
  it('is stored by its own version, and never replaces a newer one', async () => {
    const { send, readOrganization } = await setUp()
    const acme = organization()
    await send(created(membership({ organization: acme })))
    expect(await readOrganization(acme)).toMatchObject({ name: acme.name, slug: acme.slug, syncStatus: 'active' })
    const renamed = changed(acme, { name: 'Renamed' })
    await send({ type: 'organization.updated', data: renamed })
    expect(await send(created(membership({ organization: acme, updated_at: T + 5_000 })))).toBe('created')
    expect(await readOrganization(acme)).toMatchObject({ name: 'Renamed' })
    await send(updated(membership({ organization: changed(renamed, { name: 'Again' }) })))
    expect(await readOrganization(acme)).toMatchObject({ name: 'Again' })
  })

  it('stays deleted, and the membership with it', async () => {
    const { send, read, readOrganization } = await setUp()
    const acme = organization()
    await send(gone('organization', acme.id))
    const late = membership({ organization: acme })
    expect(await send(created(late))).toBe('stale')
    expect(await readOrganization(acme)).toBeNull()
    expect(await read(late)).toMatchObject({ syncError: 'deleted' })
  })

  it('runs its hooks with its own events, once each', async () => {
    const calls: string[] = []
    const on = {
      'organization.created': ({ outcome }: { outcome: string }) => void calls.push(`created ${outcome}`),
      'organization.updated': ({ outcome }: { outcome: string }) => void calls.push(`updated ${outcome}`),
    } as NonNullable<ClerkSyncOptions['on']>
    const { send, readOrganization } = await setUp({ on })
    const acme = organization()
    const renamed = changed(acme, { name: 'Renamed' })
    await send(created(membership({ organization: acme })))
    expect(await readOrganization(acme)).not.toHaveProperty('clerkHooksDue')
    await send(updated(membership({ organization: renamed })))
    expect(calls).toEqual([])
    for (const _ of [1, 2]) {
      await send({ type: 'organization.created', data: acme }, 'msg_created')
      await send({ type: 'organization.updated', data: renamed }, 'msg_updated')
    }
    expect(calls).toEqual(['created stale', 'updated duplicate'])
    expect((await readOrganization(acme))?.clerkHooksDue ?? []).toEqual([])
    await send({ type: 'organization.updated', data: changed(renamed, { name: 'Again' }) })
    expect(calls).toEqual(['created stale', 'updated duplicate', 'updated updated'])
  })

  it('is no reason to compare the number of members, unless Clerk has a new version', async () => {
    const { send, readOrganization } = await setUp({
      mapOrganization: ({ name, members_count }) => ({ name, members: members_count }),
    })
    const acme = organization()
    await send({ type: 'organization.created', data: acme })
    const counted = { ...acme, members_count: 2 }
    expect(await send({ type: 'organization.updated', data: counted })).toBe('duplicate')
    await send(created(membership({ organization: counted })))
    expect(await readOrganization(acme)).toMatchObject({ members: 1 })
    await send({ type: 'organization.updated', data: changed(counted, {}) })
    expect(await readOrganization(acme)).toMatchObject({ members: 2 })
  })

  it('that the schema refuses is reported, and does not keep the membership out', async () => {
    const onConflict = vi.fn()
    const { send, organizations } = await setUp({ logger: false, onConflict })
    await organizations.collection.insertOne({ slug: 'taken' })
    const acme = organization({ slug: 'taken' })
    const reserved = await setUp(
      { logger: false, onConflict, mapOrganization: () => ({ slug: 'taken', members: Number.NaN }) },
      {},
    )
    expect(await send(created(membership({ organization: acme })))).toBe('created')
    expect(await reserved.send(created(membership({ organization: acme })))).toBe('created')
    expect(onConflict).toHaveBeenCalledWith(expect.objectContaining({ clerkId: acme.id }))
  })
})

describe('a deletion', () => {
  it.each(['user', 'organization'] as const)('of a %s ends all its memberships, and no other', async (type) => {
    const { memberships, send, read } = await setUp()
    const acme = organization()
    const shared = { user: userId(), organization: acme }
    const own = type === 'user' ? { user: shared.user } : { organization: acme }
    const mine = Array.from({ length: 7 }, () => membership(own))
    const other = membership()
    for (const one of [...mine, other]) await send(created(one))
    const id = type === 'user' ? shared.user : acme.id
    expect(await send(gone(type, id))).toBe('deleted')
    for (const one of mine) {
      expect(await read(one)).toMatchObject({ syncError: 'deleted', clerkDeletedAt: new Date(T + 9_000) })
      expect(await memberships.hasRole(...pairOf(one), 'org:member')).toBe(false)
    }
    expect(await memberships.hasRole(...pairOf(other), 'org:member')).toBe(true)
    const [late] = mine as [ClerkOrganizationMembershipJSON]
    expect(await send(updated(changed(late, { role: 'org:admin' }, 20_000)))).toBe('stale')
    expect(await read(late)).toMatchObject({ role: 'org:member', syncError: 'deleted' })
  })

  it.each(['user', 'organization'] as const)('of a %s keeps memberships out that arrive later', async (type) => {
    const { send, read } = await setUp()
    const late = membership()
    const [user, org] = pairOf(late)
    expect(await send(gone(type, type === 'user' ? user : org))).toBe('deleted')
    expect(await send(created(late))).toBe('stale')
    expect(await send(updated(changed(late, { role: 'org:admin' })))).toBe('stale')
    expect(await read(late)).toMatchObject({ syncError: 'deleted' })
  })

  it('that ended in the middle is completed by its redelivery', async () => {
    const { memberships, send } = await setUp()
    const user = userId()
    for (let n = 0; n < 5; n++) await send(created(membership({ user })))
    await send(gone('user', user), 'msg_twice')
    // As if the process had died after the first two.
    const left = (await memberships.find({ userId: user }).limit(3).lean()).map(({ _id }) => _id)
    const alive = { $unset: { clerkDeletedAt: 1, syncError: 1 }, $set: { syncStatus: 'active' } }
    await memberships.collection.updateMany({ _id: { $in: left } }, alive as never)
    expect(await send(gone('user', user), 'msg_twice')).toBe('duplicate')
    expect(await memberships.findByUser(user)).toEqual([])
  })

  it.each(['hard', 'anonymize'] as const)('ends memberships with onDelete %s', async (onDelete) => {
    const { memberships, send, read } = await setUp({}, { onDelete })
    const user = userId()
    const mine = Array.from({ length: 3 }, () => membership({ user }))
    for (const one of mine) await send(created(one))
    await send(gone('user', user))
    for (const one of mine) {
      const stored = await read(one)
      if (onDelete === 'hard') expect(stored).toBeNull()
      else expect(stored).toMatchObject({ userId: user, syncError: 'deleted' })
      expect(stored ?? {}).not.toHaveProperty('role')
      expect(await send(updated(changed(one, {})))).toBe('stale')
      expect(await memberships.findByUser(user)).toEqual([])
    }
  })

  it('calls a function once for each membership that it ends', async () => {
    const onDelete = vi.fn()
    const { send } = await setUp({}, { onDelete })
    const user = userId()
    for (let n = 0; n < 3; n++) await send(created(membership({ user })))
    for (const _ of [1, 2]) await send(gone('user', user), 'msg_function')
    expect(onDelete).toHaveBeenCalledTimes(3)
  })

  it('calls a function that threw again, with the redelivery of the deletion', async () => {
    const calls: string[] = []
    let isAway = true
    const onDelete = (_: unknown, { clerkId }: { clerkId: string }) => {
      calls.push(clerkId)
      if (isAway) throw new Error('away')
    }
    const { send } = await setUp({ logger: false }, { onDelete })
    const user = userId()
    const mine = Array.from({ length: 3 }, () => membership({ user }))
    for (const one of mine) await send(created(one))
    await expect(send(gone('user', user), 'msg_away')).rejects.toMatchObject({ code: 'host_code_failed' })
    isAway = false
    calls.length = 0
    for (const _ of [1, 2]) await send(gone('user', user), 'msg_away')
    expect(calls.sort()).toEqual(mine.map(({ id }) => id).sort())
  })

  it('calls a function that threw for a late membership again, with the redelivery of its event', async () => {
    const onDelete = vi.fn(() => {
      if (onDelete.mock.calls.length === 1) throw new Error('away')
    })
    const { send } = await setUp({ logger: false }, { onDelete })
    const late = membership()
    await send(gone('organization', late.organization?.id))
    await expect(send(created(late), 'msg_late')).rejects.toMatchObject({ code: 'host_code_failed' })
    for (const _ of [1, 2]) expect(await send(created(late), 'msg_late')).toBe('stale')
    expect(onDelete).toHaveBeenCalledTimes(2)
  })

  it('leaves the hook of each membership to its own event, if Clerk sends one', async () => {
    for (const onDelete of ['soft', 'hard'] as const) {
      const hook = vi.fn()
      const on = { 'organizationMembership.deleted': hook, 'organizationMembership.created': vi.fn() }
      const { send } = await setUp({ on }, { onDelete })
      const ada = membership()
      await send(created(ada))
      await send(gone('user', pairOf(ada)[0]))
      expect(hook).not.toHaveBeenCalled()
      for (const _ of [1, 2]) await send(deleted(ada), 'msg_own')
      expect(hook).toHaveBeenCalledTimes(1)
    }
  })

  it('ends thousands with few commands', async () => {
    const { memberships, send } = await setUp({ timeoutMs: 60_000 })
    const user = userId()
    const documents = Array.from({ length: 1_200 }, (_, n) => ({
      clerkId: `orgmem_2many${String(n).padStart(10, '0')}`,
      organizationId: `org_2many${String(n).padStart(10, '0')}`,
      userId: user,
      role: 'org:member',
      clerkUpdatedAt: new Date(T),
    }))
    await memberships.collection.insertMany(documents)
    db.forget()
    await send(gone('user', user))
    expect(db.commands.length).toBeLessThan(20)
    // The ids are found once, and a page of which all ended is not read again.
    expect(names().filter((name) => name === 'find membership')).toHaveLength(1)
    expect(await memberships.countDocuments({ userId: user, clerkDeletedAt: new Date(T + 9_000) })).toBe(1_200)
  })
})

describe('a user who is added again', () => {
  const again = (first: ClerkOrganizationMembershipJSON) =>
    membership({
      user: pairOf(first)[0],
      organization: first.organization as never,
      updated_at: T + 60_000,
      role: 'org:admin',
    })

  it('has the new membership, whichever event comes first', async () => {
    for (const order of ['the end first', 'the new one first'] as const) {
      const { memberships, send, read } = await setUp()
      const first = membership()
      const second = again(first)
      await send(created(first))
      const events = [deleted(first), created(second)]
      for (const event of order === 'the end first' ? events : events.reverse()) await send(event)
      expect(await read(second), order).toMatchObject({ role: 'org:admin', syncStatus: 'active' })
      expect(await read(first), order).toMatchObject({ syncError: 'deleted' })
      expect(await memberships.hasRole(...pairOf(first), 'org:admin')).toBe(true)
      expect(await send(updated(changed(first, { role: 'org:owner' })))).toBe('stale')
      expect(await memberships.hasRole(...pairOf(first), 'org:owner')).toBe(false)
    }
  })

  it('is not displaced by the earlier membership, which comes last', async () => {
    const { send, read } = await setUp()
    const first = membership()
    const second = again(first)
    expect(await send(created(second))).toBe('created')
    expect(await send(created(first))).toBe('stale')
    expect(await read(first)).toBeNull()
    expect(await send(deleted(first))).toBe('deleted')
    expect(await read(second)).toMatchObject({ syncStatus: 'active' })
  })

  it('takes the place of the earlier document if an index of the app allows one alone', async () => {
    for (const onDelete of ['soft', 'hard'] as const) {
      const index = (schema: Schema) => schema.index({ organizationId: 1, userId: 1 }, { unique: true })
      const { memberships, send, read } = await setUp({}, { onDelete }, { index })
      const first = membership()
      const second = again(first)
      await send(created(first))
      await send(deleted(first))
      expect(await send(created(second))).toBe('created')
      expect(await read(second)).toMatchObject({ role: 'org:admin' })
      expect(await memberships.countDocuments({ userId: pairOf(first)[0] })).toBe(1)
      expect(await send(updated(changed(first, {})))).toBe('stale')
    }
  })

  it('is the one that Clerk has, of two of one version', async () => {
    const first = membership()
    const second = { ...again(first), updated_at: T }
    const { send } = await setUp({ logger: false })
    await send(created(first))
    expect(await send(created(second))).toBe('conflict')
  })
})

describe('indexes of the app', () => {
  it('on the ids of the owners stand alone, and serve as ours would', async () => {
    const index = (schema: Schema) => schema.index({ organizationId: 1, userId: 1 }, { unique: true })
    const { memberships, send } = await setUp({}, {}, { definition: { userId: { type: String, index: true } }, index })
    const keys = (await memberships.collection.indexes()).map(({ key }) => Object.keys(key).join())
    const ofStatus = ['clerkDeletedAt', 'syncStatus,clerkId,clerkDeletedAt']
    const others = keys.filter((key) => !ofStatus.includes(key))
    expect(others.toSorted()).toEqual(['_id', 'clerkId', 'organizationId,userId', 'userId'])
    expect(await send(created(membership()))).toBe('created')
  })
})

describe('an app’s own document of a pair', () => {
  it('becomes the membership, and keeps its other fields', async () => {
    const { memberships, send } = await setUp()
    const ada = membership()
    const [user, org] = pairOf(ada)
    await memberships.collection.insertOne({ userId: user, organizationId: org, role: 'owner', title: 'Founder' })
    expect(await send(created(ada))).toBe('linked')
    const found = await memberships.find({ userId: user }).lean()
    expect(found).toMatchObject([{ clerkId: ada.id, role: 'org:member', title: 'Founder', syncStatus: 'active' }])
  })
})

describe('the rules of memberships', () => {
  it('store what mapMembership returns, and never the ids it returns', async () => {
    const mapped = (one: ClerkOrganizationMembershipJSON) => ({
      ...mapClerkMembership(one),
      title: (one.public_metadata as { title?: string }).title,
      userId: 'user_2other',
    })
    const ada = membership({ public_metadata: { title: 'CTO' } })
    for (const { send, read } of [
      await setUp({ logger: false }, { mapMembership: mapped }),
      await setUp({ logger: false, mapMembership: mapped }),
    ]) {
      await send(created(ada))
      expect(await read(ada)).toMatchObject({ title: 'CTO', userId: pairOf(ada)[0] })
    }
  })

  it('use the paths of the plugin', async () => {
    const paths = { userId: 'member', organizationId: 'tenant', role: 'rank' } as const
    const { memberships, send, read } = await setUp({}, { paths })
    const ada = membership()
    await send(created(ada))
    expect(await read(ada)).toMatchObject({ member: pairOf(ada)[0], tenant: pairOf(ada)[1], rank: 'org:member' })
    expect(await memberships.hasRole(...pairOf(ada), 'org:member')).toBe(true)
    await send(gone('user', pairOf(ada)[0]))
    expect(await memberships.hasRole(...pairOf(ada), 'org:member')).toBe(false)
  })
})

describe('the statics of memberships', () => {
  it('answer for roles and permissions, and for nobody without ids', async () => {
    const { memberships, send } = await setUp()
    const ada = membership({ role: 'org:billing', permissions: ['org:invoices:create'] })
    await send(created(ada))
    const [user, org] = pairOf(ada)
    expect(await memberships.hasRole(user, org, 'org:billing')).toBe(true)
    expect(await memberships.hasRole(user, org, ['org:admin', 'org:billing'])).toBe(true)
    expect(await memberships.hasRole(user, org, 'org:admin')).toBe(false)
    expect(await memberships.hasPermission(user, org, 'org:invoices:create')).toBe(true)
    expect(await memberships.hasPermission(user, org, 'org:invoices:delete')).toBe(false)
    expect(await memberships.hasRole(userId(), org, 'org:billing')).toBe(false)
    expect(await memberships.hasRole(user, organization().id, 'org:billing')).toBe(false)
    for (const none of [undefined, null, '', { $ne: null } as never]) {
      expect(await memberships.hasRole(none, org, 'org:billing')).toBe(false)
      expect(await memberships.hasRole(user, none, 'org:billing')).toBe(false)
      expect(await memberships.hasRole(user, org, none as never)).toBe(false)
      expect(await memberships.hasPermission(user, org, none as never)).toBe(false)
      expect(await memberships.findByUser(none)).toEqual([])
      expect(await memberships.findByOrganization(none)).toEqual([])
    }
    db.forget()
    await memberships.hasRole(user, org, 'org:billing')
    expect(db.commands).toHaveLength(1)
  })

  it('find the living memberships of a user and of an organization', async () => {
    const { memberships, send } = await setUp()
    const acme = organization()
    const [ada, bob] = [membership({ organization: acme }), membership({ organization: acme })]
    for (const one of [ada, bob, membership()]) await send(created(one))
    await send(deleted(bob))
    expect((await memberships.findByOrganization(acme.id)).map(({ clerkId }) => clerkId)).toEqual([ada.id])
    expect((await memberships.findByUser(pairOf(ada)[0]).sort({ role: 1 })).map(({ role }) => role)).toEqual([
      'org:member',
    ])
    expect(await memberships.findByUser(pairOf(bob)[0])).toEqual([])
  })

  it('store, find and delete, with the same rules as events', async () => {
    const { memberships, users } = await setUp()
    const [ada, late] = [membership(), membership()]
    expect(await memberships.upsertFromClerk(ada)).toMatchObject({ outcome: 'created', clerkId: ada.id })
    expect((await memberships.findByClerkId(ada.id))?.role).toBe('org:member')
    expect(await memberships.deleteFromClerk(ada.id)).toMatchObject({ outcome: 'deleted' })
    await users.deleteFromClerk(pairOf(late)[0])
    expect(await memberships.upsertFromClerk(late)).toMatchObject({ outcome: 'stale' })
    await expect(memberships.upsertFromClerk({ id: 'orgmem_2' })).rejects.toMatchObject({ code: 'invalid_clerk_user' })
    expect(memberships).not.toHaveProperty('createClerkUser')
  })

  it('of users end the memberships, too', async () => {
    const { memberships, users } = await setUp()
    const ada = membership()
    await memberships.upsertFromClerk(ada)
    await users.deleteFromClerk(pairOf(ada)[0])
    expect(await memberships.findByUser(pairOf(ada)[0])).toEqual([])
  })
})

describe('hooks of memberships', () => {
  it('run once each, with the stored document, typed', async () => {
    const calls: string[] = []
    const collections = { tombstones: `hook_tombstones_${++made}` }
    const schema = new Schema({ title: String })
    schema.plugin(clerkMembershipPlugin, { collections })
    const memberships = clerkMembershipModel(`HookedMembership${made}`, schema, db.connection)
    await memberships.init()
    const clerkSync = createClerkSync({
      users: await db.users({ collections }),
      memberships,
      on: {
        'organizationMembership.created': ({ membership: found, event }) =>
          void calls.push(`created ${found?.role} ${event.data.role}`),
        'organizationMembership.updated': ({ membership: found, outcome }) =>
          void calls.push(`${outcome} ${found?.role}`),
        'organizationMembership.deleted': ({ membership: found }) => void calls.push(`deleted ${found?.syncError}`),
      },
    })
    const ada = membership()
    const events = [created(ada), updated(changed(ada, { role: 'org:admin' })), deleted(ada)]
    for (const _ of [1, 2])
      for (const [index, event] of events.entries()) await clerkSync.sync(event, { messageId: `msg_hooked_${index}` })
    expect(calls).toEqual(['created org:member org:member', 'updated org:admin', 'deleted deleted'])
  })
})
