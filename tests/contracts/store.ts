import type { ClerkUserInput, ClerkUserJSON, WriteResult } from 'clerk-mongo-sync'
import { fixtures } from 'clerk-mongo-sync/testing'
import { describe, expect, it, vi } from 'vitest'
import { describeStoreDeletion } from './store-deletion'
import { describeHookMarks } from './store-hooks'
import { delivered, type MakeStore } from './store-subject'

/** The contract of every store. */
export function describeStore(name: string, makeStore: MakeStore): void {
  describe(name, () => {
    describeVersions(makeStore)
    describeTies(makeStore)
    describeStoreDeletion(makeStore)
    describeHookMarks(makeStore)
    describeInputs(makeStore)
    describeConcurrency(makeStore)
  })
}

function describeVersions(makeStore: MakeStore): void {
  it('creates, updates, and finds by Clerk id', async () => {
    const { store, read } = await makeStore()
    const user = fixtures.user()
    const newer = fixtures.changedUser(user, { email: 'newer@example.com' })
    expect(await store.upsertFromClerk(user, delivered())).toMatchObject({ outcome: 'created', clerkId: user.id })
    expect(await store.upsertFromClerk(newer, delivered())).toMatchObject({ outcome: 'updated', clerkId: user.id })
    expect(await read(user.id)).toMatchObject({
      email: 'newer@example.com',
      clerkUpdatedAt: new Date(newer.updated_at ?? 0),
    })
    expect(await store.findByClerkId(user.id)).toMatchObject({ clerkId: user.id })
  })

  it.each([null, undefined, '', 'user_unknown', { $gt: '' }])('finds no user by %j', async (id) => {
    const { store } = await makeStore()
    await store.upsertFromClerk(fixtures.user(), delivered())
    expect(await store.findByClerkId(id as string)).toBeNull()
  })

  it('applies the same version once', async () => {
    const { store } = await makeStore()
    const user = fixtures.user()
    await store.upsertFromClerk(user, delivered())
    expect(await store.upsertFromClerk(user, delivered())).toMatchObject({ outcome: 'duplicate', clerkId: user.id })
  })

  it('keeps the newest version in any order of arrival', async () => {
    const { store, read } = await makeStore()
    const old = fixtures.user({ email: 'old@example.com' })
    const current = fixtures.changedUser(old, { email: 'current@example.com' })
    expect((await store.upsertFromClerk(current, delivered())).outcome).toBe('created')
    expect(await store.upsertFromClerk(old, delivered())).toMatchObject({ outcome: 'stale', clerkId: old.id })
    expect(await read(old.id)).toMatchObject({ email: 'current@example.com' })
  })

  it('unsets values that Clerk no longer has', async () => {
    const { store, read } = await makeStore()
    const user = fixtures.user()
    await store.upsertFromClerk(user, delivered())
    await store.upsertFromClerk(fixtures.changedUser(user, { email: null }), delivered())
    expect(Object.keys((await read(user.id)) ?? {})).not.toContain('email')
  })

  it('uses the time of the event as the version of a user without one', async () => {
    const { store, read } = await makeStore()
    const at = 1_700_000_000_000
    const { updated_at: _, ...user } = fixtures.user({ created_at: at - 5_000 })
    const outcomes: string[] = []
    for (const eventAt of [at, at - 1_000, at, at + 1_000]) {
      const changed = eventAt === at + 1_000 ? { ...user, first_name: 'New' } : user
      outcomes.push((await store.upsertFromClerk(changed, delivered({ eventAt }))).outcome)
    }
    expect(outcomes).toEqual(['created', 'stale', 'duplicate', 'updated'])
    expect((await read(user.id))?.clerkUpdatedAt).toEqual(new Date(at + 1_000))
  })

  it('uses the time of the sign-up if the event has no time either', async () => {
    const { store, read } = await makeStore()
    const { updated_at: _, ...user } = fixtures.user({ created_at: 1_700_000_000_000 })
    await store.upsertFromClerk(user, delivered())
    expect((await read(user.id))?.clerkUpdatedAt).toEqual(new Date(1_700_000_000_000))
  })

  it('maps by the mapUser of the call', async () => {
    const { store, read } = await makeStore()
    const user = fixtures.user()
    const mapUser = () => ({ email: 'mapped@example.com' })
    await store.upsertFromClerk(user, delivered({ mapUser }))
    expect(await read(user.id)).toMatchObject({ email: 'mapped@example.com' })
  })
}

function describeTies(makeStore: MakeStore): void {
  const user = fixtures.user({ email: 'first@example.com' })
  const twin: ClerkUserJSON = {
    ...fixtures.changedUser(user, { email: 'twin@example.com' }),
    updated_at: user.updated_at ?? 0,
  }
  const current = fixtures.changedUser(user, { email: 'current@example.com' })

  it('keeps the first of two states with one version if no key is configured', async () => {
    const { store, read } = await makeStore()
    await store.upsertFromClerk(user, delivered())
    expect((await store.upsertFromClerk(twin, delivered())).outcome).toBe('stale')
    expect(await read(user.id)).toMatchObject({ email: 'first@example.com' })
  })

  it('stores what Clerk has if two states have one version', async () => {
    const { store, read } = await makeStore()
    const fetchUser = vi.fn(async () => twin)
    await store.upsertFromClerk(user, delivered())
    expect((await store.upsertFromClerk(twin, delivered({ fetchUser }))).outcome).toBe('updated')
    expect(fetchUser).toHaveBeenCalledOnce()
    expect(await read(user.id)).toMatchObject({ email: 'twin@example.com' })
  })

  it('leaves a version at Clerk that is newer than both to its own event, which may have a hook', async () => {
    const { store, read } = await makeStore()
    await store.upsertFromClerk(user, delivered())
    expect((await store.upsertFromClerk(twin, delivered({ fetchUser: async () => current }))).outcome).toBe('stale')
    expect(await read(user.id)).toMatchObject({ email: 'first@example.com' })
  })

  it('does not ask Clerk about a redelivery', async () => {
    const { store } = await makeStore()
    const fetchUser = vi.fn(async () => current)
    await store.upsertFromClerk(user, delivered())
    expect((await store.upsertFromClerk(user, delivered({ fetchUser }))).outcome).toBe('duplicate')
    expect(fetchUser).not.toHaveBeenCalled()
  })

  it('applies data from the API at an equal version, and never at an older one', async () => {
    const { store, read } = await makeStore()
    await store.upsertFromClerk(user, delivered())
    expect((await store.upsertFromClerk(twin, { fromApi: true })).outcome).toBe('updated')
    expect(await read(user.id)).toMatchObject({ email: 'twin@example.com' })
    await store.upsertFromClerk(current, delivered())
    expect((await store.upsertFromClerk(twin, { fromApi: true })).outcome).toBe('stale')
    expect(await read(user.id)).toMatchObject({ email: 'current@example.com' })
  })
}

function describeInputs(makeStore: MakeStore): void {
  it('takes the user of the SDK by its raw JSON', async () => {
    const { store, read } = await makeStore()
    const raw = fixtures.user({ email: 'raw@example.com' })
    const sdkUser = { id: raw.id, updatedAt: raw.updated_at, raw }
    expect((await store.upsertFromClerk(sdkUser)).outcome).toBe('created')
    expect(await read(raw.id)).toMatchObject({ email: 'raw@example.com' })
  })

  const id = 'user_1'
  it.each([
    null,
    undefined,
    id,
    {},
    [],
    { id: '' },
    { id: 1 },
    { id: { $gt: '' } },
    { id, updatedAt: 1 },
    { id, updatedAt: 1, raw: null },
  ])('refuses a malformed user: %j', async (input) => {
    const { store, read } = await makeStore()
    const refusal = (async () => store.upsertFromClerk(input as unknown as ClerkUserInput))()
    await expect(refusal).rejects.toMatchObject({ code: 'invalid_clerk_user' })
    expect(await read(id)).toBeNull()
  })

  it.each([null, undefined, '', 1, {}, { $gt: '' }])('refuses to delete by a malformed id: %j', async (input) => {
    const { store, read } = await makeStore()
    const user = fixtures.user()
    await store.upsertFromClerk(user, delivered())
    const refusal = (async () => store.deleteFromClerk(input as unknown as string))()
    await expect(refusal).rejects.toMatchObject({ code: 'invalid_clerk_user' })
    expect((await read(user.id))?.clerkDeletedAt ?? null).toBeNull()
  })
}

function describeConcurrency(makeStore: MakeStore): void {
  const tally = (results: WriteResult[]) => results.map(({ outcome }) => outcome).sort()

  it('creates a user once if five deliveries arrive at once', async () => {
    const { store } = await makeStore()
    const user = fixtures.user()
    const results = await Promise.all(Array.from({ length: 5 }, () => store.upsertFromClerk(user, delivered())))
    expect(tally(results)).toEqual(['created', 'duplicate', 'duplicate', 'duplicate', 'duplicate'])
  })

  it('ends at the newest of many versions that arrive at once', async () => {
    const { store, read } = await makeStore()
    const first = fixtures.user()
    const versions = [3, 7, 1, 8, 5, 2, 6, 4].map((age) => {
      return fixtures.changedUser(first, { email: `v${age}@example.com`, updated_at: 1_700_000_000_000 + age })
    })
    const results = await Promise.all(versions.map((version) => store.upsertFromClerk(version, delivered())))
    expect(tally(results).filter((outcome) => outcome === 'created')).toHaveLength(1)
    expect(await read(first.id)).toMatchObject({ email: 'v8@example.com', clerkUpdatedAt: new Date(1_700_000_000_008) })
  })
}
