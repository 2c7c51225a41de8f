import { createClerkSync } from 'clerk-mongo-sync'
import { createMemoryStore, fixtures } from 'clerk-mongo-sync/testing'
import { afterEach, expect, it, vi } from 'vitest'
import { describeStore } from '../contracts/store'

describeStore('the memory store', async () => {
  const store = createMemoryStore()
  return { store, read: async (clerkId) => store.users.get(clerkId) ?? null }
})

afterEach(() => vi.unstubAllGlobals())

it.each(['the stored state', 'a third state'])(
  'the hook of a tie that Clerk resolves with %s runs at most once for any number of deliveries',
  async (said) => {
    const { data } = fixtures.userCreated()
    const twin = { ...data, first_name: 'Twin' }
    const current = said === 'the stored state' ? data : { ...data, first_name: 'Third' }
    vi.stubGlobal('fetch', async () => Response.json(current))
    const users = createMemoryStore()
    const ran = vi.fn()
    const { sync } = createClerkSync({ users, clerk: { secretKey: 'sk_test_tie' }, on: { 'user.updated': ran } })
    await sync(fixtures.userCreated(data), { messageId: 'msg_first' })
    const outcomes: string[] = []
    for (const _ of [1, 2, 3, 4]) {
      const event = { ...fixtures.userUpdated(twin), data: twin }
      outcomes.push((await sync(event, { messageId: 'msg_tie' })).outcome)
    }
    const isApplied = said === 'a third state'
    expect(outcomes).toEqual([isApplied ? 'updated' : 'stale', 'stale', 'stale', 'stale'])
    expect(ran).toHaveBeenCalledTimes(isApplied ? 1 : 0)
    expect(users.users.get(data.id)?.firstName).toBe(current.first_name)
  },
)
