import { createClerkSync, mapClerkUser } from 'clerk-mongo-sync'
import { fixtures } from 'clerk-mongo-sync/testing'
import { describe, expect, it } from 'vitest'
import { useJobs } from '../../jobs/jobs-setup'

const jobs = useJobs('unstored')
let made = 0

/** A user whose address a local account has, and a function that resolves it. */
async function setUp() {
  const email = `held${++made}@example.com`
  const user = fixtures.user({ email, updated_at: 1_700_000_000_000 })
  const event = fixtures.userCreated(user)
  const local = await jobs.users.collection.insertOne({ email, authProvider: 'local' })
  const free = () => jobs.users.collection.deleteOne({ _id: local.insertedId })
  const unstored = async () => (await jobs.clerkSync().status()).unstored
  return { email, user, event, free, unstored }
}

const inConflict = (clerkId: string) => ({
  count: 1,
  failures: [expect.objectContaining({ clerkId, code: 'conflict', path: 'email' })],
  causes: [expect.objectContaining({ count: 1, examples: [clerkId], message: expect.stringContaining('linkBy') })],
})

describe('status lists a user that could not be stored, without a delivery log', () => {
  it('after an event, once for any number of deliveries, and never with the address', async () => {
    const { email, user, event, unstored } = await setUp()
    expect(await unstored()).toBeUndefined()
    for (const messageId of ['msg_1', 'msg_1', 'msg_2']) await jobs.clerkSync().sync(event, { messageId })
    expect(await unstored()).toEqual(inConflict(user.id))
    const notes = await jobs.db.connection.collection('clerk_conflicts').find().toArray()
    expect(JSON.stringify(notes)).not.toContain(email)
  })

  it('after a backfill, ensureUser, reconcile or a static', async () => {
    const { user, unstored } = await setUp()
    jobs.clerk.users.set(user.id, user)
    const notes = jobs.db.connection.collection('clerk_conflicts')
    const ways = [
      () => jobs.clerkSync().backfill(),
      () => jobs.clerkSync().ensureUser(user.id),
      () => jobs.clerkSync().reconcile({ apply: true }),
      () => jobs.users.createClerkUser(user),
    ]
    for (const way of ways) {
      await notes.deleteMany({})
      await way().catch(() => {})
      expect(await unstored()).toEqual(inConflict(user.id))
    }
  })

  it('if the collection refuses the newer version of a stored user', async () => {
    const { user, event, free, unstored } = await setUp()
    await free()
    await jobs.clerkSync().sync(event, { messageId: 'msg_1' })
    const at = 1_700_000_009_000
    const newer = fixtures.userUpdated(fixtures.changedUser(user, { first_name: 'Ada', updated_at: at }))
    const refuse = (validator: object) =>
      jobs.db.connection.db?.command({ collMod: jobs.users.collection.collectionName, validator })
    await refuse({ clerkUpdatedAt: { $not: { $gte: new Date(at) } } })
    expect(await jobs.clerkSync().sync(newer, { messageId: 'msg_2' })).toMatchObject({ outcome: 'conflict' })
    expect(await unstored()).toMatchObject({ count: 1, failures: [{ clerkId: user.id, code: 'host_rule' }] })
    await refuse({})
    await jobs.clerkSync().sync(newer, { messageId: 'msg_2' })
    expect(await unstored()).toBeUndefined()
  })
})

describe('the entry of an unstored user is removed', () => {
  type Given = Awaited<ReturnType<typeof setUp>>
  const later = ({ user }: Given) => fixtures.changedUser(user, { first_name: 'Ada', updated_at: 1_700_000_009_000 })
  it.each<[string, (given: Given) => Promise<unknown>]>([
    ['the event again', ({ event }) => jobs.clerkSync().sync(event, { messageId: 'msg_1' })],
    ['a later event', (given) => jobs.clerkSync().sync(fixtures.userUpdated(later(given)), { messageId: 'msg_2' })],
    ['the deletion', ({ user }) => jobs.clerkSync().sync(fixtures.userDeleted(user), { messageId: 'msg_2' })],
    ['backfill', () => jobs.clerkSync().backfill()],
    ['reconcile', () => jobs.clerkSync().reconcile({ apply: true })],
    ['ensureUser', ({ user }) => jobs.clerkSync().ensureUser(user.id)],
    ['a static', ({ user }) => jobs.users.createClerkUser(user)],
  ])('by %s', async (_way, end) => {
    const given = await setUp()
    jobs.clerk.users.set(given.user.id, given.user)
    await jobs.clerkSync().sync(given.event, { messageId: 'msg_1' })
    await given.free()
    expect(await given.unstored()).toMatchObject({ count: 1 })
    await end(given)
    expect(await given.unstored()).toBeUndefined()
  })

  it('for good if the document is removed with the user', async () => {
    const given = await setUp()
    const clerkSync = jobs.clerkSync({ onDelete: 'hard' })
    await clerkSync.sync(given.event, { messageId: 'msg_1' })
    await given.free()
    await clerkSync.sync(given.event, { messageId: 'msg_1' })
    await clerkSync.sync(fixtures.userDeleted(given.user), { messageId: 'msg_2' })
    expect(await jobs.users.countDocuments({})).toBe(0)
    expect(await given.unstored()).toBeUndefined()
  })

  it('by reconcile if Clerk no longer has the user and no deletion arrived', async () => {
    const { event, user, unstored } = await setUp()
    const other = fixtures.user()
    jobs.clerk.users.set(other.id, other)
    await jobs.users.upsertFromClerk(other)
    await jobs.clerkSync().sync(event, { messageId: 'msg_1' })
    expect((await jobs.clerkSync().reconcile()).unstored).toEqual(inConflict(user.id))
    await jobs.clerkSync().reconcile({ apply: true })
    expect(await unstored()).toBeUndefined()
    expect((await jobs.clerkSync().reconcile()).unstored).toBeUndefined()
  })
})

describe('the note of an unstored user', () => {
  it('does not fail the delivery if it cannot be written, and logs that', async () => {
    const collections = { conflicts: 'system.refused' }
    const users = await jobs.db.users({ collections })
    await users.collection.insertOne({ email: 'ada@example.com' })
    const warnings: string[] = []
    const warn = (_: object, message: string) => void warnings.push(message)
    const logger = { debug() {}, info() {}, warn, error() {} }
    const clerkSync = createClerkSync({ users, logger })
    const event = fixtures.userCreated(fixtures.user({ email: 'ada@example.com' }))
    expect(await clerkSync.sync(event, { messageId: 'msg_1' })).toMatchObject({ outcome: 'conflict' })
    expect(warnings).toContainEqual(expect.stringContaining('could not be recorded'))
  })

  it('is not written by the probe, which stores sample users', async () => {
    const definition = { company: { type: String, required: true }, email: String }
    const users = await jobs.db.users({ definition, mapUser: mapClerkUser })
    const clerkSync = createClerkSync({ users, logger: false })
    const findings = await clerkSync.diagnose({ probe: true })
    expect(findings.some(({ check, verdict }) => check === 'probe' && verdict === 'problem')).toBe(true)
    expect((await clerkSync.status()).unstored).toBeUndefined()
  })
})
