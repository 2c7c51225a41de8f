import { describe, expect, it } from 'vitest'
import { useJobs } from './jobs-setup'

const jobs = useJobs('thousands')

describe('a backfill of thousands', () => {
  it('stores every user Clerk has', async () => {
    jobs.clerk.add(1_503)
    const result = await jobs.clerkSync().backfill()
    expect(result).toMatchObject({ seen: 1_503, created: 1_503, failed: 0, complete: true, failures: [] })
    expect((await jobs.stored()).map(({ clerkId }) => clerkId)).toEqual([...jobs.clerk.users.keys()])
  })

  it('resumes after the last of several pages', async () => {
    jobs.clerk.add(1_200)
    const stop = new AbortController()
    const onProgress = ({ done }: { done: number }) => {
      if (done === 1_000) stop.abort()
    }
    const first = await jobs.clerkSync().backfill({ onProgress, signal: stop.signal })
    expect(first).toMatchObject({ seen: 1_000, complete: false })
    expect(await jobs.clerkSync().backfill()).toMatchObject({ seen: 200, created: 200, complete: true })
  })
})

/** More than the users without a counterpart that a comparison holds per side. */
describe('a comparison of thousands', () => {
  const drift = { missing: 0, stale: 0, changed: 0, deletedInClerk: 0, deletedHere: 0, duplicate: 0 }

  it('finds the same drift if the two sides have different orders', async () => {
    const shuffled = (index: number) => ({ created_at: Date.UTC(2024, 0, 1) + ((index * 7_919) % 1_709) * 1_000 })
    const users = await jobs.inStep(1_700, shuffled)
    jobs.clerk.change(users[7]?.id ?? '')
    jobs.clerk.users.delete(users[1_600]?.id ?? '')
    const report = await jobs.clerkSync().reconcile()
    expect(report).toMatchObject({ checked: 1_700, inStep: 1_698, drift: { ...drift, stale: 1, deletedInClerk: 1 } })
  })

  it('finds all users that exist on one side only', async () => {
    await jobs.inStep(1_100)
    for (const id of [...jobs.clerk.users.keys()].slice(0, 1_050)) jobs.clerk.users.delete(id)
    await jobs.inStep(100)
    jobs.clerk.add(1_100)
    const report = await jobs.clerkSync().reconcile()
    expect(report).toMatchObject({
      checked: 2_300,
      inStep: 150,
      drift: { ...drift, missing: 1_100, deletedInClerk: 1_050 },
    })
    expect(report.examples.missing).toHaveLength(10)
  })
})
