import { fixtures } from 'clerk-mongo-sync/testing'
import { expect, it } from 'vitest'
import { useJobs } from './jobs-setup'

const jobs = useJobs('status')

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}

it('status counts users by state, and reports the progress of jobs', async () => {
  const users = jobs.clerk.add(12)
  await jobs.users.create({ email: 'local@example.com' })
  await jobs.clerkSync().backfill({ limit: 10 })
  await jobs.users.deleteFromClerk(users[0]?.id ?? '')
  const status = await jobs.clerkSync().status()
  expect(status.users).toMatchObject({ local: 1, active: 9, deleted: 1 })
  expect(status.tombstones).toBe(1)
  expect(status.jobs).toMatchObject([{ job: 'backfill', runningUntil: undefined, state: { users: { done: 10 } } }])
  expect(status).not.toHaveProperty('deliveries')
})

it('status counts the deliveries of the last day if a log is kept, and names those that failed', async () => {
  await jobs.db.connection.collection('clerk_deliveries').deleteMany({})
  let isFailing = true
  const clerkSync = jobs.clerkSync({
    deliveries: true,
    on: {
      'user.updated': () => {
        if (isFailing) throw new Error('not now')
      },
    },
  })
  const user = fixtures.user()
  await clerkSync.sync(fixtures.userCreated(user), { messageId: 'msg_1' })
  const update = fixtures.userUpdated(user)
  await clerkSync.sync(update, { messageId: 'msg_2' }).catch(() => {})
  const { deliveries } = await clerkSync.status()
  expect(deliveries).toMatchObject({
    failing: 1,
    oldestFailing: { messageId: 'msg_2' },
    lastHour: { successRate: 0.5 },
  })
  expect(deliveries?.slots.reduce((sum, { total }) => sum + total, 0)).toBe(2)
  expect(deliveries).toMatchObject({ lastDay: { byOutcome: { created: 1, failing: 1 } }, lastAt: expect.any(Date) })
  expect(deliveries?.failed).toMatchObject([{ messageId: 'msg_2', errorCode: 'hook_failed' }])
  isFailing = false
  await clerkSync.sync(update, { messageId: 'msg_2' })
  expect((await clerkSync.status()).deliveries).toMatchObject({ failed: [] })
})

it('status keeps what the last reconcile and the last backfill found', async () => {
  await jobs.inStep(3)
  jobs.clerk.add(2)
  const clerkSync = jobs.clerkSync()
  expect(await clerkSync.status()).not.toHaveProperty('lastReconcile')
  await clerkSync.reconcile()
  const { lastReconcile } = await clerkSync.status()
  expect(lastReconcile).toEqual({
    at: expect.any(Date),
    mode: 'full',
    applied: false,
    complete: true,
    checked: 5,
    drift: 2,
    byResource: { users: { missing: 2, stale: 0, changed: 0, deletedInClerk: 0, deletedHere: 0, duplicate: 0 } },
  })
  await clerkSync.reconcile({ apply: true })
  expect((await clerkSync.status()).lastReconcile).toMatchObject({ applied: true, drift: 0 })
  await clerkSync.reconcile({ users: ['user_unknown'] })
  expect((await clerkSync.status()).lastReconcile).toMatchObject({ mode: 'full', applied: true })
  await clerkSync.backfill({ dryRun: true })
  expect(await clerkSync.status()).not.toHaveProperty('lastBackfill')
  await clerkSync.backfill()
  const { lastBackfill } = await clerkSync.status()
  expect(lastBackfill).toMatchObject({ at: expect.any(Date), complete: true })
  expect(lastBackfill?.byResource.users).toEqual({
    seen: 5,
    created: 0,
    updated: 0,
    unchanged: 5,
    stale: 0,
    conflicts: 0,
    failed: 0,
  })
})

it('status counts changes to push, and says since when the oldest is due', async () => {
  const users = await jobs.db.users({ push: { publicMetadata: ['plan'] } })
  const clerkSync = jobs.clerkSync({ users })
  expect((await clerkSync.status()).pushes).toEqual({ pending: 0, retrying: 0, failed: 0, oldestDueAt: undefined })
  const before = new Date(Date.now() - 1)
  const page = Array.from({ length: 3 }, () => fixtures.user())
  for (const user of page) await clerkSync.sync(fixtures.userCreated(user))
  await users.updateOne({ clerkId: page[0]?.id as string }, { plan: 'pro' })
  await users.updateOne({ clerkId: page[1]?.id as string }, { plan: 'pro' })
  const { pushes } = await clerkSync.status()
  expect(pushes).toMatchObject({ pending: 2, retrying: 0, failed: 0 })
  expect(pushes?.oldestDueAt?.getTime()).toBeGreaterThan(before.getTime())
  await users.collection.updateOne({ clerkId: page[1]?.id as string }, [
    { $set: { clerkPushToken: { $concat: ['f', { $substrCP: ['$clerkPushToken', 1, 99] }] } } },
  ])
  expect((await clerkSync.status()).pushes).toMatchObject({ pending: 1, failed: 1 })
})

it('deliveries() lists the newest first', async () => {
  await jobs.db.connection.collection('clerk_deliveries').deleteMany({})
  const clerkSync = jobs.clerkSync({ deliveries: true })
  for (const messageId of ['msg_1', 'msg_2', 'msg_3']) await clerkSync.sync(fixtures.userCreated(), { messageId })
  const listed = await all(clerkSync.deliveries({ limit: 2 }))
  expect(listed.map(({ messageId }) => messageId)).toEqual(['msg_3', 'msg_2'])
})

it('deliveries() is empty if no log is kept', async () => {
  expect(await all(jobs.clerkSync().deliveries())).toEqual([])
})
