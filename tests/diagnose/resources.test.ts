import { type ClerkSyncOptions, createClerkSync, type Finding } from 'clerk-mongo-sync'
import {
  type ClerkOrganizationPluginOptions,
  clerkMembershipModel,
  clerkMembershipPlugin,
  clerkModel,
  clerkOrganizationModel,
  clerkOrganizationPlugin,
  clerkSyncPlugin,
} from 'clerk-mongo-sync/mongoose'
import { createFakeClerk, fixtures } from 'clerk-mongo-sync/testing'
import mongoose, { Schema } from 'mongoose'
import { describe, expect, it, onTestFinished } from 'vitest'
import { useDatabase } from '../support/database'

const signingSecret = `whsec_${btoa('a secret for the tests of diagnose')}`
const db = useDatabase('diagnose_resources')
let made = 0

async function organizationModel(
  plugin: ClerkOrganizationPluginOptions = {},
  options: { definition?: object; autoIndex?: boolean } = {},
) {
  const { definition = {}, autoIndex = true } = options
  const schema = new Schema({ slug: { type: String, unique: true, sparse: true }, ...definition }, { autoIndex })
  schema.plugin(clerkOrganizationPlugin, { collections: { tombstones: `tombstones_${made}` }, ...plugin })
  const model = clerkOrganizationModel(`Organization${++made}`, schema, db.connection)
  await model.init()
  return model
}

async function setUp(options: Partial<ClerkSyncOptions> = {}) {
  const clerk = await createFakeClerk()
  onTestFinished(() => clerk.close())
  const organizations = options.organizations ?? (await organizationModel())
  const access = { secretKey: clerk.secretKey, apiUrl: clerk.url }
  const users = await db.users()
  const clerkSync = createClerkSync({ users, organizations, signingSecret, clerk: access, logger: false, ...options })
  return { clerk, clerkSync }
}

const about = (findings: readonly Finding[], ...checks: string[]) =>
  findings.filter(
    ({ resource, check }) => resource === 'organization' && (checks.length === 0 || checks.includes(check)),
  )

describe('diagnose of organizations', () => {
  it('finds no problem in a correct setup, and says which findings are about them', async () => {
    const { clerkSync } = await setUp({ deliveries: true })
    await clerkSync.sync(fixtures.organizationCreated(), { messageId: 'msg_1' })
    const findings = await clerkSync.diagnose()
    expect(findings.filter(({ verdict }) => verdict !== 'ok')).toEqual([])
    const ours = about(findings)
    expect(ours.map(({ check }) => check)).toEqual([
      'database',
      'id_index',
      'value_indexes',
      'rules',
      'tombstones',
      'schema',
      'old_deletions',
    ])
    expect(ours.every(({ message }) => message.startsWith('organization: '))).toBe(true)
    expect(about(findings, 'value_indexes', 'rules', 'schema', 'old_deletions').map(({ message }) => message)).toEqual([
      'organization: No unique index on slug includes documents without a value.',
      'organization: The rules of the schema accept sample organizations.',
      'organization: The schema accepts the values of mapOrganization.',
      "organization: No organization has an older scheme's deletion mark.",
    ])
    expect(findings.filter(({ check, resource }) => check === 'rules' && !resource)).toMatchObject([
      { message: 'The rules of the schema accept sample users.' },
    ])
  })

  it('reports what resources share once, if they share it', async () => {
    const tombstones = `shared_${made}`
    const organizations = await organizationModel({ collections: { tombstones } })
    const users = await db.users({ collections: { tombstones } })
    const { clerkSync } = await setUp({ users, organizations })
    await clerkSync.sync(fixtures.organizationDeleted())
    const findings = await clerkSync.diagnose()
    expect(findings.filter(({ check }) => check === 'tombstones')).toMatchObject([
      { message: `${tombstones} keeps deletions for 100 days.` },
    ])
    expect(findings.filter(({ check }) => check === 'writes')).toHaveLength(1)
  })

  it('reports their missing unique index, and builds it with fix', async () => {
    const organizations = await organizationModel({}, { autoIndex: false })
    await organizations.collection.insertOne({ clerkId: 'org_a' })
    const { clerkSync } = await setUp({ organizations })
    expect(about(await clerkSync.diagnose(), 'id_index')).toMatchObject([
      { verdict: 'problem', message: expect.stringContaining('Without it an organization could be stored twice') },
    ])
    expect(about(await clerkSync.diagnose({ fix: true }), 'id_index')).toMatchObject([{ verdict: 'ok', isFixed: true }])
    expect(about(await clerkSync.diagnose(), 'id_index')).toMatchObject([{ verdict: 'ok' }])
  })

  it('warns of a unique slug that counts missing ones', async () => {
    const organizations = await organizationModel({}, { definition: { slug: { type: String, unique: true } } })
    const { clerkSync } = await setUp({ organizations })
    expect(about(await clerkSync.diagnose(), 'value_indexes')).toMatchObject([
      { verdict: 'warning', message: expect.stringContaining('so organizations without one get placeholders') },
    ])
  })

  it('reports the values that their schema refuses, and those that it has no path for', async () => {
    const definition = { name: { type: String, validate: async () => false } }
    const organizations = await organizationModel({}, { definition })
    const { clerkSync } = await setUp({ organizations, mapOrganization: ({ name }) => ({ name, nowhere: 'x' }) })
    const findings = await clerkSync.diagnose()
    expect(about(findings, 'rules')).toMatchObject([
      { message: expect.stringContaining('the value of a sample organization. Organizations with such values') },
      { verdict: 'warning', path: 'name' },
    ])
    expect(about(findings, 'schema')).toMatchObject([
      {
        verdict: 'warning',
        message:
          'organization: nowhere: mapOrganization returns a path that is not in the schema; its value is not stored.',
      },
    ])
  })

  it('stores sample organizations with probe, and removes them', async () => {
    const organizations = await organizationModel()
    const { clerkSync } = await setUp({ organizations })
    expect(about(await clerkSync.diagnose({ probe: true }), 'rules', 'probe')).toMatchObject([
      {
        verdict: 'ok',
        message: 'organization: Sample organizations were stored with the rules of the schema, and removed.',
      },
    ])
    expect(await organizations.countDocuments()).toBe(0)
  })

  it('converts deletions of an older scheme with fix, if Clerk no longer has them', async () => {
    const organizations = await organizationModel()
    const { clerk, clerkSync } = await setUp({ organizations })
    const alive = clerk.organizations.create({ name: 'Acme' }).id
    await organizations.collection.insertMany(['org_gone', alive].map((clerkId) => ({ clerkId, syncStatus: 'error' })))
    expect(about(await clerkSync.diagnose(), 'old_deletions')).toMatchObject([
      { verdict: 'warning', remedy: expect.stringContaining('It converts organizations that Clerk no longer has') },
    ])
    expect(about(await clerkSync.diagnose({ fix: true }), 'old_deletions')).toMatchObject([
      { verdict: 'warning', isFixed: true, message: expect.stringContaining('although Clerk has the organization') },
    ])
    expect(await organizations.findByClerkId('org_gone')).toMatchObject({ clerkDeletedAt: expect.any(Date) })
    expect((await organizations.findByClerkId(alive))?.get('clerkDeletedAt')).toBeUndefined()
  })

  it('waits for a server that is away only once', async () => {
    const connection = mongoose.createConnection()
    const uri = 'mongodb://127.0.0.1:1/app'
    const connect = () => mongoose.createConnection(uri, { serverSelectionTimeoutMS: 200 }).asPromise()
    const users = clerkModel('AwayUser', new Schema({ email: String }).plugin(clerkSyncPlugin), connection)
    const schema = new Schema({}).plugin(clerkOrganizationPlugin)
    const organizations = clerkOrganizationModel('AwayOrganization', schema, connection)
    const { clerkSync } = await setUp({ users, organizations, connect })
    const findings = await clerkSync.diagnose()
    expect(findings.filter(({ check }) => check === 'database')).toMatchObject([
      { verdict: 'problem' },
      { verdict: 'skipped', resource: 'organization', message: expect.stringContaining('not checked') },
    ])
  })
})

describe('diagnose of memberships', () => {
  async function withMemberships({ autoIndex = true }: { autoIndex?: boolean } = {}) {
    const collections = { tombstones: `tombstones_${made}` }
    const schema = new Schema({ title: String }, { autoIndex }).plugin(clerkMembershipPlugin, { collections })
    const memberships = clerkMembershipModel(`Membership${++made}`, schema, db.connection)
    await memberships.init()
    const { clerkSync } = await setUp({ memberships })
    const diagnose = async (options = {}) =>
      (await clerkSync.diagnose(options)).filter(({ resource }) => resource === 'membership')
    return { memberships, clerkSync, diagnose }
  }
  const checksOf = (findings: readonly Finding[], check: string) => findings.filter((one) => one.check === check)
  const pair = { organizationId: 'org_1', userId: 'user_1' }

  it('finds no problem in a correct setup', async () => {
    const { clerkSync, diagnose } = await withMemberships()
    await clerkSync.sync(fixtures.organizationMembershipCreated())
    const findings = await diagnose()
    expect(findings.filter(({ verdict }) => verdict !== 'ok')).toEqual([])
    expect(findings.map(({ check }) => check)).toEqual([
      'database',
      'id_index',
      'owners_index',
      'rules',
      'tombstones',
      'schema',
      'old_deletions',
    ])
    expect(checksOf(findings, 'owners_index')).toMatchObject([
      { message: 'membership: organizationId and userId are unique together.' },
    ])
  })

  it('stores sample memberships with probe, and removes them', async () => {
    const { memberships, diagnose } = await withMemberships()
    expect(checksOf(await diagnose({ probe: true }), 'rules')).toMatchObject([{ verdict: 'ok' }])
    expect(await memberships.countDocuments()).toBe(0)
  })

  it('reports a missing unique pair, and builds its index with fix', async () => {
    const { memberships, diagnose } = await withMemberships({ autoIndex: false })
    const ended = { ...pair, clerkDeletedAt: new Date() }
    await memberships.collection.insertMany([
      { clerkId: 'orgmem_a', ...pair },
      { clerkId: 'orgmem_b', ...ended },
    ])
    expect(checksOf(await diagnose(), 'owners_index')).toMatchObject([
      { verdict: 'problem', remedy: expect.stringContaining('doctor --fix') },
    ])
    expect(checksOf(await diagnose({ fix: true }), 'owners_index')).toMatchObject([{ verdict: 'ok', isFixed: true }])
    expect(checksOf(await diagnose(), 'owners_index')).toMatchObject([{ verdict: 'ok' }])
  })

  it('says that documents prevent the index, and leaves them', async () => {
    const { memberships, diagnose } = await withMemberships({ autoIndex: false })
    await memberships.collection.insertMany(['orgmem_a', 'orgmem_b'].map((clerkId) => ({ clerkId, ...pair })))
    expect(checksOf(await diagnose({ fix: true }), 'owners_index')).toMatchObject([
      { verdict: 'problem', remedy: expect.stringContaining('reconcile --apply') },
    ])
    expect(await memberships.countDocuments()).toBe(2)
  })

  it('reports deletions of an older scheme, and leaves them to reconcile', async () => {
    const { memberships, diagnose } = await withMemberships()
    await memberships.collection.insertOne({ clerkId: 'orgmem_a', syncStatus: 'error', ...pair })
    expect(checksOf(await diagnose({ fix: true }), 'old_deletions')).toMatchObject([
      { verdict: 'warning', remedy: expect.stringContaining('reconcile --apply') },
    ])
  })
})
