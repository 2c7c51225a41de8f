import { type ClerkSyncOptions, createClerkSync, type Finding } from 'clerk-mongo-sync'
import { clerkModel, clerkSyncPlugin } from 'clerk-mongo-sync/mongoose'
import { createMemoryStore, fixtures } from 'clerk-mongo-sync/testing'
import mongoose, { Schema } from 'mongoose'
import { describe, expect, it } from 'vitest'
import { useJobs } from '../jobs/jobs-setup'
import type { TestModel } from '../support/database'
import { defaultDefinition } from '../support/database'

const signingSecret = `whsec_${btoa('a secret for the tests of diagnose')}`
const jobs = useJobs('diagnose')

function diagnose(options: Partial<ClerkSyncOptions> = {}, fix = false): Promise<Finding[]> {
  return jobs.clerkSync({ signingSecret, ...options }).diagnose({ fix })
}

const of = (findings: readonly Finding[], check: string) => findings.filter((finding) => finding.check === check)
const faults = (findings: readonly Finding[]) => findings.filter(({ verdict }) => verdict !== 'ok')

/** A model whose indexes nobody builds. */
const unindexed = (definition: Record<string, unknown> = { email: String }, options = {}) =>
  jobs.db.users({ schema: new Schema(definition, { autoIndex: false }), ...options })

describe('diagnose', () => {
  it('finds no problem in a correct setup, and lists its checks', async () => {
    const clerkSync = jobs.clerkSync({ signingSecret, deliveries: true, instanceId: 'ins_list' })
    await clerkSync.sync(fixtures.userCreated(), { messageId: 'msg_1' })
    const findings = await clerkSync.diagnose()
    expect(faults(findings)).toEqual([])
    expect(findings.map(({ check }) => check)).toEqual([
      'signing_secret',
      'database',
      'writes',
      'id_index',
      'value_indexes',
      'rules',
      'addresses',
      'tombstones',
      'delivery_log',
      'delivery_log_indexes',
      'schema',
      'old_deletions',
      'clock_database',
      'clerk_key',
      'clerk_instance',
      'clock_clerk',
    ])
  })

  it('changes nothing by default', async () => {
    const users = await unindexed()
    await users.collection.insertOne({ clerkId: 'user_old', syncStatus: 'error' })
    await diagnose({ users })
    expect(await users.collection.indexes()).toHaveLength(1)
    expect(await users.findOne().lean()).not.toHaveProperty('clerkDeletedAt')
  })

  it.each([
    ['missing', '', 'No signing secret'],
    ['an API key', 'sk_test_abcdefgh', 'API keys'],
    ['the second of two', [signingSecret, 'whsec_not base64'], 'number 2'],
  ])('reports a signing secret that is %s, and never shows it', async (_, secret, said) => {
    const [finding] = of(await diagnose({ signingSecret: secret }), 'signing_secret')
    expect(finding).toMatchObject({ verdict: 'problem', message: expect.stringContaining(said) })
    expect(JSON.stringify(finding)).not.toMatch(/abcdefgh|not base64/)
  })

  it('reports that another store has no checks', async () => {
    const findings = await createClerkSync({ users: createMemoryStore(), signingSecret }).diagnose()
    expect(of(findings, 'database')).toMatchObject([{ verdict: 'skipped' }])
  })

  it('reports what the schema refuses', async () => {
    const findings = await diagnose({ mapUser: () => ({ nowhere: 'x' }) })
    expect(of(findings, 'schema')).toMatchObject([{ verdict: 'warning', message: expect.stringContaining('nowhere') }])
  })
})

describe('findings of diagnose', () => {
  const contradictions = (findings: readonly Finding[]) =>
    ['schema', 'rules'].filter((check) => {
      const isOk = of(findings, check).some(({ verdict }) => verdict === 'ok')
      return isOk && faults(findings).some((other) => ['schema', 'rules', 'probe'].includes(other.check))
    })

  it.each<[string, Record<string, unknown>]>([
    ['a required path stays empty for every user', { email: String, company: { type: String, required: true } }],
    ['a required path stays empty for some users', { email: String, firstName: { type: String, required: true } }],
    [
      'only the database knows that a value is refused',
      { email: String, firstName: { type: String, validate: async () => false } },
    ],
  ])('do not report success too if %s', async (_what, definition) => {
    for (const probe of [false, true]) {
      const users = await jobs.db.users({ definition })
      const findings = await jobs.clerkSync({ signingSecret, users, logger: false }).diagnose({ probe })
      expect(faults(findings).map(({ check }) => check)).not.toEqual([])
      expect(contradictions(findings)).toEqual([])
    }
  })

  it('say of a schema problem that the database does not have it, if sample users were stored', async () => {
    const schema = new Schema({ email: String, code: { type: String, unique: true } }, { autoIndex: false })
    const users = await jobs.db.users({ schema })
    await users.collection.createIndex({ clerkId: 1 }, { unique: true })
    const clerkSync = jobs.clerkSync({ signingSecret, users, logger: false })
    expect(of(await clerkSync.diagnose(), 'schema')).toMatchObject([{ verdict: 'problem', path: 'code' }])
    const probed = await clerkSync.diagnose({ probe: true })
    expect(of(probed, 'rules')).toMatchObject([{ verdict: 'ok' }])
    expect(of(probed, 'schema')).toMatchObject([
      { verdict: 'warning', message: expect.stringContaining('However, the database accepted') },
    ])
  })

  it('link to their page unless they are ok', async () => {
    const findings = await diagnose({ signingSecret: '' })
    for (const { verdict, check, docs } of findings)
      expect(docs).toBe(verdict === 'ok' ? undefined : `https://unpkg.com/clerk-mongo-sync/docs/errors/${check}.md`)
  })
})

describe('diagnose of the database', () => {
  function elsewhere(connect: ClerkSyncOptions['connect'], timeoutMs = 5_000) {
    const connection = mongoose.createConnection()
    const users = clerkModel('Elsewhere', new Schema({ email: String }).plugin(clerkSyncPlugin), connection)
    const clerkSync = createClerkSync({ users, signingSecret, timeoutMs, ...(connect && { connect }) })
    return clerkSync.diagnose().then((findings) => of(findings, 'database'))
  }

  it('reports a server that is away, without the password', async () => {
    const uri = 'mongodb://ada:hunter2@127.0.0.1:1/app'
    const connect = () => mongoose.createConnection(uri, { serverSelectionTimeoutMS: 200 }).asPromise()
    const [finding] = await elsewhere(connect)
    expect(finding).toMatchObject({ verdict: 'problem', message: expect.stringContaining('127.0.0.1:1: ECONNREFUSED') })
    expect(finding?.message).toContain('connection string')
    expect(JSON.stringify(finding)).not.toContain('hunter2')
  })

  it('waits for a connection no longer than a delivery does', async () => {
    expect(await elsewhere(() => new Promise(() => {}), 100)).toMatchObject([
      { verdict: 'problem', remedy: expect.stringContaining('Atlas') },
    ])
  })

  it('reports that nothing connects', async () => {
    expect(await elsewhere(undefined)).toMatchObject([
      { verdict: 'problem', message: expect.stringContaining('connectOnce') },
    ])
  })

  it('shows no values of an error that connect threw', async () => {
    const connect = () => {
      throw new Error('cannot reach mongodb+srv://ada:hunter2@db.example for ada@example.com with sk_live_abc')
    }
    const [finding] = await elsewhere(connect)
    expect(finding).toMatchObject({ verdict: 'problem', message: 'cannot reach … for … with …' })
  })

  it('reports a database user without write access', async () => {
    const admin = jobs.db.connection.getClient().db('admin')
    const data = { failCommands: ['update'], errorCode: 13 }
    await admin.command({ configureFailPoint: 'failCommand', mode: { times: 1 }, data })
    const [finding] = of(await diagnose(), 'writes')
    await admin.command({ configureFailPoint: 'failCommand', mode: 'off' })
    expect(finding).toMatchObject({ verdict: 'problem', remedy: expect.stringContaining('readWrite') })
  })
})

describe('diagnose of indexes', () => {
  it('reports a missing unique index, and builds it with fix', async () => {
    const users = await unindexed()
    await users.collection.insertOne({ clerkId: 'user_a' })
    const [missing] = of(await diagnose({ users }), 'id_index')
    expect(missing).toMatchObject({ verdict: 'problem', remedy: expect.stringContaining('createIndex') })
    const [fixed] = of(await diagnose({ users }, true), 'id_index')
    expect(fixed).toMatchObject({ verdict: 'ok', isFixed: true })
    const [again] = of(await diagnose({ users }), 'id_index')
    expect(again).toMatchObject({ verdict: 'ok', message: 'clerkId is unique (index clerk_id_unique).' })
  })

  it('lists the ids that prevent the unique index, and leaves their documents unchanged', async () => {
    const users = await unindexed()
    const documents = ['user_twice', 'user_once', 'user_twice'].map((clerkId) => ({ clerkId }))
    await users.collection.insertMany(documents)
    const [finding] = of(await diagnose({ users }, true), 'id_index')
    expect(finding).toMatchObject({ verdict: 'problem', message: expect.stringContaining('user_twice') })
    expect(finding?.message).not.toContain('user_once')
    expect(await users.countDocuments()).toBe(3)
  })

  it('does not accept a unique index that excludes some ids', async () => {
    const users = await unindexed()
    const partialFilterExpression = { email: { $exists: true } }
    await users.collection.createIndex({ clerkId: 1 }, { unique: true, partialFilterExpression })
    expect(of(await diagnose({ users }), 'id_index')).toMatchObject([{ verdict: 'problem' }])
  })

  it('warns of a unique index that allows one document without a Clerk id', async () => {
    const users = await jobs.db.users({ definition: { clerkId: { type: String, unique: true } } })
    expect(of(await diagnose({ users }), 'id_index')).toMatchObject([
      { verdict: 'warning', message: expect.stringContaining('clerkId_1') },
    ])
  })

  it('warns of unique indexes that count missing values, although the schema says otherwise', async () => {
    const users = await unindexed(defaultDefinition)
    await users.createIndexes()
    await users.collection.dropIndex('email_1')
    await users.collection.createIndex({ email: 1 }, { unique: true })
    const findings = of(await diagnose({ users }), 'value_indexes')
    expect(findings).toMatchObject([{ verdict: 'warning', remedy: expect.stringContaining("dropIndex('email_1')") }])
  })

  it('reports tombstones that never expire, and makes them expire with fix', async () => {
    const tombstones = jobs.db.connection.collection('tombstones_kept')
    await tombstones.insertOne({ receivedAt: new Date() })
    const users = await jobs.db.users({ collections: { tombstones: 'tombstones_kept' } })
    expect(of(await diagnose({ users }), 'tombstones')).toMatchObject([{ verdict: 'warning' }])
    expect(of(await diagnose({ users }, true), 'tombstones')).toMatchObject([{ verdict: 'ok', isFixed: true }])
    expect(of(await diagnose({ users }), 'tombstones')).toMatchObject([
      { verdict: 'ok', message: expect.stringContaining('100 days') },
    ])
  })

  it('reports tombstones that expire before the last replay', async () => {
    const tombstones = jobs.db.connection.collection('tombstones_hasty')
    await tombstones.createIndex({ receivedAt: 1 }, { expireAfterSeconds: 86_400 })
    const users = await jobs.db.users({ collections: { tombstones: 'tombstones_hasty' } })
    expect(of(await diagnose({ users }), 'tombstones')).toMatchObject([
      { verdict: 'warning', message: expect.stringContaining('for 1 days') },
    ])
  })

  it('reports a delivery log with another time to live than configured', async () => {
    await jobs.db.connection.collection('log').createIndex({ lastSeenAt: 1 }, { expireAfterSeconds: 86_400 })
    const deliveries = { collection: 'log', ttlDays: 30 }
    expect(of(await diagnose({ deliveries }), 'delivery_log')).toMatchObject([
      { verdict: 'warning', message: expect.stringContaining('1 days, not 30') },
    ])
  })

  it('reports a delivery log without the indexes of status, and builds them with fix', async () => {
    const deliveries = { collection: 'log_unindexed' }
    const entries = jobs.db.connection.collection(deliveries.collection)
    await entries.insertOne({ lastSeenAt: new Date() })
    const check = 'delivery_log_indexes'
    expect(of(await diagnose({ deliveries }), check)).toMatchObject([
      { verdict: 'warning', message: expect.stringContaining('clerk_deliveries_tally and clerk_deliveries_open') },
    ])
    const fixed = await jobs.clerkSync({ signingSecret, deliveries }).diagnose({ fix: true })
    expect(of(fixed, check)).toMatchObject([{ verdict: 'ok', isFixed: true }])
    expect(of(await diagnose({ deliveries }), check)).toMatchObject([{ verdict: 'ok' }])
    expect((await entries.indexes()).map(({ key }) => key)).toContainEqual({ openSince: 1 })
  })

  it('reports a missing index of status, and builds it with fix', async () => {
    const check = 'status_indexes'
    expect(of(await diagnose(), check)).toEqual([])
    await jobs.users.collection.dropIndex('clerk_status')
    const name = `${jobs.users.collection.name}.clerk_status`
    expect(of(await diagnose(), check)).toMatchObject([{ verdict: 'warning', message: expect.stringContaining(name) }])
    expect(of(await diagnose({}, true), check)).toMatchObject([{ verdict: 'ok', isFixed: true }])
    expect(of(await diagnose(), check)).toEqual([])
  })
})

describe('diagnose of deletions by an older scheme', () => {
  const old = (clerkId: string) => ({ clerkId, email: `${clerkId}@example.com`, syncStatus: 'error' })

  /** One that Clerk has, one that it does not have any more, and one in conflict by our own scheme. */
  async function mixed(users: TestModel): Promise<{ alive: string; gone: string }> {
    const [user] = jobs.clerk.add(1)
    const alive = user?.id ?? ''
    await users.collection.insertMany([old(alive), old('user_gone'), { ...old('user_own'), syncError: 'conflict' }])
    return { alive, gone: 'user_gone' }
  }

  it('reports them, and not our own errors', async () => {
    const { alive } = await mixed(jobs.users)
    const [finding] = of(await diagnose(), 'old_deletions')
    expect(finding).toMatchObject({ verdict: 'warning', remedy: expect.stringContaining('fix') })
    expect(finding?.message).toContain(`2 documents`)
    expect(finding?.message).toContain(alive)
    expect(finding?.message).not.toContain('@')
  })

  it('marks those users as deleted that Clerk no longer has', async () => {
    const users = await jobs.db.users({ onDelete: 'hard' })
    const { alive, gone } = await mixed(users)
    const [finding] = of(await diagnose({ users }, true), 'old_deletions')
    expect(finding).toMatchObject({ verdict: 'warning', isFixed: true, message: expect.stringContaining('1 others') })
    expect(await users.findByClerkId(gone)).toMatchObject({
      syncError: 'deleted',
      clerkDeletedAt: expect.any(Date),
    })
    expect((await users.findByClerkId(alive))?.get('clerkDeletedAt')).toBeUndefined()
    const late = fixtures.userUpdated({ ...fixtures.user(), id: gone })
    expect(await jobs.clerkSync({ users }).sync(late)).toMatchObject({ outcome: 'stale' })
  })

  it('leaves no pending hook for them', async () => {
    const { gone } = await mixed(jobs.users)
    await diagnose({ on: { 'user.deleted': () => {} } }, true)
    expect((await jobs.users.findByClerkId(gone))?.get('clerkHooksDue') ?? []).toEqual([])
    const { clerkSync } = jobs.users.schema.options as unknown as { clerkSync: { tombstones: string } }
    const tombstone = await jobs.db.connection.collection(clerkSync.tombstones).findOne({ _id: gone as never })
    expect(tombstone).toMatchObject({ _id: gone })
    expect(tombstone).not.toHaveProperty('hooksDue')
  })

  it('changes nothing without a key', async () => {
    const { gone } = await mixed(jobs.users)
    const [finding] = of(await diagnose({ clerk: {} }, true), 'old_deletions')
    expect(finding).toMatchObject({ verdict: 'warning', remedy: expect.stringContaining('CLERK_SECRET_KEY') })
    expect((await jobs.users.findByClerkId(gone))?.get('clerkDeletedAt')).toBeUndefined()
  })

  it('changes nothing if Clerk has none of the users, as with the key of another instance', async () => {
    await jobs.users.collection.insertMany([old('user_a'), { clerkId: 'user_b', syncStatus: 'active' }])
    const [finding] = of(await diagnose({}, true), 'old_deletions')
    expect(finding).toMatchObject({ verdict: 'problem', remedy: expect.stringContaining('another instance') })
    expect((await jobs.users.findByClerkId('user_a'))?.get('clerkDeletedAt')).toBeUndefined()
  })

  it('changes nothing if the key is of another instance than the app names', async () => {
    await jobs.users.collection.insertMany([old('user_a')])
    const findings = await diagnose({ instanceId: 'ins_other' }, true)
    expect(of(findings, 'old_deletions')).toMatchObject([{ verdict: 'problem' }])
    expect((await jobs.users.findByClerkId('user_a'))?.get('clerkDeletedAt')).toBeUndefined()
  })
})
