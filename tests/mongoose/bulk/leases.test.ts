import { describe, expect, it, vi } from 'vitest'
import { useDatabase } from '../../support/database'
import { jobsOf } from './jobs-of'

const db = useDatabase('leases')
let made = 0

async function setUp() {
  const collection = `jobs_${++made}`
  const users = await db.users({ collections: { jobs: collection } })
  const jobs = jobsOf(users)
  await users.deleteFromClerk('user_nobody')
  const take = async (ttlMs = 60_000) => {
    const lease = await jobs.lease('backfill', ttlMs, {})
    if (!lease) throw new Error('held by another')
    return lease
  }
  return { jobs, take, collection }
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

describe('the lease of a job', () => {
  it('is held by one of twenty concurrent processes, and the others are refused', async () => {
    const { jobs } = await setUp()
    const leases = await Promise.all(Array.from({ length: 20 }, () => jobs.lease('backfill', 60_000, {})))
    expect(leases.filter((lease) => lease !== null)).toHaveLength(1)
  })

  it('does not block other jobs', async () => {
    const { jobs, take } = await setUp()
    await take()
    expect(await jobs.lease('reconcile', 60_000, {})).not.toBeNull()
  })

  it('passes on the saved progress if it is released with work left', async () => {
    const { take } = await setUp()
    const first = await take()
    expect(first.state).toBeUndefined()
    await first.save({ after: 'user_1', done: 500 })
    await first.save({ after: 'user_2', done: 1_000 })
    await first.release('paused')
    expect((await take()).state).toEqual({ after: 'user_2', done: 1_000 })
  })

  it('passes on only the time of completion if it is released at the end', async () => {
    const { jobs, take } = await setUp()
    const first = await take()
    await first.save({ after: 'user_1' })
    await first.release('ended')
    expect((await jobs.summary({})).jobs).toEqual([
      { job: 'backfill', runningUntil: undefined, state: undefined, endedAt: expect.any(Date) },
    ])
    expect((await take()).state).toBeUndefined()
  })

  it('of a crashed process is taken over once it has expired, with the saved progress', async () => {
    const { jobs, take } = await setUp()
    const dead = await take(300)
    await dead.save({ after: 'user_1' })
    expect(await jobs.lease('backfill', 60_000, {})).toBeNull()
    await vi.waitFor(async () => expect((await take()).state).toEqual({ after: 'user_1' }), { timeout: 10_000 })
    await expect(dead.save({ after: 'user_0' })).rejects.toMatchObject({ code: 'job_running' })
  })

  it('is extended by saving', async () => {
    const { jobs, take } = await setUp()
    const lease = await take(2_000)
    const [before] = (await jobs.summary({})).jobs
    await sleep(50)
    await lease.save({})
    const [after] = (await jobs.summary({})).jobs
    expect(after?.runningUntil?.getTime()).toBeGreaterThan(before?.runningUntil?.getTime() as number)
  })

  it('that was taken over cannot be released by its former holder', async () => {
    const { jobs, take } = await setUp()
    const dead = await take(1)
    await sleep(20)
    await take()
    await dead.release('ended')
    expect(await jobs.lease('backfill', 60_000, {})).toBeNull()
  })

  it('that expired can still be saved to, until it is taken over', async () => {
    const { jobs, take } = await setUp()
    const slow = await take(1)
    await sleep(20)
    await slow.save({ after: 'user_1' })
    expect((await jobs.summary({})).jobs).toMatchObject([{ state: { after: 'user_1' } }])
  })

  it('is written with write concern majority and journal', async () => {
    const { take, collection } = await setUp()
    db.forget()
    const lease = await take()
    await lease.save({})
    await lease.release('paused')
    const writes = db.commands.filter(({ name, on }) => name === 'update' && on === collection)
    expect(writes).toHaveLength(3)
    for (const { command } of writes) expect(command.writeConcern).toMatchObject({ w: 'majority', j: true })
  })
})
