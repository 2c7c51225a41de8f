import { createClerkSync } from 'clerk-mongo-sync'
import { toNodeHandler } from 'clerk-mongo-sync/node'
import { assertSynced, createFakeClerk, type FakeClerk } from 'clerk-mongo-sync/testing'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { type TestModel, useDatabase } from '../support/database'
import { type Served, serve } from '../support/serve'

vi.setConfig({ testTimeout: 60_000 })
const db = useDatabase('jobs_fake_clerk')
let clerk: FakeClerk
let users: TestModel
let app: Served
/** As the app has it, its endpoint listening to what the fake Clerk delivers. */
let clerkSync: ReturnType<typeof createClerkSync>

beforeEach(async () => {
  clerk = await createFakeClerk({ delivery: { schedule: [0, 50, 100] } })
  users = await db.users()
  await db.connection.collection('clerk_jobs').deleteMany({})
  const access = { secretKey: clerk.secretKey, apiUrl: clerk.url }
  clerkSync = createClerkSync({
    users,
    clerk: access,
    signingSecret: clerk.signingSecret,
    instanceId: clerk.instanceId,
  })
  app = await serve(toNodeHandler(clerkSync))
  clerk.deliverTo(app.url)
})
afterEach(async () => {
  await clerk.close()
  await app.close()
})

async function expectSynced(): Promise<void> {
  for (const user of clerk.users.values()) assertSynced(await users.findByClerkId(user.id), user)
}

it('a backfill stores every user as Clerk has it while users are created, changed and deleted', async () => {
  const seeded = clerk.seed(1_020).map(({ id }) => id)
  let isFirst = true
  const result = await clerkSync.backfill({
    onProgress() {
      if (!isFirst) return
      isFirst = false
      clerk.users.create({ email_address: 'new@example.com', first_name: 'New' })
      clerk.users.update(seeded[10] ?? '', { first_name: 'Early' })
      clerk.users.update(seeded[1_010] ?? '', { first_name: 'Late' })
      clerk.users.delete(seeded[499] ?? '')
      clerk.users.delete(seeded[900] ?? '')
    },
  })
  await clerk.settle()
  expect(result).toMatchObject({ complete: true, failed: 0, conflicts: 0 })
  await expectSynced()
  expect(await users.countDocuments({ clerkDeletedAt: { $exists: false } })).toBe(1_019)
  expect(await clerkSync.reconcile()).toMatchObject({ checked: 1_019, inStep: 1_019 })
})

it('reconcile finds and corrects what lost deliveries left out of step', async () => {
  const seeded = clerk.seed(300).map(({ id }) => id)
  await clerkSync.backfill()
  clerk.deliverTo(undefined)
  for (const id of seeded.slice(0, 5)) clerk.users.update(id, { first_name: 'Unheard' })
  for (const id of seeded.slice(5, 12)) clerk.users.delete(id)
  clerk.seed(3)
  expect((await clerkSync.reconcile()).drift).toMatchObject({ stale: 5, deletedInClerk: 7, missing: 3, changed: 0 })
  const mended = await clerkSync.reconcile({ apply: true })
  expect(mended.repaired).toEqual({ stale: 5, deletedInClerk: 7, missing: 3 })
  expect(mended.after).toMatchObject({ checked: 296, inStep: 296 })
  await expectSynced()
})

it('a backfill waits for rate limits and retries failures', async () => {
  clerk.seed(700)
  clerk.failNext({ status: 429, times: 2 })
  clerk.failNext({ status: 500 })
  expect(await clerkSync.backfill()).toMatchObject({ created: 700, complete: true })
})

it('backfill and reconcile work if Clerk returns no count', async () => {
  clerk.seed(60)
  clerk.failNext({ status: 500, path: '/users/count', times: 1_000 })
  const totals: (number | undefined)[] = []
  const onProgress = ({ total }: { total: number | undefined }) => void totals.push(total)
  expect(await clerkSync.backfill({ onProgress })).toMatchObject({ created: 60, complete: true })
  expect(await clerkSync.reconcile({ onProgress })).toMatchObject({ checked: 60, inStep: 60 })
  expect(new Set(totals)).toEqual(new Set([undefined]))
  const sample = await clerkSync.reconcile({ sample: 40 })
  expect(sample.checked).toBeGreaterThanOrEqual(20)
  expect(sample.inStep).toBe(sample.checked)
  const unnamed = createClerkSync({ users, clerk: { secretKey: clerk.secretKey, apiUrl: clerk.url } })
  expect(await unnamed.reconcile({ apply: true })).toMatchObject({ complete: true, repaired: {} })
})

it('the first request of a user before the webhook creates the user, and the webhook adds nothing', async () => {
  clerk.misbehave({ hold: 1 })
  const user = clerk.users.create({ email_address: 'fast@example.com' })
  const docs = await Promise.all(Array.from({ length: 20 }, () => clerkSync.ensureUser(user.id)))
  expect(docs.every(Boolean)).toBe(true)
  expect(clerk.requests.filter(({ path }) => path.endsWith(user.id))).toHaveLength(1)
  clerk.misbehave(undefined)
  clerk.release()
  await clerk.settle()
  expect(clerk.deliveries.map(({ status }) => status)).toEqual([200])
  expect(await users.countDocuments()).toBe(1)
  expect(await clerkSync.ensureUser('user_nobody')).toBeNull()
})

it('a key of another instance is reported as such', async () => {
  const wrong = { secretKey: 'sk_test_wrong', apiUrl: clerk.url }
  const other = createClerkSync({ users, clerk: wrong })
  await expect(other.backfill()).rejects.toMatchObject({ code: 'clerk_key_invalid' })
  await expect(other.ensureUser('user_1')).rejects.toMatchObject({ code: 'clerk_key_invalid' })
})
