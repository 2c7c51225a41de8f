import type { ClerkUserJSON, DriftKind, JobStoreOptions, ReconcileOptions, ReconcileProgress } from 'clerk-mongo-sync'
import { fixtures } from 'clerk-mongo-sync/testing'
import { describe, expect, it } from 'vitest'
import { jobStoreOf, storeLike, useJobs } from './jobs-setup'

const jobs = useJobs('reconcile')
const writes = () =>
  jobs.db.commands.filter(({ name }) => /^(insert|update|delete|findAndModify|bulkWrite)$/.test(name))
const none = { missing: 0, stale: 0, changed: 0, deletedInClerk: 0, deletedHere: 0, duplicate: 0 }

/** Users at Clerk, and here as they are there. */
async function inStep(count: number, overrides?: (index: number) => Partial<ClerkUserJSON>): Promise<ClerkUserJSON[]> {
  const users = jobs.clerk.add(count, overrides)
  await jobStoreOf(jobs.users).upsertMany(users, { fromApi: true })
  return users
}

type Planted = Record<DriftKind, string>

/** One drift of every kind among users that are in step. */
async function plantAll(count = 20): Promise<Planted> {
  const users = await inStep(count)
  const [stale = '', changed = '', deletedInClerk = '', deletedHere = '', duplicate = '', twin = ''] = users.map(
    ({ id }) => id,
  )
  jobs.clerk.change(stale)
  const { collection } = jobs.users
  await collection.updateOne({ clerkId: changed }, { $set: { firstName: 'Meddled' } })
  jobs.clerk.users.delete(deletedInClerk)
  await jobs.users.deleteFromClerk(deletedHere)
  const [missing] = jobs.clerk.add(1)
  await collection.updateOne({ clerkId: duplicate }, { $set: { email: `${twin}@EXAMPLE.com` } })
  jobs.db.forget()
  return { missing: missing?.id ?? '', stale, changed, deletedInClerk, deletedHere, duplicate }
}

describe('a comparison of all users', () => {
  it('of two sides in step finds nothing', async () => {
    await inStep(1_003)
    const report = await jobs.clerkSync().reconcile()
    expect(report).toMatchObject({ mode: 'full', complete: true, checked: 1_003, inStep: 1_003, drift: none })
    expect(report).not.toHaveProperty('repaired')
  })

  it('finds every kind of drift, and names the users', async () => {
    const planted = await plantAll()
    const report = await jobs.clerkSync().reconcile()
    // The twin's address was written over the other's own, so that one is changed as well.
    expect(report.drift).toEqual({ missing: 1, stale: 1, changed: 2, deletedInClerk: 1, deletedHere: 1, duplicate: 1 })
    for (const kind of ['missing', 'stale', 'changed', 'deletedInClerk', 'deletedHere', 'duplicate'] as const) {
      expect(report.examples[kind]).toContain(planted[kind])
    }
    expect(report).toMatchObject({ checked: 21, inStep: 15 })
  })

  it('writes nothing at all', async () => {
    await plantAll()
    await jobs.clerkSync().reconcile()
    expect(writes()).toEqual([])
  })

  it('goes through both sides once, without looking anybody up that is in step', async () => {
    await inStep(1_001)
    jobs.db.forget()
    jobs.clerk.requests.splice(0)
    await jobs.clerkSync().reconcile()
    expect(jobs.clerk.requests.filter((url) => url.includes('user_id='))).toEqual([])
    expect(
      jobs.db.commands.filter(
        ({ name, command }) => name === 'find' && '$in' in Object(Object(command.filter).clerkId),
      ),
    ).toEqual([])
  })

  it('comes to the same where the two sides are in quite another order', async () => {
    const shuffled = (index: number) => ({ created_at: Date.UTC(2024, 0, 1) + ((index * 7_919) % 1_709) * 1_000 })
    const users = await inStep(1_700, shuffled)
    jobs.clerk.change(users[7]?.id ?? '')
    jobs.clerk.users.delete(users[1_600]?.id ?? '')
    const report = await jobs.clerkSync().reconcile()
    expect(report).toMatchObject({ checked: 1_700, inStep: 1_698, drift: { ...none, stale: 1, deletedInClerk: 1 } })
  })

  it('comes to the same where thousands are on one side only', async () => {
    await inStep(1_100)
    for (const id of [...jobs.clerk.users.keys()].slice(0, 1_050)) jobs.clerk.users.delete(id)
    await inStep(100)
    jobs.clerk.add(1_100)
    const report = await jobs.clerkSync().reconcile()
    expect(report).toMatchObject({
      checked: 2_300,
      inStep: 150,
      drift: { ...none, missing: 1_100, deletedInClerk: 1_050 },
    })
    expect(report.examples.missing).toHaveLength(10)
  })

  it('does not count users deleted on both sides', async () => {
    const [user] = await inStep(3)
    await jobs.users.deleteFromClerk(user?.id ?? '')
    jobs.clerk.users.delete(user?.id ?? '')
    expect(await jobs.clerkSync().reconcile()).toMatchObject({ checked: 2, inStep: 2, drift: none })
  })

  it('tells how far it came', async () => {
    await inStep(700)
    const reports: ReconcileProgress[] = []
    await jobs.clerkSync().reconcile({ onProgress: (progress) => reports.push(progress) })
    expect(reports.at(-1)).toMatchObject({ phase: 'compare', checked: 700, total: 700, drift: 0, secondsLeft: 0 })
  })

  it('ends when it is told to, with what it found so far', async () => {
    await inStep(1_001)
    const stop = new AbortController()
    const report = await jobs.clerkSync().reconcile({ signal: stop.signal, onProgress: () => stop.abort() })
    expect(report.complete).toBe(false)
    expect(report.checked).toBeLessThan(1_001)
    expect(await jobs.clerkSync().reconcile({ signal: AbortSignal.abort() })).toMatchObject({
      checked: 0,
      complete: false,
    })
  })
})

describe('a user that changes during the walk is no drift', () => {
  /** Does it once the list of users was answered. */
  const afterList = (action: () => Promise<unknown>) => {
    let isDone = false
    const real = jobStoreOf(jobs.users)
    return storeLike(jobs.users, {
      jobs: () => ({
        ...real,
        async find(...args) {
          if (!isDone) await action()
          isDone = true
          return real.find(...args)
        },
      }),
    })
  }

  it('when a webhook brings it between the list and the look-up', async () => {
    await inStep(2)
    const [late] = jobs.clerk.add(1)
    const users = afterList(() => jobs.clerkSync().sync(fixtures.userCreated(late)))
    expect(await jobs.clerkSync({ users }).reconcile()).toMatchObject({ inStep: 3, drift: none })
  })

  it('when it is newer here than in the list', async () => {
    const [user] = await inStep(2)
    const listed = jobs.clerk.users.get(user?.id ?? '')
    await jobs.clerkSync().sync(fixtures.userUpdated(listed, { first_name: 'Newer' }))
    expect(await jobs.clerkSync().reconcile()).toMatchObject({ inStep: 2, drift: none })
  })

  it('when it is deleted on both sides since it was listed', async () => {
    const [user] = await inStep(2)
    jobs.clerk.change(user?.id ?? '')
    const users = afterList(async () => {
      jobs.clerk.users.delete(user?.id ?? '')
      await jobs.users.deleteFromClerk(user?.id ?? '')
    })
    expect(await jobs.clerkSync({ users }).reconcile()).toMatchObject({ drift: none })
  })
})

describe('with `apply`', () => {
  it('what can be mended is mended, and looked at again', async () => {
    const planted = await plantAll()
    const report = await jobs.clerkSync().reconcile({ apply: true })
    expect(report).toMatchObject({
      complete: true,
      drift: { missing: 1, stale: 1, changed: 2, deletedInClerk: 1, deletedHere: 1 },
      repaired: { missing: 1, stale: 1, changed: 2, deletedInClerk: 1 },
      failures: [],
      after: { drift: { ...none, deletedHere: 1 }, checked: 20, inStep: 19 },
    })
    const stored = new Map((await jobs.stored()).map((doc) => [doc.clerkId, doc]))
    expect(stored.get(planted.stale)).toMatchObject({ firstName: 'Changed' })
    expect(stored.get(planted.changed)).toMatchObject({ firstName: 'Ada' })
    expect(stored.get(planted.missing)).toMatchObject({ syncStatus: 'active' })
    expect(stored.get(planted.deletedInClerk)).toMatchObject({ syncError: 'deleted', clerkDeletedAt: expect.any(Date) })
    expect(stored.get(planted.deletedHere)).toMatchObject({ clerkDeletedAt: expect.any(Date) })
  })

  it('who cannot be mended is named, and the rest is mended', async () => {
    const [first] = jobs.clerk.add(3)
    await jobs.users.create({ email: `${first?.id}@example.com` })
    const report = await jobs.clerkSync().reconcile({ apply: true })
    expect(report).toMatchObject({
      repaired: { missing: 2 },
      failures: [{ clerkId: first?.id, code: 'conflict', path: 'email' }],
      after: { drift: { missing: 1 } },
    })
  })

  it('an address that a deletion frees goes to the user who has it at Clerk by now', async () => {
    const [leaver, heir] = await inStep(5)
    const email = `${leaver?.id}@example.com`
    const { email_addresses = [], primary_email_address_id = null } = leaver ?? {}
    jobs.clerk.change(heir?.id ?? '', { email_addresses, primary_email_address_id })
    // Written last, so that it keeps the address as long as it is alive here.
    const later = jobs.clerk.change(leaver?.id ?? '')
    await jobStoreOf(jobs.users).upsertMany([later], { fromApi: true })
    jobs.clerk.users.delete(leaver?.id ?? '')
    const report = await jobs.clerkSync().reconcile({ apply: true })
    expect(report).toMatchObject({ failures: [], after: { drift: none } })
    expect(await jobs.users.findOne({ clerkId: heir?.id }).lean()).toMatchObject({ email })
  })

  it('a user whom only the list has lost is not deleted', async () => {
    const [user] = await inStep(3)
    const kept = jobs.clerk.users.get(user?.id ?? '') as ClerkUserJSON
    jobs.clerk.before = ({ pathname }) => {
      if (pathname.endsWith('/users')) jobs.clerk.users.delete(kept.id)
      else jobs.clerk.users.set(kept.id, kept)
    }
    await jobs.clerkSync().reconcile({ apply: true })
    expect(await jobs.users.findByClerkId(kept.id)).not.toHaveProperty('clerkDeletedAt', expect.any(Date))
  })

  it('nobody is deleted because the key is that of another instance', async () => {
    const users = await inStep(15)
    for (const { id } of users) jobs.clerk.users.delete(id)
    jobs.clerk.add(3)
    await expect(jobs.clerkSync().reconcile({ apply: true })).rejects.toMatchObject({ code: 'clerk_instance_mismatch' })
    expect(await jobs.users.countDocuments({ clerkDeletedAt: { $exists: true } })).toBe(0)
    const meant = await jobs.clerkSync({ instanceId: 'ins_list' }).reconcile({ apply: true })
    expect(meant).toMatchObject({ repaired: { deletedInClerk: 15 } })
  })

  it('nobody of another instance is written, so that a second try with its key deletes nobody either', async () => {
    const users = await inStep(15)
    for (const { id } of users) jobs.clerk.users.delete(id)
    jobs.clerk.add(30)
    for (const _ of ['the first', 'the second']) {
      const refused = jobs.clerkSync().reconcile({ apply: true })
      await expect(refused).rejects.toMatchObject({ code: 'clerk_instance_mismatch' })
    }
    expect(await jobs.users.countDocuments({ clerkDeletedAt: null })).toBe(15)
    expect(await jobs.users.countDocuments()).toBe(15)
  })

  it('not even the only user here is deleted by the key of an instance with others', async () => {
    const [user] = await inStep(1)
    jobs.clerk.users.delete(user?.id ?? '')
    jobs.clerk.add(1)
    const refused = jobs.clerkSync().reconcile({ apply: true })
    await expect(refused).rejects.toMatchObject({ code: 'clerk_instance_mismatch' })
    expect(await jobs.users.countDocuments({ clerkDeletedAt: null })).toBe(1)
  })

  it('most of the users are not deleted unless the instance is named', async () => {
    const users = await inStep(25)
    for (const { id } of users.slice(5)) jobs.clerk.users.delete(id)
    const refused = jobs.clerkSync().reconcile({ apply: true })
    await expect(refused).rejects.toMatchObject({ code: 'clerk_instance_mismatch' })
    expect(await jobs.users.countDocuments({ clerkDeletedAt: null })).toBe(25)
    const named = users.slice(5, 20).map(({ id }) => id)
    expect(await jobs.clerkSync().reconcile({ users: named, apply: true })).toMatchObject({
      repaired: { deletedInClerk: 15 },
    })
  })

  it('a user whom the host’s own deletion fails for keeps no other from being deleted', async () => {
    const users = await inStep(5)
    const [unlucky = '', other = ''] = users.map(({ id }) => id)
    for (const id of [unlucky, other]) jobs.clerk.users.delete(id)
    const onDelete = (_: unknown, { clerkId }: { clerkId: string }) => {
      if (clerkId === unlucky) throw new Error('jane@example.com could not be taken from the list')
    }
    const report = await jobs.clerkSync({ onDelete }).reconcile({ apply: true })
    expect(report).toMatchObject({
      repaired: { deletedInClerk: 1 },
      failures: [{ clerkId: unlucky, code: 'host_code_failed' }],
    })
    expect(JSON.stringify(report)).not.toContain('jane')
  })

  it('a key that is taken back meanwhile ends the run, instead of failing user by user', async () => {
    const users = await inStep(8)
    for (const { id } of users.slice(0, 3)) jobs.clerk.users.delete(id)
    jobs.clerk.before = ({ pathname }) => {
      if (pathname.includes('/users/user_')) jobs.clerk.status = 401
    }
    await expect(jobs.clerkSync().reconcile({ apply: true })).rejects.toMatchObject({ code: 'clerk_key_invalid' })
    expect(jobs.clerk.requests.filter((path) => path.includes('/users/user_'))).toHaveLength(1)
  })

  it('it is one at a time', async () => {
    await inStep(600)
    let refusal: Promise<unknown> | undefined
    const first = jobs.clerkSync().reconcile({
      apply: true,
      onProgress() {
        refusal ??= jobs
          .clerkSync()
          .reconcile({ apply: true })
          .catch((error: unknown) => error)
      },
    })
    expect(await first).toMatchObject({ complete: true })
    expect(await refusal).toMatchObject({ code: 'job_running' })
  })
})

describe('with `revive`', () => {
  it('a user deleted here comes back, as Clerk has it now', async () => {
    const [user] = await inStep(3)
    const id = user?.id ?? ''
    await jobs.users.deleteFromClerk(id)
    jobs.clerk.change(id, { first_name: 'Back' })
    const report = await jobs.clerkSync().reconcile({ revive: [id] })
    expect(report).toMatchObject({
      mode: 'users',
      checked: 1,
      drift: { deletedHere: 1 },
      repaired: { deletedHere: 1 },
      after: { inStep: 1, drift: none },
    })
    expect(await jobs.users.findOne({ clerkId: id }).lean()).toMatchObject({ firstName: 'Back', syncStatus: 'active' })
  })

  it('nothing else is mended', async () => {
    const [user, other] = await inStep(3)
    await jobs.users.deleteFromClerk(user?.id ?? '')
    jobs.clerk.change(other?.id ?? '')
    const ids = [user?.id ?? '', other?.id ?? '']
    const report = await jobs.clerkSync().reconcile({ revive: ids.slice(0, 1), users: ids })
    expect(report).toMatchObject({ repaired: { deletedHere: 1 }, after: { drift: { ...none, stale: 1 } } })
    expect(report.repaired).not.toHaveProperty('stale')
  })

  it('not one that Clerk does not have', async () => {
    const [user] = await inStep(3)
    const id = user?.id ?? ''
    await jobs.users.deleteFromClerk(id)
    jobs.clerk.users.delete(id)
    const report = await jobs.clerkSync().reconcile({ revive: [id] })
    expect(report).toMatchObject({ repaired: {}, failures: [{ clerkId: id, code: 'conflict' }] })
    expect(await jobs.users.findOne({ clerkId: id }).lean()).toHaveProperty('clerkDeletedAt')
  })
})

describe('a revival', () => {
  it('does not bring back a user whose deletion at Clerk was told while it was under way', async () => {
    const [user] = await inStep(3)
    const id = user?.id ?? ''
    await jobs.users.deleteFromClerk(id)
    const overtaken = (options: JobStoreOptions) => {
      const store = jobStoreOf(jobs.users, options)
      return {
        ...store,
        async revive(...args: Parameters<typeof store.revive>) {
          jobs.clerk.users.delete(id)
          await jobs.users.deleteFromClerk(id, { messageId: 'msg_deleted' })
          await store.revive(...args)
        },
      }
    }
    const clerkSync = jobs.clerkSync({ users: storeLike(jobs.users, { jobs: overtaken }) })
    const report = await clerkSync.reconcile({ revive: [id] })
    expect(report).toMatchObject({ repaired: {}, failures: [{ clerkId: id, code: 'conflict' }] })
    expect(await jobs.users.findOne({ clerkId: id }).lean()).toHaveProperty('clerkDeletedAt')
    await jobs.users.upsertFromClerk(user as ClerkUserJSON, { fromApi: true })
    expect(await jobs.users.findOne({ clerkId: id }).lean()).toHaveProperty('clerkDeletedAt')
  })
})

describe('a part of the users', () => {
  it('is those asked for', async () => {
    const planted = await plantAll()
    const users = [planted.stale, planted.missing, planted.deletedInClerk, 'user_unknown', '']
    const report = await jobs.clerkSync().reconcile({ users })
    expect(report).toMatchObject({
      mode: 'users',
      checked: 3,
      drift: { ...none, stale: 1, missing: 1, deletedInClerk: 1 },
      // On neither side: whoever gave them mistyped.
      unknown: ['', 'user_unknown'],
    })
  })

  it('is those changed at Clerk since then', async () => {
    await plantAll()
    const users = await inStep(3)
    const since = new Date(jobs.clerk.change(users[0]?.id ?? '').updated_at ?? 0)
    expect(await jobs.clerkSync().reconcile({ since })).toMatchObject({
      mode: 'since',
      checked: 1,
      drift: { ...none, stale: 1 },
    })
  })

  it('is a sample of either side, and only its drift is mended', async () => {
    const users = await inStep(200)
    // So few that hardly any draw has more of them than of others, which would be taken for another instance.
    for (const { id } of users.slice(0, 60)) jobs.clerk.users.delete(id)
    jobs.clerk.add(280)
    const report = await jobs.clerkSync().reconcile({ sample: 60, apply: true })
    expect(report.mode).toBe('sample')
    expect(report.checked).toBeGreaterThan(30)
    expect(report.checked).toBeLessThanOrEqual(66)
    expect(report.drift.missing).toBeGreaterThan(0)
    expect(report.drift.deletedInClerk).toBeGreaterThan(0)
    expect(report.repaired).toEqual({ missing: report.drift.missing, deletedInClerk: report.drift.deletedInClerk })
    expect(report.after).toMatchObject({ drift: none })
  })

  it('is told with how many there are to look at, where that is known', async () => {
    const users = await inStep(30)
    const totalOf = async (options: ReconcileOptions) => {
      const totals = new Set<number | undefined>()
      await jobs.clerkSync().reconcile({ ...options, onProgress: ({ total }) => totals.add(total) })
      return [...totals]
    }
    expect(await totalOf({ sample: 8 })).toEqual([8])
    expect(await totalOf({ sample: 80 })).toEqual([30])
    expect(await totalOf({ users: users.slice(3, 5).map(({ id }) => id) })).toEqual([2])
    expect(await totalOf({ since: new Date(0) })).toEqual([undefined])
  })

  it('is all there are, where that is less than the sample', async () => {
    await inStep(7)
    expect(await jobs.clerkSync().reconcile({ sample: 100 })).toMatchObject({ checked: 7, inStep: 7, drift: none })
  })
})
