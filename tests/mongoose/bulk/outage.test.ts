import { assertSynced, fixtures } from 'clerk-mongo-sync/testing'
import { afterAll, describe, expect, it } from 'vitest'
import { useDatabase } from '../../support/database'
import { type MongoProxy, startMongoProxy } from '../../support/proxy'
import { jobsOf } from './jobs-of'

let proxy: MongoProxy
const db = useDatabase('jobs_outage', async () => {
  proxy = await startMongoProxy()
  return proxy.uri('test_jobs_outage')
})
afterAll(() => proxy.close())

const away = { code: expect.stringMatching(/^(timed_out|database_failed)$/) }
const faults = [
  ['the database is down', () => proxy.cut()],
  ['the answer is lost', () => proxy.loseNextReply()],
] as const

describe.each(faults)('%s at any one command of a page', (_, fault) => {
  it('rejects the page, which can be written again', async () => {
    const users = await db.users()
    const jobs = jobsOf(users)
    await users.deleteFromClerk('user_nobody')
    let broken = 0
    let rejected = 0
    let passed = Number.NEGATIVE_INFINITY
    db.connection.getClient().on('commandStarted', () => {
      if (++passed === broken) fault()
    })
    for (let isBroken = true; isBroken; ) {
      await users.create(fixtures.localUser({ username: `taken${broken}` }))
      const known = fixtures.user()
      await users.upsertFromClerk(known)
      // A new user, a user in step, and one that must be written alone.
      const page = [fixtures.user(), known, fixtures.user({ username: `taken${broken}` })]
      passed = -1
      const results = await jobs.upsertMany(page, { deadline: Date.now() + 1_000 }).catch((error) => {
        expect(error).toMatchObject(away)
      })
      proxy.mend()
      isBroken = passed >= broken
      passed = Number.NEGATIVE_INFINITY
      if (!isBroken) expect(results?.map(({ outcome }) => outcome)).toEqual(['created', 'duplicate', 'created'])
      // The driver retries a read once.
      for (const { outcome } of results ?? (await jobs.upsertMany(page, {})))
        expect(['created', 'updated', 'duplicate']).toContain(outcome)
      for (const user of page.slice(0, 2)) assertSynced(await users.findByClerkId(user.id), user)
      expect((await users.findByClerkId(page[2]?.id))?.get('username')).toMatch(/^taken\d+_/)
      if (!results) rejected++
      broken++
    }
    // The reads and writes of the page, and those of the user written alone.
    expect(broken).toBeGreaterThan(6)
    expect(rejected).toBeGreaterThan(2)
  }, 60_000)
})

it('an unreachable database rejects every job method with a ClerkSyncError', async () => {
  const users = await db.users()
  const jobs = jobsOf(users)
  await users.deleteFromClerk('user_nobody')
  proxy.cut()
  const context = { deadline: Date.now() + 300 }
  const asked = [
    jobs.find(['user_1'], context),
    jobs.walk(context)[Symbol.asyncIterator]().next(),
    jobs.duplicates(context)[Symbol.asyncIterator]().next(),
    jobs.sample(1, context),
    jobs.lease('backfill', 1_000, context),
    jobs.summary(context),
    jobs.revive('user_1', context),
  ]
  for (const answer of await Promise.allSettled(asked))
    expect(answer).toMatchObject({ status: 'rejected', reason: away })
  proxy.mend()
}, 60_000)
