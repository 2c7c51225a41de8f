import { setTimeout as sleep } from 'node:timers/promises'
import { clerkModel, clerkSyncPlugin } from 'clerk-mongo-sync/mongoose'
import { Schema } from 'mongoose'
import { expect, it, vi } from 'vitest'
import { usePushes } from './push-setup'

vi.setConfig({ testTimeout: 60_000 })
const setup = usePushes('jobs_push_switching_on')
const { clerkSync, change, read, sent } = setup
const none = { count: 0, examples: [] }

/** Users as an app stored them that pushed nothing: in step, but for what is in Clerk's metadata. */
async function storedBefore(count: number): Promise<string[]> {
  const { collectionName } = setup.users.collection
  const schema = new Schema({ email: String, plan: { type: String, default: 'free' } }, { collection: collectionName })
  schema.plugin(clerkSyncPlugin)
  const before = clerkModel(`Before${collectionName}`, schema, setup.db.connection)
  await before.init()
  const made: { id: string }[] = []
  for (let n = 0; n < count; n++) {
    made.push(
      setup.clerk.users.create({
        email_address: `before${n}@example.org`,
        username: `before${n}${crypto.randomUUID().slice(0, 8)}`,
        first_name: 'Ada',
        external_id: `id ${n}`,
        public_metadata: { plan: 'pro', billing: { seats: n + 1 } },
        private_metadata: { notes: { vip: true } },
      }),
    )
    // A resumed walk reads users again that were created in the same millisecond.
    await sleep(2)
  }
  const { complete } = await clerkSync({ users: before }).backfill()
  expect(complete).toBe(true)
  return made.map(({ id }) => id)
}

const atClerk = (ids: readonly string[]) => ids.map((id) => structuredClone(setup.clerk.users.get(id)))

it('adding push to an app changes nothing at Clerk: not by a push, events or a change of another path', async () => {
  const ids = await storedBefore(3)
  const before = atClerk(ids)
  const [touched = '', changed = ''] = ids
  await setup.deliver()
  setup.clerk.users.update(touched, { last_name: 'New' })
  await setup.clerk.settle()
  await change(changed, { plan: 'max' })
  expect(await clerkSync().push()).toMatchObject({ pushed: 1, pending: 0 })
  expect(sent().map(({ path }) => path)).toEqual([`/users/${changed}/metadata`])
  expect(setup.clerk.users.get(changed)).toEqual({
    ...before[1],
    public_metadata: { plan: 'max', billing: { seats: 2 } },
    updated_at: expect.any(Number),
  })
  expect(setup.clerk.users.get(touched)).toMatchObject({ public_metadata: { plan: 'pro', billing: { seats: 1 } } })
  expect(await read(touched)).toMatchObject({
    plan: 'pro',
    billing: { seats: 1 },
    notes: { vip: true },
    firstName: 'Ada',
  })
})

it('the first backfill with push takes the values from Clerk, and can be tried without writing and resumed', async () => {
  const ids = await storedBefore(5)
  const before = atClerk(ids)
  expect(await clerkSync().backfill({ dryRun: true })).toMatchObject({ seen: 5, updated: 5, unchanged: 0 })
  expect(await read(ids[0] ?? '')).toMatchObject({ plan: 'free' })
  expect(await clerkSync().backfill({ limit: 2 })).toMatchObject({ seen: 2, updated: 2, complete: false })
  expect(await clerkSync().backfill()).toMatchObject({ seen: 3, updated: 3, complete: true })
  expect(await clerkSync().backfill({ dryRun: true })).toMatchObject({ seen: 5, updated: 0, unchanged: 5 })
  for (const [n, id] of ids.entries())
    expect(await read(id)).toMatchObject({ plan: 'pro', billing: { seats: n + 1 }, notes: { vip: true } })
  expect(atClerk(ids)).toEqual(before)
  expect(sent()).toEqual([])
})

it('a dry run reports per path what a push would change at Clerk, with examples', async () => {
  const ids = await storedBefore(5)
  await clerkSync().backfill()
  const [own = '', gone = '', added = ''] = ids
  await setup.users.collection.updateOne({ clerkId: own }, { $set: { plan: 'mine' } })
  await setup.users.updateOne({ clerkId: gone }, { $unset: { notes: 1 } } as never)
  await setup.users.updateMany({ clerkId: { $ne: own } }, { $unset: { username: 1 } } as never)
  setup.clerk.users.mergeMetadata(added, { public_metadata: { billing: { seats: null } } })
  const result = await clerkSync().push({ compare: true, dryRun: true })
  expect(result.differences.map(({ path }) => path).sort()).toEqual(['billing.seats', 'notes', 'plan', 'username'])
  const byPath = Object.fromEntries(result.differences.map((one) => [one.path, one]))
  expect(byPath).toMatchObject({
    username: { set: none, overwritten: none, removed: { count: 4, examples: expect.anything() } },
    'billing.seats': { set: { count: 1, examples: [added] }, overwritten: none, removed: none },
    notes: { set: none, overwritten: none, removed: { count: 1, examples: [gone] } },
    plan: { set: none, overwritten: { count: 1, examples: [own] }, removed: none },
  })
  expect(byPath.username?.removed.examples).toHaveLength(3)
  expect(sent()).toEqual([])
})

it('reconcile finds the values that are still to be taken, and takes them', async () => {
  const ids = await storedBefore(3)
  expect((await clerkSync().reconcile()).drift).toMatchObject({ changed: 3 })
  const { repaired, after } = await clerkSync().reconcile({ apply: true })
  expect(repaired).toEqual({ changed: 3 })
  expect(after?.drift).toMatchObject({ changed: 0 })
  expect(await read(ids[0] ?? '')).toMatchObject({ plan: 'pro', billing: { seats: 1 } })
  expect(sent()).toEqual([])
})

it('ensureUser creates a document with the values from Clerk, which are not pushed back', async () => {
  const { id } = setup.clerk.users.create({ first_name: 'Ada', public_metadata: { plan: 'pro' } })
  expect(await clerkSync().ensureUser(id)).toMatchObject({ plan: 'pro', firstName: 'Ada' })
  expect(await clerkSync().push()).toMatchObject({ pushed: 0 })
})

it('keys that the schema does not have stay at Clerk until the app writes the object', async () => {
  const users = await setup.db.users({
    definition: { email: String, plan: String, limits: { seats: Number } },
    push: { publicMetadata: ['plan', 'limits'] },
  })
  const { id } = setup.clerk.users.create({ public_metadata: { plan: 'a', limits: { seats: 3, beta: true } } })
  const sync = clerkSync({ users })
  await sync.backfill()
  await users.updateOne({ clerkId: id }, { plan: 'b' } as never)
  expect(await sync.push()).toMatchObject({ pushed: 1 })
  expect(setup.clerk.users.get(id)?.public_metadata).toEqual({ plan: 'b', limits: { seats: 3, beta: true } })
  expect(await sync.push({ compare: true, dryRun: true })).toMatchObject({ found: 0, differences: [] })
  await users.updateOne({ clerkId: id }, { 'limits.seats': 4 } as never)
  await sync.push()
  expect(setup.clerk.users.get(id)?.public_metadata).toEqual({ plan: 'b', limits: { seats: 4 } })
})
