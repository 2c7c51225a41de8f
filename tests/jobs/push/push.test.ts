import { createClerkSync } from 'clerk-mongo-sync'
import { createFakeClerk } from 'clerk-mongo-sync/testing'
import { describe, expect, it, vi } from 'vitest'
import { until, usePushes } from './push-setup'

vi.setConfig({ testTimeout: 60_000 })
const setup = usePushes('jobs_push')
const { clerkSync, signUp, change, read, sent } = setup
const metadataOf = (id: string) => setup.clerk.users.get(id)?.public_metadata

describe('push', () => {
  it('pushes a local change to Clerk and sets syncStatus to active', async () => {
    const [id = ''] = await signUp()
    await change(id, { plan: 'pro' })
    expect(await read(id)).toMatchObject({ syncStatus: 'pending' })
    expect(await clerkSync().push()).toMatchObject({ pushed: 1, unchanged: 0, failed: 0, pending: 0, failures: [] })
    expect(metadataOf(id)).toEqual({ plan: 'pro' })
    const doc = await read(id)
    expect(doc).toMatchObject({
      syncStatus: 'active',
      clerkUpdatedAt: new Date(setup.clerk.users.get(id)?.updated_at ?? 0),
    })
    expect(doc).not.toHaveProperty('clerkPushToken')
    expect(doc).not.toHaveProperty('clerkPushLease')
  })

  it('sends one call for metadata and one for the profile, for all pending changes', async () => {
    const [id = ''] = await signUp()
    for (let seats = 1; seats <= 20; seats++) await change(id, { 'billing.seats': seats, plan: `p${seats}` })
    await change(id, { firstName: 'Augusta', notes: { vip: true } })
    await clerkSync().push()
    expect(sent().map(({ method, path }) => `${method} ${path}`)).toEqual([
      `PATCH /users/${id}/metadata`,
      `PATCH /users/${id}`,
    ])
    expect(setup.clerk.users.get(id)).toMatchObject({
      first_name: 'Augusta',
      public_metadata: { plan: 'p20', billing: { seats: 20 } },
      private_metadata: { notes: { vip: true } },
    })
  })

  it('keeps other keys of the same metadata, and removes what the document no longer has', async () => {
    const [id = ''] = await signUp()
    setup.clerk.users.mergeMetadata(id, {
      public_metadata: { theirs: 1, plan: 'old', billing: { vat: 'DE1', seats: 2 } },
    })
    await change(id, { $unset: { plan: 1, 'billing.seats': 1 } })
    await clerkSync().push()
    expect(metadataOf(id)).toEqual({ theirs: 1, billing: { vat: 'DE1' } })
  })

  it('sends nothing if Clerk has the values already', async () => {
    const [id = ''] = await signUp()
    await change(id, { plan: 'pro' })
    setup.clerk.users.mergeMetadata(id, { public_metadata: { plan: 'pro' } })
    expect(await clerkSync().push()).toMatchObject({ pushed: 0, unchanged: 1, pending: 0 })
    expect(sent()).toEqual([])
    expect(await read(id)).toMatchObject({ syncStatus: 'active' })
  })

  it('pushes once more if a change is made during a push', async () => {
    const [id = ''] = await signUp()
    await change(id, { plan: 'pro' })
    setup.clerk.failNext({ status: 'hang', method: 'PATCH', applied: true })
    const pushing = clerkSync().push()
    await until(() => metadataOf(id)?.plan === 'pro')
    await change(id, { plan: 'team' })
    await pushing
    expect(metadataOf(id)).toEqual({ plan: 'team' })
    expect(await read(id)).toMatchObject({ syncStatus: 'active', plan: 'team' })
  })

  it('waits between two pushes of one user without holding its lease, and includes later changes', async () => {
    const [id = ''] = await signUp()
    const sync = clerkSync()
    await change(id, { plan: 'a' })
    await sync.push()
    await change(id, { plan: 'b' })
    const pushing = sync.push()
    await until(async () => String((await read(id))?.clerkPushToken).startsWith('b'))
    expect(await read(id)).not.toHaveProperty('clerkPushLease')
    await change(id, { plan: 'c' })
    await pushing
    expect(sent()).toHaveLength(2)
    const [first, second] = sent().map(({ at }) => at.getTime())
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThan(2_000)
    expect(metadataOf(id)).toEqual({ plan: 'c' })
  })

  it('keeps to the rate limit of Clerk per user, however often it is changed', async () => {
    const [id = ''] = await signUp()
    const sync = clerkSync()
    const worker = sync.startPushWorker({ pollMs: 200, stopOnSigterm: false })
    const startedAt = Date.now()
    for (let i = 0; i < 60; i++) {
      await change(id, { plan: `p${i}`, firstName: `N${i}` })
      await new Promise((resume) => setTimeout(resume, 100))
    }
    await until(() => metadataOf(id)?.plan === 'p59')
    await worker.stop()
    // A push every 2.5 seconds, of two requests at most; a slow machine takes longer for the sixty changes.
    const pushes = (Date.now() - startedAt) / 2_500 + 2
    expect(sent().length).toBeLessThanOrEqual(2 * pushes)
    expect(sent().length).toBeLessThan(60)
  })

  it('pushes the oldest change first', async () => {
    const ids = await signUp(12)
    for (const id of [...ids].reverse()) await change(id, { plan: 'pro' })
    await clerkSync().push({ limit: 1 })
    await clerkSync().push({ limit: 1 })
    const order = sent().map(({ path }) => path.split('/')[2])
    expect(order).toEqual([ids[11], ids[10]])
  })

  it('pushes each of 30 users once if two runs work at once', async () => {
    const ids = await signUp(30)
    for (const id of ids) await change(id, { plan: 'pro' })
    const results = await Promise.all([clerkSync().push(), clerkSync().push()])
    expect(results.reduce((sum, { pushed }) => sum + pushed, 0)).toBe(30)
    expect(sent()).toHaveLength(30)
    expect(new Set(sent().map(({ path }) => path)).size).toBe(30)
    for (const id of ids) expect(metadataOf(id)).toEqual({ plan: 'pro' })
  })

  it('stops at the limit and reports how many are left', async () => {
    for (const id of await signUp(12)) await change(id, { plan: 'pro' })
    expect(await clerkSync().push({ limit: 5 })).toMatchObject({ pushed: 5, pending: 7, total: 5 })
  })

  it('ends within timeoutMs, and releases unfinished users as untried', async () => {
    const [id = ''] = await signUp()
    await change(id, { plan: 'pro' })
    setup.clerk.failNext({ status: 'hang', method: 'GET' })
    const start = Date.now()
    expect(await clerkSync().push({ timeoutMs: 600 })).toMatchObject({ pushed: 0, failed: 0, pending: 1 })
    expect(Date.now() - start).toBeLessThan(4_000)
    expect(await read(id)).not.toHaveProperty('clerkPushLease')
    expect((await read(id))?.clerkPushToken).toMatch(/\.0$/)
    expect(await clerkSync().push()).toMatchObject({ pushed: 1, pending: 0 })
  })

  it.each([
    ['the limit of Clerk lets none through in time any more', 'sk_test_paced', 2_500, 60],
    ['what is left of the time is no whole number', 'sk_live_fraction', 4_000.25, 3],
  ])('fails no user because %s', async (_, key, timeoutMs, count) => {
    const clerk = await createFakeClerk({ secretKey: `${key}${crypto.randomUUID().replaceAll('-', '')}` })
    const users = await setup.db.users({ push: { publicMetadata: ['plan'] } })
    for (const user of clerk.seed(count)) await users.upsertFromClerk(user)
    await users.updateMany({}, { plan: 'pro' } as never)
    const access = { secretKey: clerk.secretKey, apiUrl: clerk.url }
    const { failed, pushed, unchanged, pending } = await createClerkSync({ users, clerk: access }).push({ timeoutMs })
    await clerk.close()
    expect({ failed, all: pushed + unchanged + pending }).toEqual({ failed: 0, all: count })
    expect(await users.countDocuments({ syncError: { $exists: true } })).toBe(0)
  })

  it('finishes current calls and releases the rest when its signal aborts', async () => {
    const ids = await signUp(12)
    for (const id of ids) await change(id, { plan: 'pro' })
    const stopping = new AbortController()
    const onProgress = () => stopping.abort()
    const result = await clerkSync().push({ signal: stopping.signal, onProgress })
    expect(result.failed).toBe(0)
    expect(result.pushed + result.pending).toBe(12)
    expect(result.pending).toBeGreaterThan(0)
    expect(await setup.users.collection.countDocuments({ clerkPushLease: { $exists: true } })).toBe(0)
    const atClerk = ids.filter((id) => metadataOf(id)?.plan === 'pro')
    expect(atClerk).toHaveLength(result.pushed)
  })

  it('does nothing with an aborted signal', async () => {
    const [id = ''] = await signUp()
    await change(id, { plan: 'pro' })
    expect(await clerkSync().push({ signal: AbortSignal.abort() })).toMatchObject({ pushed: 0, pending: 1 })
    expect(setup.clerk.requests).toEqual([])
  })

  it('only counts with dryRun', async () => {
    const [id = ''] = await signUp()
    await change(id, { plan: 'pro' })
    expect(await clerkSync().push({ dryRun: true })).toMatchObject({ pushed: 0, pending: 1 })
    expect(setup.clerk.requests).toEqual([])
  })

  it('reports progress', async () => {
    for (const id of await signUp(3)) await change(id, { plan: 'pro' })
    const told: number[] = []
    await clerkSync().push({ onProgress: ({ pushed, total }) => told.push(pushed, total) })
    expect(told.slice(-2)).toEqual([3, 3])
  })

  it('is refused if no path is owned', async () => {
    const users = await setup.db.users()
    await expect(clerkSync({ users }).push()).rejects.toMatchObject({ code: 'schema_unfit' })
    expect(() => clerkSync({ users }).startPushWorker()).toThrow(expect.objectContaining({ code: 'schema_unfit' }))
  })
})

describe('push with compare', () => {
  const none = { count: 0, examples: [] }

  it('finds and pushes changes that bypassed mongoose', async () => {
    const ids = await signUp(130)
    for (const id of ids) setup.clerk.users.mergeMetadata(id, { public_metadata: { plan: 'free' } })
    await setup.users.updateMany({}, { plan: 'free' } as never)
    await setup.users.collection.updateMany({}, { $unset: { clerkPushToken: 1 } })
    const [id = '', other = ''] = ids.slice(100)
    await setup.users.collection.updateOne({ clerkId: id }, { $set: { plan: 'pro' } })
    setup.clerk.users.mergeMetadata(other, { public_metadata: { plan: 'hacked' } })
    expect(await clerkSync().push()).toMatchObject({ pushed: 0, found: 0 })
    expect(await clerkSync().push({ compare: true, dryRun: true })).toMatchObject({
      found: 2,
      compared: 130,
      pending: 0,
      differences: [
        { path: 'plan', set: none, overwritten: { count: 2, examples: [id, other].sort() }, removed: none },
      ],
    })
    expect(sent()).toEqual([])
    expect(await clerkSync().push({ compare: true })).toMatchObject({ pushed: 2, found: 2, compared: 130, total: 130 })
    expect([metadataOf(id), metadataOf(other)]).toEqual([{ plan: 'pro' }, { plan: 'free' }])
  })

  it('returns a partial result when its signal aborts', async () => {
    const ids = await signUp(3)
    for (const id of ids) await change(id, { plan: 'pro' })
    setup.clerk.failNext({ status: 'hang', path: '/users' })
    const result = await clerkSync().push({ compare: true, signal: AbortSignal.timeout(300) })
    expect(result).toMatchObject({ pushed: 0, pending: 3 })
  })
})
