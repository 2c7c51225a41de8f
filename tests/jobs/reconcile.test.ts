import type { ClerkUserJSON, DriftKind, JobStoreOptions, ReconcileOptions, ReconcileProgress } from 'clerk-mongo-sync'
import { fixtures } from 'clerk-mongo-sync/testing'
import { describe, expect, it } from 'vitest'
import { jobStoreOf, storeLike, useJobs } from './jobs-setup'

const jobs = useJobs('reconcile')
const writes = () =>
  jobs.db.commands.filter(({ name }) => /^(insert|update|delete|findAndModify|bulkWrite)$/.test(name))
const none = { missing: 0, stale: 0, changed: 0, deletedInClerk: 0, deletedHere: 0, duplicate: 0 }

type Planted = Record<DriftKind, string>

/** One drift of every kind among users that are in step. */
async function plantAll(count = 20): Promise<Planted> {
  const users = await jobs.inStep(count)
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
  it('finds no drift if both sides are equal', async () => {
    await jobs.inStep(503)
    const report = await jobs.clerkSync().reconcile()
    expect(report).toMatchObject({ mode: 'full', complete: true, checked: 503, inStep: 503, drift: none })
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

  it('writes nothing but what it found, for status()', async () => {
    await plantAll()
    await jobs.clerkSync().reconcile()
    expect(writes().map(({ on }) => on)).toEqual(['clerk_jobs'])
  })

  it('walks both sides once, without a separate request for users in step', async () => {
    await jobs.inStep(501)
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

  it('finds the same drift if the two sides have different orders', async () => {
    const shuffled = (index: number) => ({ created_at: Date.UTC(2024, 0, 1) + ((index * 7_919) % 557) * 1_000 })
    const users = await jobs.inStep(550, shuffled)
    jobs.clerk.change(users[7]?.id ?? '')
    jobs.clerk.users.delete(users[530]?.id ?? '')
    const report = await jobs.clerkSync().reconcile()
    expect(report).toMatchObject({ checked: 550, inStep: 548, drift: { ...none, stale: 1, deletedInClerk: 1 } })
  })

  it('finds more users than a page that exist on one side only', async () => {
    await jobs.inStep(530)
    for (const id of [...jobs.clerk.users.keys()].slice(0, 510)) jobs.clerk.users.delete(id)
    await jobs.inStep(20)
    jobs.clerk.add(510)
    const report = await jobs.clerkSync().reconcile()
    expect(report).toMatchObject({
      checked: 1_060,
      inStep: 40,
      drift: { ...none, missing: 510, deletedInClerk: 510 },
    })
    expect(report.examples.missing).toHaveLength(10)
  })

  it('does not count users deleted on both sides', async () => {
    const [user] = await jobs.inStep(3)
    await jobs.users.deleteFromClerk(user?.id ?? '')
    jobs.clerk.users.delete(user?.id ?? '')
    expect(await jobs.clerkSync().reconcile()).toMatchObject({ checked: 2, inStep: 2, drift: none })
  })

  it('reports progress', async () => {
    await jobs.inStep(520)
    const reports: ReconcileProgress[] = []
    await jobs.clerkSync().reconcile({ onProgress: (progress) => reports.push(progress) })
    expect(reports.at(-1)).toMatchObject({ phase: 'compare', checked: 520, total: 520, drift: 0, secondsLeft: 0 })
  })

  it('ends when its signal aborts, with the drift found so far', async () => {
    await jobs.inStep(501)
    const stop = new AbortController()
    const report = await jobs.clerkSync().reconcile({ signal: stop.signal, onProgress: () => stop.abort() })
    expect(report.complete).toBe(false)
    expect(report.checked).toBeLessThan(501)
    expect(await jobs.clerkSync().reconcile({ signal: AbortSignal.abort() })).toMatchObject({
      checked: 0,
      complete: false,
    })
  })
})

describe('a user that changes during the walk is not reported', () => {
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

  it('if a webhook writes it between the list and the look-up', async () => {
    await jobs.inStep(2)
    const [late] = jobs.clerk.add(1)
    const users = afterList(() => jobs.clerkSync().sync(fixtures.userCreated(late)))
    expect(await jobs.clerkSync({ users }).reconcile()).toMatchObject({ inStep: 3, drift: none })
  })

  it('if its stored version is newer than the list', async () => {
    const [user] = await jobs.inStep(2)
    const listed = jobs.clerk.users.get(user?.id ?? '')
    await jobs.clerkSync().sync(fixtures.userUpdated(listed, { first_name: 'Newer' }))
    expect(await jobs.clerkSync().reconcile()).toMatchObject({ inStep: 2, drift: none })
  })

  it('if it was deleted on both sides after it was listed', async () => {
    const [user] = await jobs.inStep(2)
    jobs.clerk.change(user?.id ?? '')
    const users = afterList(async () => {
      jobs.clerk.users.delete(user?.id ?? '')
      await jobs.users.deleteFromClerk(user?.id ?? '')
    })
    expect(await jobs.clerkSync({ users }).reconcile()).toMatchObject({ drift: none })
  })
})

describe('reconcile with `apply`', () => {
  it('corrects what it can, and compares those users again', async () => {
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

  it('names users that cannot be corrected, and corrects the others', async () => {
    const [first] = jobs.clerk.add(3)
    await jobs.users.create({ email: `${first?.id}@example.com` })
    const report = await jobs.clerkSync().reconcile({ apply: true })
    expect(report).toMatchObject({
      repaired: { missing: 2 },
      failures: [{ clerkId: first?.id, code: 'conflict', path: 'email' }],
      after: { drift: { missing: 1 } },
    })
  })

  it('gives an address that a deletion frees to the user that has it at Clerk', async () => {
    const [leaver, heir] = await jobs.inStep(5)
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

  it('keeps a user that is missing in the list only', async () => {
    const [user] = await jobs.inStep(3)
    const kept = jobs.clerk.users.get(user?.id ?? '') as ClerkUserJSON
    jobs.clerk.before = ({ pathname }) => {
      if (pathname.endsWith('/users')) jobs.clerk.users.delete(kept.id)
      else jobs.clerk.users.set(kept.id, kept)
    }
    await jobs.clerkSync().reconcile({ apply: true })
    expect(await jobs.users.findByClerkId(kept.id)).not.toHaveProperty('clerkDeletedAt', expect.any(Date))
  })

  it('deletes no user if the key is of another instance', async () => {
    const users = await jobs.inStep(15)
    for (const { id } of users) jobs.clerk.users.delete(id)
    jobs.clerk.add(3)
    await expect(jobs.clerkSync().reconcile({ apply: true })).rejects.toMatchObject({ code: 'clerk_instance_mismatch' })
    expect(await jobs.users.countDocuments({ clerkDeletedAt: { $exists: true } })).toBe(0)
    const meant = await jobs.clerkSync({ instanceId: 'ins_list' }).reconcile({ apply: true })
    expect(meant).toMatchObject({ repaired: { deletedInClerk: 15 } })
  })

  it('writes no user of another instance, so that a second run with its key deletes none either', async () => {
    const users = await jobs.inStep(15)
    for (const { id } of users) jobs.clerk.users.delete(id)
    jobs.clerk.add(30)
    for (const _ of ['the first', 'the second']) {
      const refused = jobs.clerkSync().reconcile({ apply: true })
      await expect(refused).rejects.toMatchObject({ code: 'clerk_instance_mismatch' })
    }
    expect(await jobs.users.countDocuments({ clerkDeletedAt: null })).toBe(15)
    expect(await jobs.users.countDocuments()).toBe(15)
  })

  it('keeps the only stored user if the key is of an instance with other users', async () => {
    const [user] = await jobs.inStep(1)
    jobs.clerk.users.delete(user?.id ?? '')
    jobs.clerk.add(1)
    const refused = jobs.clerkSync().reconcile({ apply: true })
    await expect(refused).rejects.toMatchObject({ code: 'clerk_instance_mismatch' })
    expect(await jobs.users.countDocuments({ clerkDeletedAt: null })).toBe(1)
  })

  it('keeps most of the users unless the instance is named', async () => {
    const users = await jobs.inStep(25)
    for (const { id } of users.slice(5)) jobs.clerk.users.delete(id)
    const refused = jobs.clerkSync().reconcile({ apply: true })
    await expect(refused).rejects.toMatchObject({ code: 'clerk_instance_mismatch' })
    expect(await jobs.users.countDocuments({ clerkDeletedAt: null })).toBe(25)
    const named = users.slice(5, 20).map(({ id }) => id)
    expect(await jobs.clerkSync().reconcile({ users: named, apply: true })).toMatchObject({
      repaired: { deletedInClerk: 15 },
    })
  })

  it('deletes the other users if the deletion of the app fails for one', async () => {
    const users = await jobs.inStep(5)
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

  it('ends the run if the key is revoked meanwhile, instead of failing user by user', async () => {
    const users = await jobs.inStep(8)
    for (const { id } of users.slice(0, 3)) jobs.clerk.users.delete(id)
    jobs.clerk.before = ({ pathname }) => {
      if (pathname.includes('/users/user_')) jobs.clerk.status = 401
    }
    await expect(jobs.clerkSync().reconcile({ apply: true })).rejects.toMatchObject({ code: 'clerk_key_invalid' })
    expect(jobs.clerk.requests.filter((path) => path.includes('/users/user_'))).toHaveLength(1)
  })

  it('runs once at a time', async () => {
    await jobs.inStep(510)
    const refusal = jobs.duringWalk(() => jobs.clerkSync().reconcile({ apply: true }))
    expect(await jobs.clerkSync().reconcile({ apply: true })).toMatchObject({ complete: true })
    expect(await refusal()).toMatchObject({ code: 'job_running' })
  })
})

describe('reconcile with `revive`', () => {
  it('restores a user deleted here, as Clerk has it now', async () => {
    const [user] = await jobs.inStep(3)
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

  it('corrects nothing else', async () => {
    const [user, other] = await jobs.inStep(3)
    await jobs.users.deleteFromClerk(user?.id ?? '')
    jobs.clerk.change(other?.id ?? '')
    const ids = [user?.id ?? '', other?.id ?? '']
    const report = await jobs.clerkSync().reconcile({ revive: ids.slice(0, 1), users: ids })
    expect(report).toMatchObject({ repaired: { deletedHere: 1 }, after: { drift: { ...none, stale: 1 } } })
    expect(report.repaired).not.toHaveProperty('stale')
  })

  it('restores no user that Clerk does not have', async () => {
    const [user] = await jobs.inStep(3)
    const id = user?.id ?? ''
    await jobs.users.deleteFromClerk(id)
    jobs.clerk.users.delete(id)
    const report = await jobs.clerkSync().reconcile({ revive: [id] })
    expect(report).toMatchObject({ repaired: {}, failures: [{ clerkId: id, code: 'conflict' }] })
    expect(await jobs.users.findOne({ clerkId: id }).lean()).toHaveProperty('clerkDeletedAt')
  })
})

describe('a revival', () => {
  it('does not restore a user whose deletion arrives meanwhile', async () => {
    const [user] = await jobs.inStep(3)
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

describe('a partial comparison', () => {
  it('reads the given users', async () => {
    const planted = await plantAll()
    const users = [planted.stale, planted.missing, planted.deletedInClerk, 'user_unknown', '']
    const report = await jobs.clerkSync().reconcile({ users })
    expect(report).toMatchObject({
      mode: 'users',
      checked: 3,
      drift: { ...none, stale: 1, missing: 1, deletedInClerk: 1 },
      // On neither side, as with a mistyped id.
      unknown: ['', 'user_unknown'],
    })
  })

  it('reads the users changed at Clerk since the given time', async () => {
    await plantAll()
    const users = await jobs.inStep(3)
    const since = new Date(jobs.clerk.change(users[0]?.id ?? '').updated_at ?? 0)
    expect(await jobs.clerkSync().reconcile({ since })).toMatchObject({
      mode: 'since',
      checked: 1,
      drift: { ...none, stale: 1 },
    })
  })

  it('reads a sample of both sides, and corrects its drift only', async () => {
    const users = await jobs.inStep(200)
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

  it('reports the number of users to compare if it is known', async () => {
    const users = await jobs.inStep(30)
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

  it('reads all users if there are fewer than the sample', async () => {
    await jobs.inStep(7)
    expect(await jobs.clerkSync().reconcile({ sample: 100 })).toMatchObject({ checked: 7, inStep: 7, drift: none })
  })
})
