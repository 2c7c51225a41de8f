import type { ClerkStore } from 'clerk-mongo-sync'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { storeOf } from '../../support/database'
import { storeLike } from '../jobs-setup'
import { until, usePushes } from './push-setup'

vi.setConfig({ testTimeout: 60_000 })
const setup = usePushes('jobs_push_failures')
const { clerkSync, signUp, change, read, sent } = setup
const onError = vi.fn()
beforeEach(() => {
  onError.mockReset()
})

/** The time until which the change waits, by its mark. */
async function dueAt(id: string): Promise<number> {
  return Number.parseInt(String((await read(id))?.clerkPushToken).slice(1, 13), 16)
}
/** Simulates that the delay of the next attempt has passed. */
async function skipWait(id: string): Promise<void> {
  const token = String((await read(id))?.clerkPushToken)
  await setup.users.collection.updateOne(
    { clerkId: id },
    { $set: { clerkPushToken: `b${'0'.repeat(12)}${token.slice(13)}` } },
  )
}

/** Simulates that this many attempts have failed. */
async function countAttempts(id: string, failed: number): Promise<void> {
  const token = String((await read(id))?.clerkPushToken).replace(/\d+$/, String(failed))
  await setup.users.collection.updateOne({ clerkId: id }, { $set: { clerkPushToken: token } })
}

/** Makes all users old, as a user that may be new at Clerk costs seconds of waiting. */
const grownOld = () => setup.users.collection.updateMany({}, { $set: { clerkUpdatedAt: new Date(0) } })

/** Returns these users only, for walks and samples. */
const samplesOf = (drawn: { clerkId: string; isDeleted: boolean }[]) => ({
  sample: async () => drawn,
  async *walk() {
    yield* drawn
  },
})

describe('a push that Clerk refuses for good', () => {
  it('is not retried: the document shows it, and onError receives the id of the user', async () => {
    const [id = '', holder = ''] = await signUp(2)
    setup.clerk.users.update(holder, { username: 'taken' })
    await change(id, { username: 'taken' })
    const result = await clerkSync({ onError }).push()
    expect(result).toMatchObject({
      pushed: 0,
      failed: 1,
      pending: 0,
      failures: [{ clerkId: id, code: 'push_refused' }],
    })
    expect(await read(id)).toMatchObject({ syncStatus: 'error', syncError: 'push_failed', username: 'taken' })
    expect(onError).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'push_refused' }), {
      messageId: undefined,
      clerkId: id,
    })
    const requests = setup.clerk.requests.length
    await clerkSync().push()
    expect(setup.clerk.requests).toHaveLength(requests)
  })

  it('does not delay other values of the same user', async () => {
    const [id = '', holder = ''] = await signUp(2)
    setup.clerk.users.update(holder, { username: 'taken' })
    await change(id, { username: 'taken', plan: 'pro' })
    expect(await clerkSync().push()).toMatchObject({ failed: 1 })
    expect(setup.clerk.users.get(id)?.public_metadata).toEqual({ plan: 'pro' })
  })

  it('is tried again after the next local change, and succeeds', async () => {
    const [id = '', holder = ''] = await signUp(2)
    setup.clerk.users.update(holder, { username: 'taken' })
    const sync = clerkSync()
    await change(id, { username: 'taken' })
    await sync.push()
    await change(id, { username: 'free_one' })
    expect(await sync.push()).toMatchObject({ pushed: 1, failed: 0 })
    expect(await read(id)).toMatchObject({ syncStatus: 'active' })
    expect(await read(id)).not.toHaveProperty('syncError')
  })

  it('is tried once more by a comparison, also if Clerk has the value by then', async () => {
    const [id = '', holder = ''] = await signUp(2)
    setup.clerk.users.update(holder, { username: 'taken' })
    await change(id, { username: 'taken' })
    await clerkSync().push()
    setup.clerk.users.update(holder, { username: 'other' })
    setup.clerk.users.update(id, { username: 'taken' })
    expect(await clerkSync().push({ compare: true })).toMatchObject({ failed: 0 })
    expect(await read(id)).toMatchObject({ syncStatus: 'active', username: 'taken' })
  })

  it('is never sent if the metadata exceeds the limit of Clerk, while the profile is', async () => {
    const [id = ''] = await signUp()
    await change(id, { notes: { text: 'é'.repeat(4_090) }, plan: 'p', firstName: 'Augusta' })
    const { failures } = await clerkSync({ onError }).push()
    expect(failures).toMatchObject([{ clerkId: id, code: 'push_refused', message: expect.stringContaining('8192') }])
    expect(sent().map(({ path }) => path)).toEqual([`/users/${id}`])
    expect(await read(id)).toMatchObject({ syncError: 'push_failed' })
    expect(onError).toHaveBeenCalledOnce()
  })

  it('never shows a value in reports', async () => {
    const [id = '', holder = ''] = await signUp(2)
    setup.clerk.users.update(holder, { username: 'very_secret_name' })
    await change(id, { username: 'very_secret_name' })
    const warn = vi.fn()
    const logger = { debug() {}, info() {}, warn, error: warn }
    const result = await clerkSync({ onError, logger }).push()
    const told = JSON.stringify([result, warn.mock.calls, onError.mock.calls, String(onError.mock.calls[0]?.[0])])
    expect(warn).toHaveBeenCalled()
    expect(told).not.toContain('very_secret_name')
    expect(told).not.toContain(setup.clerk.secretKey)
  })
})

describe('a push that fails for a while', () => {
  it.each([500, 503, 429] as const)('with status %i is retried within the run', async (status) => {
    const [id = ''] = await signUp()
    await change(id, { plan: 'pro' })
    setup.clerk.failNext({ status, method: 'PATCH' })
    expect(await clerkSync({ onError }).push()).toMatchObject({ pushed: 1, failed: 0 })
    expect(onError).not.toHaveBeenCalled()
  })

  it('stays pending with growing delays', async () => {
    const [id = ''] = await signUp()
    await change(id, { plan: 'pro' })
    const waits: number[] = []
    for (let attempt = 1; attempt <= 3; attempt++) {
      setup.clerk.failNext({ status: 500, times: 3, path: `/users/${id}` })
      expect(await clerkSync({ onError }).push()).toMatchObject({ pushed: 0, failed: 1, pending: 1 })
      waits.push((await dueAt(id)) - Date.now())
      await skipWait(id)
    }
    expect(await read(id)).toMatchObject({ syncStatus: 'pending' })
    expect(onError).not.toHaveBeenCalled()
    // Half of 10, 20 and 40 seconds at least, and no more than that.
    for (const [index, wait] of waits.entries()) {
      expect(wait).toBeGreaterThan(5_000 * 2 ** index - 2_000)
      expect(wait).toBeLessThanOrEqual(10_000 * 2 ** index)
    }
    expect(await clerkSync().push()).toMatchObject({ pushed: 1, pending: 0 })
  })

  it('waits as long as Retry-After says', async () => {
    const [id = ''] = await signUp()
    await change(id, { plan: 'pro' })
    setup.clerk.failNext({ status: 429, retryAfter: 120, times: 3, path: `/users/${id}` })
    expect(await clerkSync().push()).toMatchObject({ failed: 1, pending: 1 })
    expect((await dueAt(id)) - Date.now()).toBeGreaterThan(110_000)
    const requests = setup.clerk.requests.length
    expect(await clerkSync().push()).toMatchObject({ pushed: 0, failed: 0, pending: 1 })
    expect(setup.clerk.requests).toHaveLength(requests)
  })

  it('is given up after the last attempt, and onError is called once', async () => {
    const [id = ''] = await signUp()
    await change(id, { plan: 'pro' })
    for (let attempt = 1; attempt <= 16; attempt++) {
      expect(onError).not.toHaveBeenCalled()
      // Refused for longer than a run waits, so that nothing is tried again within it.
      setup.clerk.failNext({ status: 503, retryAfter: 3_600, path: `/users/${id}` })
      await clerkSync({ onError }).push()
      await skipWait(id).catch(() => {})
      if (attempt < 16) expect(await read(id)).toMatchObject({ syncStatus: 'pending' })
    }
    expect(await read(id)).toMatchObject({ syncStatus: 'error', syncError: 'push_failed' })
    expect(onError).toHaveBeenCalledOnce()
  })

  it.each([429, 'reset'] as const)(
    'is never given up during an outage (%s), and onError is called once',
    async (status) => {
      const [id = ''] = await signUp()
      await change(id, { plan: 'pro' })
      for (const attempt of [1, 15, 16, 17, 18]) {
        if (attempt === 15) await countAttempts(id, 14)
        expect(onError).toHaveBeenCalledTimes(attempt > 16 ? 1 : 0)
        const times = status === 429 ? { retryAfter: 3_600 } : { times: 3 }
        setup.clerk.failNext({ status, path: `/users/${id}`, ...times })
        await clerkSync({ onError }).push()
        expect(await read(id)).toMatchObject({ syncStatus: 'pending' })
        await skipWait(id)
      }
      expect(await clerkSync({ onError }).push()).toMatchObject({ pushed: 1, pending: 0 })
      expect(await read(id)).toMatchObject({ syncStatus: 'active' })
      expect(onError).toHaveBeenCalledOnce()
    },
  )

  it('succeeds if the connection hangs or breaks after Clerk applied it', async () => {
    const [id = '', other = ''] = await signUp(2)
    await change(id, { plan: 'pro' })
    await change(other, { plan: 'pro' })
    setup.clerk.failNext({ status: 'hang', method: 'PATCH', path: `/users/${id}`, applied: true })
    setup.clerk.failNext({ status: 'reset', method: 'PATCH', path: `/users/${other}`, applied: true })
    expect(await clerkSync().push()).toMatchObject({ pushed: 2, failed: 0, pending: 0 })
    for (const one of [id, other]) expect(setup.clerk.users.get(one)?.public_metadata).toEqual({ plan: 'pro' })
  })

  it('ends the run if no request succeeds, instead of trying every user', async () => {
    const ids = await signUp(30)
    for (const id of ids) await change(id, { plan: 'pro' })
    await setup.clerk.close()
    const result = await clerkSync({ onError }).push()
    expect(result.failed).toBeGreaterThanOrEqual(8)
    expect(result.failed).toBeLessThan(20)
    expect(result.pending).toBe(30)
    expect(onError).not.toHaveBeenCalled()
    expect(await setup.users.collection.countDocuments({ clerkPushLease: { $exists: true } })).toBe(0)
  })
})

describe('a wrong key', () => {
  it('ends the run with clerk_key_invalid and marks no user as failed', async () => {
    const ids = await signUp(12)
    for (const id of ids) await change(id, { plan: 'pro' })
    const pushing = clerkSync({ clerk: { secretKey: 'sk_test_wrong', apiUrl: setup.clerk.url }, onError }).push()
    await expect(pushing).rejects.toMatchObject({ code: 'clerk_key_invalid' })
    expect(await setup.users.collection.countDocuments({ clerkPushLease: { $exists: true } })).toBe(0)
    expect(await setup.users.collection.countDocuments({ syncStatus: 'pending', clerkPushToken: /^a.*\.0$/ })).toBe(12)
    expect(onError).not.toHaveBeenCalled()
  })

  it('of another instance deletes no users', async () => {
    const ids = await signUp(15)
    for (const id of ids) await change(id, { plan: 'pro' })
    for (const id of ids) setup.clerk.users.delete(id)
    await grownOld()
    await expect(clerkSync().push()).rejects.toMatchObject({ code: 'clerk_instance_mismatch' })
    expect(await setup.users.collection.countDocuments({ clerkDeletedAt: { $exists: true } })).toBe(0)
    setup.clerk.seed(1)
    const result = await clerkSync({ instanceId: setup.clerk.instanceId }).push()
    expect(result).toMatchObject({ unchanged: 15, pending: 0 })
    expect(await setup.users.collection.countDocuments({ clerkDeletedAt: { $exists: true } })).toBe(15)
  })

  it('of another instance is not assumed if Clerk has other users, however many old ones it lacks', async () => {
    const ids = (await signUp(114)).sort()
    const [gone, known] = [ids.slice(0, 112), ids.slice(112)]
    for (const id of gone) setup.clerk.users.delete(id)
    await grownOld()
    const due = [...gone.slice(0, 11), known[0] ?? '']
    for (const id of due) await change(id, { plan: 'pro' })
    const drawn = known.map((clerkId) => ({ clerkId, isDeleted: false }))
    const jobs: ClerkStore['jobs'] = (given) => ({ ...storeOf(setup.users).jobs(given), sample: async () => drawn })
    expect(await clerkSync({ users: storeLike(setup.users, { jobs }) }).push()).toMatchObject({
      pushed: 1,
      unchanged: 11,
    })
    expect(await setup.users.collection.countDocuments({ clerkDeletedAt: { $exists: true } })).toBe(11)
  })

  it('cannot be told from deleted users until Clerk has one, and the users behind them come first', async () => {
    const ids = await signUp(12)
    for (const id of ids) await change(id, { plan: 'pro' })
    const gone = ids.slice(0, 5)
    for (const id of gone) setup.clerk.users.delete(id)
    await grownOld()
    const drawn = gone.map((clerkId) => ({ clerkId, isDeleted: false, changedAt: new Date(0) }))
    const jobs: ClerkStore['jobs'] = (given) => ({ ...storeOf(setup.users).jobs(given), ...samplesOf(drawn) })
    const result = await clerkSync({ users: storeLike(setup.users, { jobs }) }).push()
    expect(result).toMatchObject({ pushed: 7, unchanged: 5, pending: 0 })
  })

  it('is reported after all other users were tried, and the unknown users stay due', async () => {
    const [id = '', ...others] = await signUp(12)
    await change(id, { plan: 'pro' })
    for (const one of [id, ...others]) setup.clerk.users.delete(one)
    await grownOld()
    setup.clerk.seed(1)
    await expect(clerkSync().push()).rejects.toMatchObject({ code: 'clerk_instance_mismatch' })
    expect(await read(id)).toMatchObject({ syncStatus: 'pending' })
    expect(await read(id)).not.toHaveProperty('clerkPushLease')
  })

  it('does not delay other users in the next run, however many users Clerk lacks', async () => {
    const ids = await signUp(40)
    const gone = ids.slice(0, 39)
    for (const id of ids) await change(id, { plan: 'pro' })
    for (const id of gone) setup.clerk.users.delete(id)
    await grownOld()
    const drawn = gone.map((clerkId) => ({ clerkId, isDeleted: false, changedAt: new Date(0) }))
    const jobs: ClerkStore['jobs'] = (given) => ({ ...storeOf(setup.users).jobs(given), ...samplesOf(drawn) })
    const sync = clerkSync({ users: storeLike(setup.users, { jobs }) })
    for (let runs = 0; runs < 5; runs++) await sync.push().catch(() => {})
    expect(setup.clerk.users.get(ids.at(-1) ?? '')?.public_metadata.plan).toBe('pro')
    expect(await sync.push()).toMatchObject({ pending: 0 })
  })

  it('is reported at the start if the instance is known', async () => {
    await expect(clerkSync({ instanceId: 'ins_other' }).push()).rejects.toMatchObject({
      code: 'clerk_instance_mismatch',
    })
  })
})

describe('a user that is deleted in Clerk meanwhile', () => {
  it('is deleted here, and the later message runs its hook once', async () => {
    const [id = ''] = await signUp(15)
    const hook = vi.fn()
    await setup.deliver({ on: { 'user.deleted': hook } })
    setup.clerk.misbehave(() => ({ hold: true }))
    await change(id, { plan: 'pro' })
    setup.clerk.users.delete(id)
    expect(await clerkSync({ on: { 'user.deleted': hook } }).push()).toMatchObject({
      pushed: 0,
      unchanged: 1,
      pending: 0,
    })
    expect(await read(id)).toMatchObject({
      syncStatus: 'error',
      syncError: 'deleted',
      clerkDeletedAt: expect.any(Date),
    })
    expect(hook).not.toHaveBeenCalled()
    setup.clerk.release()
    await setup.clerk.settle()
    const message = setup.clerk.events().find(({ event }) => event.type === 'user.deleted')
    setup.clerk.resend(message?.messageId ?? '')
    await setup.clerk.settle()
    expect(hook).toHaveBeenCalledOnce()
    expect(await read(id)).toMatchObject({ syncError: 'deleted' })
  })

  it('is deleted here if it disappears between the read and the update', async () => {
    const [id = ''] = await signUp(15)
    await change(id, { plan: 'pro' })
    setup.clerk.failNext({ status: 500, method: 'PATCH', times: 2 })
    const pushing = clerkSync().push()
    await until(() => sent().length > 0)
    setup.clerk.users.delete(id)
    await pushing
    expect(await read(id)).toMatchObject({ syncError: 'deleted' })
  })
})
