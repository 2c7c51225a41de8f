import { createClerkSync } from 'clerk-mongo-sync'
import { fixtures } from 'clerk-mongo-sync/testing'
import { describe, expect, it } from 'vitest'
import { useDatabase } from '../../support/database'
import { jobsOf } from '../bulk/jobs-of'

const db = useDatabase('delivery_tallies')
let logs = 0
let messages = 0
const next = () => ({ messageId: `msg_${++messages}` })

async function setUp() {
  const users = await db.users()
  const deliveries = { collection: `tallied_${++logs}` }
  const log = db.connection.collection(deliveries.collection)
  const clerkSync = createClerkSync({ users, deliveries, logger: false })
  const counts = () => jobsOf(users, { deliveries }).countDeliveries(new Date(Date.now() - 3_600_000), {})
  const failing = createClerkSync({
    users,
    deliveries,
    logger: false,
    on: {
      'user.updated': () => {
        throw new Error('away')
      },
    },
  })
  const outcomes = async () => {
    const { tallies } = await counts()
    const all: Record<string, number> = {}
    for (const { byOutcome } of tallies)
      for (const [outcome, count] of Object.entries(byOutcome)) all[outcome] = (all[outcome] ?? 0) + count
    return all
  }
  return { users, deliveries, log, clerkSync, failing, counts, outcomes }
}

describe('the tallies of the delivery log', () => {
  it('count every delivery once, by outcome, error code and duration', async () => {
    const { clerkSync, failing, counts, outcomes } = await setUp()
    const event = fixtures.userCreated()
    const message = next()
    for (const _ of [1, 2, 3]) await clerkSync.sync(event, message)
    const failed = next()
    for (const _ of [1, 2]) await failing.sync(fixtures.userUpdated(), failed).catch(() => {})
    expect(await outcomes()).toEqual({ created: 1, duplicate: 2, failing: 2 })
    const { tallies, lastAt, oldestFailing } = await counts()
    const all = tallies.flatMap(({ latency }) => latency)
    expect(all.reduce((sum, count) => sum + count, 0)).toBe(5)
    expect(tallies.map(({ errors }) => errors.hook_failed ?? 0).reduce((sum, count) => sum + count, 0)).toBe(2)
    expect(Date.now() - (lastAt?.getTime() ?? 0)).toBeLessThan(60_000)
    expect(oldestFailing).toMatchObject({ ...failed, attempts: 2 })
  })

  it('count a repeat of a conflict once, although its entry needs a second command', async () => {
    const { users, clerkSync, outcomes, counts } = await setUp()
    await users.create(fixtures.localUser({ email: 'stays@example.com' }))
    const created = fixtures.userCreated()
    await clerkSync.sync(created, next())
    const message = next()
    const change = fixtures.userUpdated(created.data, { email: 'stays@example.com' })
    for (const _ of [1, 2]) await clerkSync.sync(change, message)
    const found = await outcomes()
    expect(Object.values(found).reduce((sum, count) => sum + count, 0)).toBe(3)
    expect(found).toMatchObject({ created: 1, conflict: 1 })
    expect(await counts()).toMatchObject({ failing: 0, conflicts: 1, oldestFailing: undefined })
  })

  it('are right with many deliveries at once', async () => {
    const { clerkSync, outcomes } = await setUp()
    await clerkSync.sync(fixtures.userCreated(), next())
    await Promise.all(Array.from({ length: 60 }, () => clerkSync.sync(fixtures.userCreated(), next())))
    expect(await outcomes()).toEqual({ created: 61 })
  })

  it('are written with the entry, in one command', async () => {
    const { clerkSync, log } = await setUp()
    await clerkSync.sync(fixtures.userCreated(), next())
    db.forget()
    await clerkSync.sync(fixtures.userCreated(), next())
    const written = db.commands.filter(({ on }) => on === log.collectionName)
    expect(written.map(({ name, command }) => [name, (command.updates as unknown[]).length])).toEqual([['update', 2]])
  })

  it('are no entries for deliveries(), reconcile and replay', async () => {
    const { users, deliveries, clerkSync, log } = await setUp()
    await clerkSync.sync(fixtures.userCreated(), next())
    expect(await log.countDocuments()).toBe(2)
    for (const query of [{}, { failed: true }, { since: new Date(0) }]) {
      for await (const { messageId } of jobsOf(users, { deliveries }).deliveries(query, {}))
        expect(messageId).toMatch(/^msg_/)
    }
  })

  it('of an older time are not counted, but say when the last delivery arrived', async () => {
    const { clerkSync, log, counts } = await setUp()
    await clerkSync.sync(fixtures.userCreated(), next())
    const [tally] = await log.find({ slotAt: { $exists: true } }).toArray()
    const lastAt = new Date('2020-01-01T10:05:00Z')
    await log.deleteMany({})
    const slotAt = new Date('2020-01-01T10:00:00Z')
    await log.insertOne({ ...tally, _id: 'tally:2020-01-01T10:00' as never, slotAt, lastAt })
    expect(await counts()).toMatchObject({ tallies: [], lastAt })
  })
})
