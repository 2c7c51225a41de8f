import type { ClerkStore, ClerkUserJSON } from 'clerk-mongo-sync'
import { fixtures } from 'clerk-mongo-sync/testing'
import { describe, expect, it, vi } from 'vitest'
import { delivered, type MakeStore, type StoredDocument } from './store-subject'

/** The part of the store's contract that says that deletion is final. */
export function describeStoreDeletion(makeStore: MakeStore): void {
  describe('deletion', () => {
    describeFinality(makeStore)
    describeWhatIsLeft(makeStore)
  })
}

const isGone = (stored: StoredDocument | null) => stored === null || stored.clerkDeletedAt instanceof Date

function describeFinality(makeStore: MakeStore): void {
  it('is applied once', async () => {
    const { store } = await makeStore()
    const user = fixtures.user()
    await store.upsertFromClerk(user, delivered())
    expect(await store.deleteFromClerk(user.id, delivered())).toMatchObject({ outcome: 'deleted', clerkId: user.id })
    expect(await store.deleteFromClerk(user.id, delivered())).toMatchObject({ outcome: 'duplicate', clerkId: user.id })
  })

  it('of an unknown user keeps it from being created later', async () => {
    const { store, read } = await makeStore()
    const user = fixtures.user()
    expect((await store.deleteFromClerk(user.id, delivered())).outcome).toBe('deleted')
    for (const context of [delivered(), {}, { fromApi: true }]) {
      expect(await store.upsertFromClerk(user, context)).toMatchObject({ outcome: 'stale', clerkId: user.id })
    }
    expect(isGone(await read(user.id))).toBe(true)
  })

  it.each(['soft', 'hard', 'anonymize'] as const)(
    'is not undone by a newer version or by data from the API: %s',
    async (onDelete) => {
      const { store, read } = await makeStore()
      const user = fixtures.user()
      await store.upsertFromClerk(user, delivered())
      await store.deleteFromClerk(user.id, delivered({ onDelete }))
      const newer = fixtures.changedUser(user, { email: 'late@example.com' })
      for (const context of [delivered({ onDelete }), { onDelete, fromApi: true }]) {
        expect((await store.upsertFromClerk(newer, context)).outcome).toBe('stale')
      }
      const stored = await read(user.id)
      expect(isGone(stored)).toBe(true)
      expect(stored?.email).not.toBe('late@example.com')
    },
  )

  it('is final in each of the 120 orders of a creation, three updates and a deletion', async () => {
    const { store, read } = await makeStore()
    for (const order of permutations([0, 1, 2, 3, 'deletion'] as const)) {
      const history = historyOf(fixtures.user())
      for (const step of order)
        await apply(store, step === 'deletion' ? history[0].id : (history[step] as ClerkUserJSON))
      expect(isGone(await read(history[0].id)), String(order)).toBe(true)
    }
  }, 60_000)

  it('is final if it arrives together with the other events', async () => {
    const { store, read } = await makeStore()
    for (let round = 0; round < 10; round++) {
      const history = historyOf(fixtures.user())
      await Promise.all([...history, history[0].id].map((step) => apply(store, step)))
      expect(isGone(await read(history[0].id))).toBe(true)
    }
  })
}

/** A user's state when created, and after each of three updates. */
function historyOf(user: ClerkUserJSON): [ClerkUserJSON, ...ClerkUserJSON[]] {
  const second = fixtures.changedUser(user, { first_name: 'Second' })
  const third = fixtures.changedUser(second, { email: null })
  return [user, second, third, fixtures.changedUser(third, { first_name: 'Fourth' })]
}

const apply = (store: ClerkStore, step: ClerkUserJSON | string) =>
  typeof step === 'string' ? store.deleteFromClerk(step, delivered()) : store.upsertFromClerk(step, delivered())

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]]
  return items.flatMap((item, at) => permutations(items.toSpliced(at, 1)).map((rest) => [item, ...rest]))
}

function describeWhatIsLeft(makeStore: MakeStore): void {
  it('keeps the document, with the time of the event', async () => {
    const { store, read } = await makeStore()
    const user = fixtures.user({ email: 'kept@example.com' })
    await store.upsertFromClerk(user, delivered())
    await store.deleteFromClerk(user.id, delivered({ eventAt: 1_800_000_000_000 }))
    expect(await read(user.id)).toMatchObject({
      email: 'kept@example.com',
      clerkDeletedAt: new Date(1_800_000_000_000),
    })
    expect(await store.findByClerkId(user.id)).not.toBeNull()
  })

  it('removes the document if it is hard', async () => {
    const { store, read } = await makeStore()
    const user = fixtures.user()
    await store.upsertFromClerk(user, delivered())
    await store.deleteFromClerk(user.id, delivered({ onDelete: 'hard' }))
    expect(await read(user.id)).toBeNull()
    expect(await store.findByClerkId(user.id)).toBeNull()
  })

  it('keeps the document without personal values if it anonymizes', async () => {
    const { store, read } = await makeStore()
    const user = fixtures.user({ email: 'gone@example.com', first_name: 'Gone' })
    await store.upsertFromClerk(user, delivered())
    await store.deleteFromClerk(user.id, delivered({ onDelete: 'anonymize' }))
    const stored = await read(user.id)
    expect(isGone(stored) && stored !== null).toBe(true)
    expect(JSON.stringify(stored)).not.toMatch(/gone@example\.com|"Gone"/)
  })

  it('is completed if a weaker onDelete ran first', async () => {
    const onDelete = vi.fn()
    for (const rule of ['hard', 'anonymize', onDelete] as const) {
      const { store, read } = await makeStore()
      const user = fixtures.user({ email: 'gone@example.com', first_name: 'Gone' })
      await store.upsertFromClerk(user, delivered())
      await store.deleteFromClerk(user.id, { eventAt: 1_800_000_000_000 })
      for (const _ of [1, 2]) await store.deleteFromClerk(user.id, delivered({ onDelete: rule }))
      const stored = await read(user.id)
      if (rule === 'hard') expect(stored).toBeNull()
      else expect(stored?.clerkDeletedAt).toEqual(new Date(1_800_000_000_000))
      if (rule === 'anonymize') expect(JSON.stringify(stored)).not.toMatch(/gone@example\.com|"Gone"/)
    }
    expect(onDelete).toHaveBeenCalledTimes(1)
  })

  it('runs a function once with the user and its message', async () => {
    const { store } = await makeStore()
    const user = fixtures.user()
    const seen = vi.fn()
    const onDelete = (doc: { get(path: string): unknown }, context: object) => seen(doc.get('clerkId'), context)
    await store.upsertFromClerk(user, delivered())
    await store.deleteFromClerk(user.id, { messageId: 'msg_1', onDelete })
    await store.deleteFromClerk(user.id, { messageId: 'msg_1', onDelete })
    expect(seen.mock.calls).toEqual([[user.id, { clerkId: user.id, messageId: 'msg_1' }]])
  })

  it('runs a function again at the redelivery if it failed', async () => {
    const { store, read } = await makeStore()
    const user = fixtures.user()
    const onDelete = vi.fn().mockRejectedValueOnce(new Error('mail server is down'))
    await store.upsertFromClerk(user, delivered())
    await expect(store.deleteFromClerk(user.id, { messageId: 'msg_1', onDelete })).rejects.toMatchObject({
      code: 'host_code_failed',
      cause: { message: 'mail server is down' },
    })
    expect(isGone(await read(user.id))).toBe(true)
    await store.deleteFromClerk(user.id, { messageId: 'msg_1', onDelete })
    expect(onDelete).toHaveBeenCalledTimes(2)
  })
}
