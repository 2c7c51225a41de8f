import type { BackfillProgress } from 'clerk-mongo-sync'
import { fixtures } from 'clerk-mongo-sync/testing'
import { describe, expect, it } from 'vitest'
import { jobStoreOf, storeLike, useJobs } from './jobs-setup'

const jobs = useJobs('backfill')
const lists = () => jobs.clerk.requests.filter((url) => url.startsWith('/users?'))
const writes = () =>
  jobs.db.commands.filter(({ name }) => /^(insert|update|delete|findAndModify|bulkWrite)$/.test(name))
/** Stops a run after so many progress reports. */
function stopAfter(reports: number) {
  const stop = new AbortController()
  let left = reports
  return {
    signal: stop.signal,
    onProgress() {
      left -= 1
      if (left === 0) stop.abort()
    },
  }
}

describe('a backfill', () => {
  it('stores every user Clerk has', async () => {
    jobs.clerk.add(503)
    const result = await jobs.clerkSync().backfill()
    expect(result).toMatchObject({ seen: 503, created: 503, failed: 0, complete: true, failures: [] })
    const ids = (await jobs.stored()).map(({ clerkId }) => clerkId)
    expect(ids).toEqual([...jobs.clerk.users.keys()])
  })

  it('requests 500 users per page by cursor, oldest first', async () => {
    jobs.clerk.add(501)
    const [, last] = [...jobs.clerk.users.keys()].slice(498)
    await jobs.clerkSync().backfill()
    expect(lists().slice(0, 2)).toEqual([
      '/users?limit=500&order_by=%2Bcreated_at',
      `/users?limit=500&order_by=%2Bcreated_at&starting_after=${last}`,
    ])
  })

  it('reports the outcome of each user', async () => {
    const [same, older, newer, gone] = jobs.clerk.add(7).map(({ id }) => id)
    for (const user of [...jobs.clerk.users.values()].slice(0, 4)) await jobs.users.upsertFromClerk(user)
    jobs.clerk.change(older ?? '')
    await jobs.users.upsertFromClerk({ ...fixtures.user(), id: newer ?? '', updated_at: Date.now() })
    await jobs.users.deleteFromClerk(gone ?? '')
    expect(same).toBeDefined()
    expect(await jobs.clerkSync().backfill()).toMatchObject({ seen: 7, created: 3, updated: 1, unchanged: 1, stale: 2 })
  })

  it('continues after users that it cannot store, and names them without their values', async () => {
    const users = jobs.clerk.add(5)
    const [taken] = users
    await jobs.users.create({ email: `${taken?.id}@example.com` })
    const result = await jobs.clerkSync().backfill()
    expect(result).toMatchObject({ seen: 5, created: 4, conflicts: 1, complete: true })
    expect(result.failures).toEqual([
      { clerkId: taken?.id, code: 'conflict', path: 'email', message: expect.any(String) },
    ])
    expect(JSON.stringify(result.failures)).not.toContain('@example.com')
  })

  it('reports progress, rate and the number left', async () => {
    jobs.clerk.add(520)
    const reports: BackfillProgress[] = []
    await jobs.clerkSync().backfill({ onProgress: (progress) => reports.push(progress) })
    expect(reports.map(({ done, total, created }) => ({ done, total, created }))).toEqual([
      { done: 500, total: 520, created: 500 },
      { done: 520, total: 520, created: 520 },
    ])
    expect(reports[0]?.perSecond).toBeGreaterThan(0)
    expect(reports[0]?.secondsLeft).toBeGreaterThan(0)
    expect(reports[1]?.secondsLeft).toBe(0)
  })

  it('never overwrites what a webhook wrote while the page was loading', async () => {
    const [user] = jobs.clerk.add(1)
    const clerkSync = jobs.clerkSync()
    const store = storeLike(jobs.users, {
      jobs: (options) => {
        const real = jobStoreOf(jobs.users, options)
        return {
          ...real,
          async upsertMany(users, context) {
            const newer = jobs.clerk.change(user?.id ?? '', { first_name: 'Newest' })
            await clerkSync.sync(fixtures.userUpdated(newer, { ...newer }))
            return real.upsertMany(users, context)
          },
        }
      },
    })
    expect(await jobs.clerkSync({ users: store }).backfill()).toMatchObject({ created: 0, stale: 1 })
    expect(await jobs.stored()).toMatchObject([{ firstName: 'Newest' }])
  })

  it('leaves the user.created hook pending only with `hooks`', async () => {
    const ran: unknown[] = []
    const on = { 'user.created': ({ messageId }: { messageId: string | undefined }) => void ran.push(messageId) }
    const clerkSync = jobs.clerkSync({ on })
    const [silent] = jobs.clerk.add(1)
    await clerkSync.backfill()
    const [loud] = jobs.clerk.add(1)
    await clerkSync.backfill({ hooks: true })
    for (const [index, user] of [silent, loud].entries()) {
      await clerkSync.sync(fixtures.userCreated(user), { messageId: `msg_${index}` })
    }
    expect(ran).toEqual(['msg_1'])
  })
})

describe('a backfill that was stopped', () => {
  it('ends after the current page, and the next run resumes there', async () => {
    jobs.clerk.add(520)
    expect(await jobs.clerkSync().backfill(stopAfter(1))).toMatchObject({ seen: 500, complete: false })
    const progress: BackfillProgress[] = []
    const rest = await jobs.clerkSync().backfill({ onProgress: (one) => progress.push(one) })
    expect(rest).toMatchObject({ seen: 20, created: 20, complete: true })
    expect(progress[0]).toMatchObject({ done: 520, total: 520 })
  })

  it('starts again with `restart`, or after a complete run', async () => {
    jobs.clerk.add(25)
    await jobs.clerkSync().backfill({ limit: 10 })
    expect(await jobs.clerkSync().backfill({ restart: true })).toMatchObject({ seen: 25, complete: true })
    expect(await jobs.clerkSync().backfill()).toMatchObject({ seen: 25, unchanged: 25, created: 0 })
  })

  it('by its limit resumes there', async () => {
    jobs.clerk.add(25)
    expect(await jobs.clerkSync().backfill({ limit: 10 })).toMatchObject({ seen: 10, complete: false })
    expect(await jobs.clerkSync().backfill({ limit: 10 })).toMatchObject({ seen: 10, created: 10, complete: false })
    expect(await jobs.clerkSync().backfill({ limit: 10 })).toMatchObject({ seen: 5, created: 5, complete: true })
  })

  it('skips no user if the last one was deleted in between', async () => {
    jobs.clerk.add(25)
    await jobs.clerkSync().backfill({ limit: 10 })
    jobs.clerk.users.delete([...jobs.clerk.users.keys()][9] ?? '')
    await jobs.clerkSync().backfill()
    expect(await jobs.users.countDocuments()).toBe(25)
  })

  it('before it began requests and writes nothing', async () => {
    jobs.clerk.add(3)
    expect(await jobs.clerkSync().backfill({ signal: AbortSignal.abort() })).toMatchObject({ seen: 0, complete: false })
    expect(await jobs.stored()).toEqual([])
  })

  it('repeats at most one page after a crash, once its lease has expired', async () => {
    jobs.clerk.add(530)
    // Its first page is short.
    await jobs.clerkSync().backfill({ limit: 10 })
    const killed = storeLike(jobs.users, {
      jobs: (options) => {
        const real = jobStoreOf(jobs.users, options)
        const dead = () => Promise.reject(new Error('killed'))
        return {
          ...real,
          lease: async (...args) => {
            const lease = await real.lease(...args)
            const isLast = (state: Record<string, unknown>) => (state.users as { done?: number }).done === 510
            return lease && { ...lease, save: (state) => (isLast(state) ? dead() : lease.save(state)), release: dead }
          },
        }
      },
    })
    await expect(jobs.clerkSync({ users: killed }).backfill()).rejects.toThrow('killed')
    await expect(jobs.clerkSync().backfill()).rejects.toMatchObject({ code: 'job_running' })
    const leases = jobs.db.connection.collection('clerk_jobs')
    await leases.updateMany({}, { $set: { leaseUntil: new Date(Date.now() - 1) } })
    expect(await jobs.clerkSync().backfill()).toMatchObject({
      seen: 520,
      created: 20,
      unchanged: 500,
      complete: true,
    })
    expect(await jobs.users.countDocuments()).toBe(530)
  })
})

describe('a page that cannot be written', () => {
  const failing = (times: number, code: string) => {
    let left = times
    return storeLike(jobs.users, {
      jobs: (options) => {
        const real = jobStoreOf(jobs.users, options)
        return {
          ...real,
          async upsertMany(users, context) {
            left -= 1
            if (left >= 0) throw Object.assign(new Error('away'), { name: 'ClerkSyncError', code })
            return real.upsertMany(users, context)
          },
        }
      },
    })
  }

  it('is tried again', async () => {
    jobs.clerk.add(3)
    const clerkSync = jobs.clerkSync({ users: failing(2, 'database_failed') })
    expect(await clerkSync.backfill()).toMatchObject({ created: 3, complete: true })
  })

  it('rejects the run if a retry cannot help, and the run can be resumed', async () => {
    jobs.clerk.add(15)
    await jobs.clerkSync().backfill({ limit: 10 })
    const clerkSync = jobs.clerkSync({ users: failing(1, 'index_missing') })
    await expect(clerkSync.backfill()).rejects.toMatchObject({ code: 'index_missing' })
    expect(await clerkSync.backfill()).toMatchObject({ seen: 5, complete: true })
  })
})

describe('concurrent backfills', () => {
  it('are refused until the first has ended', async () => {
    jobs.clerk.add(510)
    const refusal = jobs.duringWalk(() => jobs.clerkSync().backfill())
    expect(await jobs.clerkSync().backfill()).toMatchObject({ complete: true })
    expect(await refusal()).toMatchObject({ code: 'job_running' })
    expect(await jobs.clerkSync().backfill()).toMatchObject({ complete: true })
  })
})

describe('a backfill of recent changes', () => {
  it('reads only those users, and keeps the position of a full backfill', async () => {
    const users = jobs.clerk.add(25)
    await jobs.clerkSync().backfill({ limit: 10 })
    const since = new Date(jobs.clerk.change(users[3]?.id ?? '').updated_at ?? 0)
    expect(await jobs.clerkSync().backfill({ since })).toMatchObject({ seen: 1, updated: 1, complete: true })
    expect(await jobs.clerkSync().backfill()).toMatchObject({ seen: 15, complete: true })
  })
})

describe('a dry run', () => {
  it('reports what a run would do and writes nothing, not even a lease', async () => {
    const users = jobs.clerk.add(6)
    for (const user of users.slice(0, 3)) await jobs.users.upsertFromClerk(user)
    jobs.clerk.change(users[0]?.id ?? '')
    await jobs.users.deleteFromClerk(users[1]?.id ?? '')
    jobs.db.forget()
    const result = await jobs.clerkSync().backfill({ dryRun: true })
    expect(result).toMatchObject({ seen: 6, created: 3, updated: 1, unchanged: 1, stale: 1, complete: true })
    expect(writes()).toEqual([])
  })
})

describe('a backfill with the key of another instance', () => {
  it('is refused if none of many stored users exists there', async () => {
    const users = jobs.clerk.add(11)
    await jobStoreOf(jobs.users).upsertMany(users, { fromApi: true })
    for (const { id } of users) jobs.clerk.users.delete(id)
    jobs.clerk.add(3)
    await expect(jobs.clerkSync().backfill()).rejects.toMatchObject({ code: 'clerk_instance_mismatch' })
    expect(await jobs.users.countDocuments()).toBe(11)
    expect(await jobs.clerkSync({ instanceId: 'ins_list' }).backfill()).toMatchObject({ created: 3, complete: true })
  })

  it('is refused if the app names the instance', async () => {
    jobs.clerk.add(1)
    await expect(jobs.clerkSync({ instanceId: 'ins_other' }).backfill()).rejects.toMatchObject({
      code: 'clerk_instance_mismatch',
    })
    expect(await jobs.stored()).toEqual([])
    expect(await jobs.clerkSync({ instanceId: 'ins_list' }).backfill()).toMatchObject({ created: 1 })
    expect(jobs.clerk.requests.filter((url) => url === '/instance')).toHaveLength(2)
  })
})
