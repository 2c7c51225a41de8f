import { fixtures } from 'clerk-mongo-sync/testing'
import { Schema } from 'mongoose'
import { describe, expect, it } from 'vitest'
import type { StoredDocument } from '../../../src/store/job-store'
import { useDatabase } from '../../support/database'
import { jobsOf } from './jobs-of'

const db = useDatabase('stored_users')
type User = ReturnType<typeof fixtures.user>
const some = (count: number) => Array.from({ length: count }, () => fixtures.user())

async function setUp(options: Parameters<typeof db.users>[0] = {}) {
  const users = await db.users(options)
  return { users, jobs: jobsOf(users) }
}

async function all(walked: AsyncIterable<StoredDocument>): Promise<StoredDocument[]> {
  const found: StoredDocument[] = []
  for await (const one of walked) found.push(one)
  return found
}

/** Without internal fields of the store. */
const shown = (found: StoredDocument[]) => found.map(({ clerkId, isDeleted }) => ({ clerkId, isDeleted }))
const byText = (a: string, b: string) => (a < b ? -1 : 1)

describe('walking', () => {
  it('visits every user of Clerk once, ordered by id, and no local account', async () => {
    const { users, jobs } = await setUp()
    const page = [...some(20), fixtures.user({ id: 'user_Zebra' }), fixtures.user({ id: 'user_apple' })]
    await jobs.upsertMany(page, {})
    await users.create([fixtures.localUser(), fixtures.localUser()])
    await users.collection.insertMany([{ clerkId: '' }, { clerkId: null }, { clerkId: 7 }] as never[])
    const ids = page.map(({ id }) => id).sort(byText)
    expect(shown(await all(jobs.walk({})))).toEqual(ids.map((clerkId) => ({ clerkId, isDeleted: false })))
  })

  it('resumes where it was if the server lost its cursor', { timeout: 60_000 }, async () => {
    const { users, jobs } = await setUp()
    const ids = some(1_100).map(({ id }) => id)
    await users.collection.insertMany(ids.map((clerkId) => ({ clerkId, authProvider: 'clerk' })) as never[])
    const client = users.db.getClient()
    const cursors: unknown[] = []
    const note = ({ commandName, reply }: { commandName: string; reply: unknown }) => {
      if (commandName === 'find') cursors.push((reply as { cursor: { id: unknown } }).cursor.id)
    }
    client.on('commandSucceeded', note as never)
    const met: string[] = []
    for await (const { clerkId } of jobs.walk({})) {
      // Simulates ten minutes without a read.
      if (met.push(clerkId) === 10) await users.db.db?.command({ killCursors: users.collection.name, cursors })
    }
    client.off('commandSucceeded', note as never)
    expect(cursors).toHaveLength(2)
    expect(met).toEqual(ids.sort(byText))
  })

  it('reports the users whose document is marked as deleted', async () => {
    const { users, jobs } = await setUp()
    const [kept, deleted, tombstone] = some(3) as [User, User, User]
    await jobs.upsertMany([kept, deleted], {})
    await users.deleteFromClerk(deleted.id)
    await users.deleteFromClerk(tombstone.id)
    const found = shown(await all(jobs.walk({})))
    expect(new Map(found.map(({ clerkId, isDeleted }) => [clerkId, isDeleted]))).toEqual(
      new Map([
        [kept.id, false],
        [deleted.id, true],
      ]),
    )
  })

  it('takes a user for active if only its tombstone exists, so that the missing deletion is found', async () => {
    const { users, jobs } = await setUp()
    const [user] = some(1) as [User]
    await users.deleteFromClerk(user.id)
    await users.collection.insertOne({ clerkId: user.id, clerkUpdatedAt: new Date() })
    expect(shown(await all(jobs.walk({})))).toEqual([{ clerkId: user.id, isDeleted: false }])
    expect(shown(await jobs.find([user.id], {}))).toEqual([{ clerkId: user.id, isDeleted: false }])
  })

  it('reads only the fields that are compared', async () => {
    const { users, jobs } = await setUp()
    await jobs.upsertMany(some(2), {})
    await users.collection.updateMany({}, { $set: { essay: 'x'.repeat(10_000) } })
    db.forget()
    expect(JSON.stringify(await all(jobs.walk({})))).not.toContain('xxx')
    expect(db.commands.map(({ name }) => name)).toEqual(['find'])
  })

  it('sorts by code units if the collection has a collation, and looks ids up without a range', async () => {
    const schema = new Schema({ email: String }, { collation: { locale: 'en', strength: 2 } })
    const { jobs } = await setUp({ schema })
    const page = ['user_B', 'user_a'].map((id) => fixtures.user({ id }))
    await jobs.upsertMany(page, {})
    db.forget()
    await all(jobs.walk({}))
    expect(await jobs.find(['user_B', 'user_a'], {})).toHaveLength(2)
    const [walk, look] = db.commands.map(({ command }) => command)
    expect(walk).toMatchObject({ collation: { locale: 'simple' }, sort: new Map([['clerkId', 1]]) })
    expect(look?.filter).toEqual({ clerkId: { $in: ['user_B', 'user_a'] } })
  })

  it('rejects with the reason of an aborted signal, so that it does not look complete', async () => {
    const { jobs } = await setUp()
    await jobs.upsertMany(some(5), {})
    const controller = new AbortController()
    const seen: StoredDocument[] = []
    const walk = async () => {
      for await (const one of jobs.walk({ signal: controller.signal })) {
        seen.push(one)
        controller.abort(new Error('enough'))
      }
    }
    await expect(walk()).rejects.toThrow('enough')
    expect(seen).toHaveLength(1)
  })

  it('can be stopped early', async () => {
    const { jobs } = await setUp()
    await jobs.upsertMany(some(5), {})
    for await (const _ of jobs.walk({})) break
    expect(await all(jobs.walk({}))).toHaveLength(5)
  })
})

describe('comparing', () => {
  /** The verdict on a user by walking, finding and sampling, which must agree. */
  async function verdict(jobs: ReturnType<typeof jobsOf>, user: User) {
    const [found] = await jobs.find([user.id], {})
    const walked = (await all(jobs.walk({}))).find(({ clerkId }) => clerkId === user.id)
    const sampled = (await jobs.sample(100, {})).find(({ clerkId }) => clerkId === user.id)
    const verdicts = new Set([found, walked, sampled].map((stored) => jobs.compare(user, stored, {})))
    expect([...verdicts]).toHaveLength(1)
    return [...verdicts][0]
  }

  it('returns same for the same version with the same values, and for an older one', async () => {
    const { jobs } = await setUp()
    const [user] = some(1) as [User]
    await jobs.upsertMany([user], {})
    expect(await verdict(jobs, user)).toBe('same')
    expect(await verdict(jobs, { ...user, updated_at: (user.updated_at as number) - 1, first_name: 'Before' })).toBe(
      'same',
    )
  })

  it('returns stale if Clerk has a newer version or the document has none', async () => {
    const { users, jobs } = await setUp()
    const [user] = some(1) as [User]
    await jobs.upsertMany([user], {})
    expect(await verdict(jobs, fixtures.changedUser(user))).toBe('stale')
    await users.collection.updateOne({ clerkId: user.id }, { $unset: { clerkUpdatedAt: 1 } })
    expect(await verdict(jobs, user)).toBe('stale')
  })

  it('returns changed for other values at the same version, unless they belong to the app', async () => {
    const { users, jobs } = await setUp()
    const [user] = some(1) as [User]
    await jobs.upsertMany([user], {})
    await users.collection.updateOne({ clerkId: user.id }, { $set: { plan: 'gold' } })
    expect(await verdict(jobs, user)).toBe('same')
    await users.collection.updateOne({ clerkId: user.id }, { $set: { firstName: 'Other' } })
    expect(await verdict(jobs, user)).toBe('changed')
  })

  it('returns same for a username with its suffix, and changed for an address that another user holds', async () => {
    const { users, jobs } = await setUp()
    await users.create(fixtures.localUser({ username: 'taken', email: 'held@example.com' }))
    const suffixed = fixtures.user({ username: 'taken' })
    const withheld = fixtures.user({ email: 'first@example.com' })
    await jobs.upsertMany([suffixed, withheld], {})
    const moved = {
      ...withheld,
      ...addressOf(fixtures.user({ email: 'held@example.com' })),
      updated_at: (withheld.updated_at as number) + 1,
    }
    expect(await jobs.upsertMany([moved], {})).toMatchObject([{ outcome: 'conflict' }])
    expect(await verdict(jobs, suffixed)).toBe('same')
    expect(await verdict(jobs, moved)).toBe('changed')
  })

  it('returns deleted for users deleted by document, by tombstone or by both', async () => {
    const { users, jobs } = await setUp()
    const [soft, tombstone, lateInsert] = some(3) as [User, User, User]
    await jobs.upsertMany([soft], {})
    for (const { id } of [soft, tombstone, lateInsert]) await users.deleteFromClerk(id)
    await users.collection.insertOne({ clerkId: lateInsert.id, clerkUpdatedAt: new Date() })
    const found = await jobs.find([soft.id, tombstone.id, lateInsert.id], {})
    const verdicts = [soft, tombstone, lateInsert].map((user) => {
      const stored = found.find(({ clerkId }) => clerkId === user.id)
      return jobs.compare(user, stored, {})
    })
    expect(verdicts).toEqual(['deletedHere', 'deletedHere', 'deletedHere'])
  })

  it('returns missing for unknown users', async () => {
    const { jobs } = await setUp()
    const [user] = some(1) as [User]
    expect(await jobs.find([user.id], {})).toEqual([])
    expect(jobs.compare(user, undefined, {})).toBe('missing')
  })

  it('uses the rules of the call', async () => {
    const { jobs } = await setUp()
    const [user] = some(1) as [User]
    await jobs.upsertMany([user], {})
    const [stored] = await jobs.find([user.id], {})
    expect(jobs.compare(user, stored, { mapUser: () => ({ firstName: 'By the call' }) })).toBe('changed')
    expect(jobs.compare(user, stored, { mapUser: () => ({}) })).toBe('same')
  })

  it('asks for another read if a walked document lacks a path that is compared', async () => {
    const { jobs } = await setUp()
    const user = fixtures.user({ public_metadata: { plan: 'gold' } })
    const mapUser = ({ public_metadata: metadata }: { public_metadata?: unknown }) => {
      const { plan } = metadata as { plan?: string }
      return plan ? { plan } : {}
    }
    await jobs.upsertMany([user], { mapUser })
    const [walked] = await all(jobs.walk({ mapUser }))
    const [found] = await jobs.find([user.id], { mapUser })
    expect(jobs.compare(user, walked, { mapUser })).toBe('changed')
    expect(jobs.compare(user, found, { mapUser })).toBe('same')
  })
})

describe('finding and sampling', () => {
  it('finds documents and tombstones, and omits unknown ids', async () => {
    const { users, jobs } = await setUp()
    const page = some(120)
    await jobs.upsertMany(page, {})
    await users.deleteFromClerk('user_gone')
    db.forget()
    const found = await jobs.find([...page.map(({ id }) => id), 'user_gone', 'user_unknown'], {})
    expect(new Set(found.map(({ clerkId }) => clerkId))).toEqual(new Set([...page.map(({ id }) => id), 'user_gone']))
    expect(db.commands.map(({ name }) => name)).toEqual(['find', 'find'])
    expect(await jobs.find([], {})).toEqual([])
  })

  it('samples users of Clerk only, each once', async () => {
    const { users, jobs } = await setUp()
    await jobs.upsertMany(some(10), {})
    await users.create([fixtures.localUser(), fixtures.localUser()])
    const drawn = await jobs.sample(4, {})
    expect(new Set(drawn.map(({ clerkId }) => clerkId)).size).toBe(4)
    expect(await jobs.sample(100, {})).toHaveLength(10)
  })
})

describe('an _id that is the Clerk id', () => {
  it('is used to walk, find and compare users, without local accounts', async () => {
    const schema = new Schema({ _id: String, email: { type: String, unique: true, sparse: true }, firstName: String })
    const { users, jobs } = await setUp({ schema, paths: { clerkId: '_id' } })
    const page = some(3)
    expect(await jobs.upsertMany(page, {})).toMatchObject(Array(3).fill({ outcome: 'created' }))
    await users.collection.insertMany([
      { _id: 'local-1', authProvider: 'local' },
      { _id: 'adopted', authProvider: 'clerk' },
    ] as never[])
    const ids = page.map(({ id }) => id)
    const walked = await all(jobs.walk({}))
    expect(walked.map(({ clerkId }) => clerkId)).toEqual(['adopted', ...ids.sort(byText)])
    const [user] = page as [User]
    const [found] = await jobs.find([user.id], {})
    expect(jobs.compare(user, found, {})).toBe('same')
    expect(
      jobs.compare(
        user,
        walked.find(({ clerkId }) => clerkId === user.id),
        {},
      ),
    ).toBe('same')
    expect(await jobs.upsertMany(page, {})).toMatchObject(Array(3).fill({ outcome: 'duplicate' }))
  })
})

const addressOf = ({ email_addresses = [], primary_email_address_id = null }: User) => ({
  email_addresses,
  primary_email_address_id,
})
