import { createClerkSync } from 'clerk-mongo-sync'
import { fixtures } from 'clerk-mongo-sync/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import type { PushClaim, PushStore } from '../../../src/store/push-store'
import { type TestModel, useDatabase } from '../../support/database'
import { queueOf } from './queue'

const db = useDatabase('push_echo')
type User = ReturnType<typeof fixtures.user>

let users: TestModel
let queue: PushStore
let user: User
let hooked: string[]
let deliver: (data: User, messageId?: string) => Promise<string>
const read = async () => (await users.collection.findOne({ clerkId: user.id })) ?? {}
/** The user at a version `ms` milliseconds after the first. */
const atVersion = (ms: number, changes: object = {}): User =>
  fixtures.changedUser(user, { ...changes, updated_at: (user.updated_at ?? 0) + ms })
const pushed = (ms: number, changes: object = {}) => atVersion(ms, { public_metadata: { plan: 'pro' }, ...changes })
const complete = (claim: PushClaim, answers: User[], before: User = user) =>
  queue.complete(claim, { before, answers }, {})

async function changeAndClaim(leaseMs = 60_000): Promise<PushClaim> {
  await users.updateOne({ clerkId: user.id }, { plan: 'pro' } as never)
  const [claim] = await queue.claim(1, leaseMs, {})
  return claim as PushClaim
}

beforeEach(async () => {
  users = await db.users({ push: { publicMetadata: ['plan'] } })
  queue = queueOf(users)
  user = fixtures.user()
  hooked = []
  const on = { 'user.updated': ({ messageId }: { messageId: string | undefined }) => void hooked.push(messageId ?? '') }
  const { sync } = createClerkSync({ users, on })
  deliver = async (data, messageId = `msg_${data.updated_at}`) =>
    (await sync({ type: 'user.updated', data }, { messageId })).outcome
  await sync(fixtures.userCreated(user), { messageId: 'msg_created' })
})

describe('the event of our own push', () => {
  it('is a duplicate and runs no hook', async () => {
    const claim = await changeAndClaim()
    expect(await complete(claim, [pushed(1_000)])).toBe('completed')
    expect(await read()).toMatchObject({
      syncStatus: 'active',
      clerkUpdatedAt: new Date(pushed(1_000).updated_at ?? 0),
    })
    expect(await deliver(pushed(1_000))).toBe('duplicate')
    expect(hooked).toEqual([])
  })

  it('is recognised after the next push', async () => {
    const older = atVersion(500, { banned: true })
    const banned = (ms: number) => pushed(ms, { banned: true })
    await complete(await changeAndClaim(), [banned(1_000)], older)
    await users.updateOne({ clerkId: user.id }, { plan: 'max' } as never)
    const [next] = await queue.claim(1, 60_000, {})
    await complete(next as PushClaim, [banned(2_000)], banned(1_000))
    expect([await deliver(older), await deliver(banned(1_000)), await deliver(banned(2_000))]).toEqual([
      'updated',
      'duplicate',
      'duplicate',
    ])
    expect(hooked).toEqual([`msg_${older.updated_at}`])
  })

  it('is a duplicate or stale if the push sent two calls', async () => {
    await complete(await changeAndClaim(), [pushed(1_000), pushed(1_001)])
    expect(await deliver(pushed(1_001))).toBe('duplicate')
    expect(await deliver(pushed(1_000))).toBe('stale')
    expect(hooked).toEqual([])
  })

  it('is recognised while a later change waits', async () => {
    const claim = await changeAndClaim()
    await users.updateOne({ clerkId: user.id }, { plan: 'max' } as never)
    expect(await complete(claim, [pushed(1_000)])).toBe('changed')
    expect(await deliver(pushed(1_000))).toBe('duplicate')
    expect(await read()).toMatchObject({ plan: 'max', syncStatus: 'pending' })
    expect(hooked).toEqual([])
  })

  it('is recognised if a later call of the push failed', async () => {
    for (const end of ['retryLater', 'fail'] as const) {
      const claim = await changeAndClaim()
      const answer = pushed(end === 'fail' ? 2_000 : 1_000)
      const seen = { before: user, answers: [answer] }
      if (end === 'fail') await queue.fail(claim, {}, seen)
      else await queue.retryLater(claim, Date.now() - 1, {}, seen)
      expect(await deliver(answer)).toBe('duplicate')
      expect(hooked).toEqual([])
    }
  })

  it('keeps its version, so that no older event is applied', async () => {
    const claim = await changeAndClaim()
    await queue.retryLater(claim, Date.now() - 1, {}, { before: user, answers: [pushed(1_000)] })
    await deliver(pushed(1_000))
    expect(await deliver(atVersion(500, { first_name: 'Old' }))).toBe('stale')
    expect(await read()).toMatchObject({ firstName: 'Ada' })
  })
})

describe('a change at Clerk that a push overtakes', () => {
  // A change at Clerk before ours that has not arrived; the answer to the push contains it.
  const real = () => atVersion(500, { first_name: 'Real' })
  const answer = () => pushed(1_000, { first_name: 'Real' })

  it.each([
    ['before the echo', real, () => [real(), answer()], ['updated', 'duplicate']],
    ['after the echo', real, () => [answer(), real()], ['updated', 'stale']],
    // The answer contains it without its origin: the hook may run twice, but never zero times.
    ['before the echo, and the push did not read it', () => user, () => [real(), answer()], ['updated', 'updated']],
    ['after the echo, and the push did not read it', () => user, () => [answer(), real()], ['updated', 'stale']],
  ])('is applied with its hook if its event arrives %s', async (_, before, events, outcomes) => {
    await complete(await changeAndClaim(), [answer()], before())
    expect(await read()).toMatchObject({ syncStatus: 'active', firstName: 'Ada' })
    const [first, second] = events() as [User, User]
    expect([await deliver(first), await deliver(second)]).toEqual(outcomes)
    expect(hooked[0]).toBe(`msg_${first.updated_at}`)
    expect(hooked).toHaveLength(outcomes.filter((outcome) => outcome === 'updated').length)
    expect(await read()).toMatchObject({ firstName: 'Real', clerkUpdatedAt: new Date(answer().updated_at ?? 0) })
  })

  it('runs its hook if it changes no stored value', async () => {
    const banned = atVersion(500, { banned: true })
    await complete(await changeAndClaim(), [pushed(1_000, { banned: true })], banned)
    expect(await deliver(banned)).toBe('updated')
    expect(await deliver(pushed(1_000, { banned: true }))).toBe('duplicate')
    expect(hooked).toEqual([`msg_${banned.updated_at}`])
  })

  it.each([
    ['read before the push', true],
    ['made between the read and the push', false],
  ])('runs a hook once if it changes no stored value and our own event arrives first: %s', async (_, isSeen) => {
    const banned = atVersion(500, { banned: true })
    await complete(await changeAndClaim(), [pushed(1_000, { banned: true })], isSeen ? banned : user)
    expect(await deliver(pushed(1_000, { banned: true }))).toBe('updated')
    expect(await deliver(banned)).toBe('stale')
    expect(hooked).toHaveLength(1)
  })

  it('is applied once if two deliveries of each event arrive at once', async () => {
    await complete(await changeAndClaim(), [answer()])
    await Promise.all([deliver(real()), deliver(answer()), deliver(real()), deliver(answer())])
    expect(new Set(hooked).size).toBeGreaterThanOrEqual(1)
    expect(await read()).toMatchObject({ firstName: 'Real', clerkUpdatedAt: new Date(answer().updated_at ?? 0) })
  })
})

describe('an event that arrives during a push', () => {
  it('waits for the push, and is a duplicate if it is our own', async () => {
    const claim = await changeAndClaim()
    const delivery = deliver(pushed(1_000))
    await new Promise((resume) => setTimeout(resume, 200))
    await complete(claim, [pushed(1_000)])
    expect(await delivery).toBe('duplicate')
    expect(hooked).toEqual([])
  })

  it('waits for the push, and runs its hook if it is not our own', async () => {
    const claim = await changeAndClaim()
    const other = atVersion(500, { banned: true })
    const delivery = deliver(other)
    await new Promise((resume) => setTimeout(resume, 200))
    await complete(claim, [pushed(1_000, { banned: true })], other)
    expect(await delivery).toBe('updated')
    expect(hooked).toEqual([`msg_${other.updated_at}`])
  })

  it('is applied with its hook if the push does not end', async () => {
    await changeAndClaim()
    expect(await deliver(pushed(1_000))).toBe('updated')
    expect(hooked).toHaveLength(1)
    expect(await read()).toMatchObject({ syncStatus: 'pending', clerkPushToken: expect.any(String) })
  })

  it('does not wait if there are no hooks', async () => {
    const claim = await changeAndClaim()
    expect((await users.upsertFromClerk(pushed(1_000), { messageId: 'msg_1' })).outcome).toBe('updated')
    expect(await complete(claim, [pushed(1_000)])).toBe('completed')
    expect(await read()).toMatchObject({ syncStatus: 'active' })
  })

  it('does not wait for a crashed worker', async () => {
    await changeAndClaim(-1)
    expect(await deliver(pushed(1_000))).toBe('updated')
    expect(await read()).toMatchObject({ syncStatus: 'pending' })
  })
})
