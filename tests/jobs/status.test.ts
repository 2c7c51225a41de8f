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
  expect(deliveries).toMatchObject({ byOutcome: { created: 1, failing: 1 }, lastAt: expect.any(Date) })
  expect(deliveries?.failed).toMatchObject([{ messageId: 'msg_2', errorCode: 'hook_failed' }])
  isFailing = false
  await clerkSync.sync(update, { messageId: 'msg_2' })
  expect((await clerkSync.status()).deliveries).toMatchObject({ failed: [] })
})

it('status lets the database count the log, with the indexes of the log', async () => {
  const entries = jobs.db.connection.collection('clerk_deliveries')
  await entries.drop().catch(() => {})
  const clerkSync = jobs.clerkSync({ deliveries: true })
  await clerkSync.sync(fixtures.userCreated(), { messageId: 'msg_1' })
  const day = 86_400_000
  const entry = (index: number) => ({
    _id: `msg_old_${index}` as never,
    outcome: 'updated',
    lastSeenAt: new Date(Date.now() - (index < 500 ? 0.5 : 2) * day),
  })
  await entries.insertMany(Array.from({ length: 1_500 }, (_, index) => entry(index)))
  jobs.db.forget()
  expect((await clerkSync.status()).deliveries?.byOutcome).toEqual({ created: 1, updated: 500 })
  const asked = jobs.db.commands.filter(({ on }) => on === 'clerk_deliveries')
  expect(asked.map(({ name, command }) => ({ name, limit: command.limit }))).toEqual([
    { name: 'aggregate', limit: undefined },
    { name: 'find', limit: 10 },
  ])
  const [counting, listing] = asked.map(({ command }) => command)
  const { pipeline } = counting as { pipeline: object[] }
  // All that the count needs is in the keys of one index, and what is listed is in another of failures alone.
  const used = [...JSON.stringify(pipeline).matchAll(/(?:"\$|")(lastSeenAt|outcome|errorCode)"/g)].map(
    ([, path]) => path,
  )
  expect([...new Set(used)].sort()).toEqual(['lastSeenAt', 'outcome'])
  expect(listing?.filter).toMatchObject({ errorCode: { $exists: true } })
  expect(await entries.indexes()).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ key: { lastSeenAt: 1, outcome: 1 } }),
      expect.objectContaining({ key: { lastSeenAt: -1 }, partialFilterExpression: { errorCode: { $exists: true } } }),
    ]),
  )
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
