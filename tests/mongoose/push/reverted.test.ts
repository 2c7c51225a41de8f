import type { ClerkUserJSON } from 'clerk-mongo-sync'
import { fixtures } from 'clerk-mongo-sync/testing'
import { describe, expect, it } from 'vitest'
import type { PushClaim } from '../../../src/store/push-store'
import { useDatabase } from '../../support/database'
import { queueOf } from './queue'

const db = useDatabase('push_reverted')
const DAY_MS = 86_400_000

/** A user in step whose plan the app wrote and pushed, and functions that change it. */
async function setUp() {
  const users = await db.users({ push: { publicMetadata: ['plan'] } })
  const queue = queueOf(users)
  let user: ClerkUserJSON = fixtures.user({ public_metadata: { plan: 'ours' } })
  const at = (plan: unknown): ClerkUserJSON => {
    user = { ...user, public_metadata: { plan }, updated_at: (user.updated_at ?? 0) + 10 } as ClerkUserJSON
    return user
  }
  const read = () => users.collection.findOne({ clerkId: user.id })
  const write = (plan: string) => users.updateOne({ clerkId: user.id }, { plan } as never)
  const claim = async () => (await queue.claim(1, 60_000, {}))[0] as PushClaim
  /** Changes the plan at Clerk and delivers the event. */
  async function edited(plan: unknown): Promise<PushClaim> {
    await users.upsertFromClerk(at(plan))
    return claim()
  }
  /** The same, then pushes our value. @param kept The value that Clerk stores for it. */
  async function reverted(plan: unknown, kept: unknown = 'ours'): Promise<void> {
    const held = await edited(plan)
    expect(held.isContested(user)).toBe(false)
    const before = user
    await queue.complete(held, { before, answers: [at(kept)] }, {})
  }
  await users.upsertFromClerk(user)
  await write('ours')
  await queue.complete(await claim(), { before: user, answers: [] }, {})
  db.forget()
  return { users, queue, at, read, write, claim, edited, reverted, user: () => user }
}

async function times(count: number, work: (index: number) => Promise<unknown>): Promise<void> {
  for (let index = 0; index < count; index++) await work(index)
}

describe('a value that is changed at Clerk again and again', () => {
  it('is overwritten three times, then contested', async () => {
    const { edited, reverted, user } = await setUp()
    await times(3, () => reverted('theirs'))
    expect((await edited('theirs')).isContested(user())).toBe(true)
  })

  it('is overwritten once more if it is another value', async () => {
    const { edited, reverted, user } = await setUp()
    await times(3, () => reverted('theirs'))
    expect((await edited('other')).isContested(user())).toBe(false)
  })

  it('is contested after ten changes to different values', async () => {
    const { edited, reverted, user, read } = await setUp()
    await times(10, (index) => reverted(`theirs ${index}`))
    expect((await edited('theirs 10')).isContested(user())).toBe(true)
    expect((await read())?.clerkPushReverted).toHaveLength(10)
  })

  it('is still contested if its push is retried or put off', async () => {
    const { queue, edited, reverted, claim, user } = await setUp()
    await times(3, () => reverted('theirs'))
    await queue.retryLater(await edited('theirs'), Date.now() - 1, {})
    const again = await claim()
    expect(again.isContested(user())).toBe(true)
    await queue.release(again, {}, Date.now() - 1)
    expect((await claim()).isContested(user())).toBe(true)
  })

  it('is pushed again after a write of the app, also one while it is due', async () => {
    const { users, at, edited, reverted, write, claim, queue, user, read } = await setUp()
    await times(3, () => reverted('theirs'))
    await users.upsertFromClerk(at('theirs'))
    await write('ours')
    const held = await claim()
    expect(held.isContested(user())).toBe(false)
    await queue.complete(held, { before: user(), answers: [] }, {})
    expect(await read()).not.toHaveProperty('clerkPushReverted')
    expect((await edited('theirs')).isContested(user())).toBe(false)
  })

  it('is pushed again after a day without a change', async () => {
    const { users, edited, reverted, user, read } = await setUp()
    await times(3, () => reverted('theirs'))
    const noted = (await read())?.clerkPushReverted as { at: Date; value: string }[]
    const longAgo = noted.map((one) => ({ ...one, at: new Date(one.at.getTime() - DAY_MS) }))
    await users.collection.updateOne({ clerkId: user().id }, { $set: { clerkPushReverted: longAgo } })
    expect((await edited('theirs')).isContested(user())).toBe(false)
  })
})

it('a value that Clerk normalises is not contested, however often it is pushed', async () => {
  const { reverted, read } = await setUp()
  await times(5, () => reverted('OURS', 'OURS'))
  expect(await read()).not.toHaveProperty('clerkPushReverted')
})

it('the record of reverted values is hashed, and is deleted with the user', async () => {
  const { users, reverted, read, user } = await setUp()
  await reverted('very secret')
  const doc = await read()
  expect(doc?.clerkPushReverted).toEqual([{ at: expect.any(Date), value: expect.stringMatching(/^[\w-]{22}$/) }])
  expect(users.hydrate(doc as never)).toBeDefined()
  await users.deleteFromClerk(user().id)
  expect(await read()).not.toHaveProperty('clerkPushReverted')
})

it('a reverted value is recorded in the write that ends the push, without another command', async () => {
  const { edited, queue, user } = await setUp()
  const held = await edited('theirs')
  const before = user()
  db.forget()
  await queue.complete(
    held,
    { before, answers: [fixtures.changedUser(before, { public_metadata: { plan: 'ours' } })] },
    {},
  )
  expect(db.commands.map(({ name }) => name)).toEqual(['find', 'update'])
  expect(JSON.stringify(db.commands[1]?.command)).toContain('clerkPushReverted')
})
