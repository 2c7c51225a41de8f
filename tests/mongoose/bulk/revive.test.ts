import { assertSynced, fixtures } from 'clerk-mongo-sync/testing'
import { describe, expect, it } from 'vitest'
import { useDatabase } from '../../support/database'
import { gateBefore } from '../../support/gate'
import { jobsOf } from './jobs-of'

const db = useDatabase('revive')

async function setUp(onDelete: 'soft' | 'hard' | 'anonymize' = 'soft') {
  const users = await db.users({ onDelete })
  const user = fixtures.user()
  await users.upsertFromClerk(user)
  await users.deleteFromClerk(user.id)
  return { users, user, jobs: jobsOf(users) }
}

describe('a user that is revived', () => {
  it.each(['soft', 'hard', 'anonymize'] as const)('is as Clerk has it after the next fetch (%s)', async (onDelete) => {
    const { users, user, jobs } = await setUp(onDelete)
    expect(await jobs.upsertMany([user], {})).toMatchObject([{ outcome: 'stale' }])
    await jobs.revive(user.id, {})
    await jobs.upsertMany([user], {})
    const doc = await users.findByClerkId(user.id).activeInClerk()
    assertSynced(doc, user)
    expect(doc?.get('syncError')).toBeUndefined()
    expect(doc?.get('syncStatus')).toBe('active')
    expect(await jobs.find([user.id], {})).toMatchObject([{ isDeleted: false, hasTombstone: false }])
  })

  it('keeps its document and the values of the app', async () => {
    const { users, user, jobs } = await setUp()
    const before = await users.findByClerkId(user.id)
    await users.updateOne({ clerkId: user.id }, { plan: 'gold' })
    await jobs.revive(user.id, {})
    const after = await users.findByClerkId(user.id)
    expect(after?.id).toBe(before?.id)
    expect(after?.get('plan')).toBe('gold')
    expect(after?.get('clerkUpdatedAt')).toEqual(before?.get('clerkUpdatedAt'))
  })

  it('is deleted if a deletion arrives before any command', async () => {
    const { users, jobs } = await setUp()
    const gate = gateBefore(users)
    let met = 0
    for (let nth = 0; nth === met; nth++) {
      const user = fixtures.user()
      await users.upsertFromClerk(user)
      await users.deleteFromClerk(user.id)
      gate.arm(nth, async () => {
        met++
        // The first command removes the tombstone.
        await users.deleteFromClerk(user.id)
      })
      await jobs.revive(user.id, {})
      gate.open()
      if (nth === 0) continue
      if (met > nth) expect(await users.findByClerkId(user.id).activeInClerk()).toBeNull()
    }
    expect(met).toBe(3)
  })

  it('is ignored if it is unknown', async () => {
    const { users, jobs } = await setUp()
    const before = await users.collection.countDocuments()
    await jobs.revive('user_unknown', {})
    expect(await users.collection.countDocuments()).toBe(before)
  })
})
