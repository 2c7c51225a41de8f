import type { ClerkUserJSON } from 'clerk-mongo-sync'
import { afterEach, expect, it, vi } from 'vitest'
import * as sleeping from '../../src/time/sleep'
import { jobStoreOf, storeLike, useJobs } from './jobs-setup'
import { until, usePushes } from './push/push-setup'

const jobs = useJobs('lagging_reads')
const pushes = usePushes('lagging_reads_push')
afterEach(() => vi.restoreAllMocks())

/** Users created so many minutes ago, at Clerk and here. */
async function usersOf(minutes: number, count = 3): Promise<ClerkUserJSON[]> {
  const at = Date.now() - minutes * 60_000
  const users = jobs.clerk.add(count, () => ({ created_at: at, updated_at: at }))
  await jobStoreOf(jobs.users).upsertMany(users, { fromApi: true })
  return users
}

/** Lets Clerk answer 404 for the user this many times. */
function lag({ id }: ClerkUserJSON, looks: number): { left: number } {
  const user = jobs.clerk.users.get(id)
  const lagging = { left: looks }
  jobs.clerk.before = (url) => {
    const isList = url.pathname === '/v1/users'
    const isAbout = url.pathname === `/v1/users/${id}` || url.searchParams.getAll('user_id').includes(id)
    if (!isAbout && !isList) return
    const isHidden = lagging.left > 0
    if (isHidden) jobs.clerk.users.delete(id)
    else if (user) jobs.clerk.users.set(id, user)
    if (isAbout && isHidden) lagging.left--
  }
  return lagging
}

const deletedHere = () => jobs.users.countDocuments({ clerkDeletedAt: { $exists: true } })

it('reconcile neither deletes nor reports a user that may be new at Clerk', async () => {
  const [user] = await usersOf(2)
  // The first look-up, and two more.
  const lagging = lag(user as ClerkUserJSON, 3)
  const report = await jobs.clerkSync({ instanceId: 'ins_list' }).reconcile({ apply: true })
  expect(report).toMatchObject({ checked: 3, inStep: 3, drift: { deletedInClerk: 0 }, repaired: {} })
  expect(lagging.left).toBe(0)
  expect(await deletedHere()).toBe(0)
})

it('reconcile deletes a new user that Clerk does not have at any look', async () => {
  const [user] = await usersOf(2)
  jobs.clerk.users.delete(user?.id ?? '')
  const report = await jobs.clerkSync().reconcile({ apply: true })
  expect(report).toMatchObject({ drift: { deletedInClerk: 1 }, repaired: { deletedInClerk: 1 } })
  expect(await deletedHere()).toBe(1)
})

it('reconcile waits once for a new user that is gone, whatever the number of looks', async () => {
  const [user] = await usersOf(2)
  const store = storeLike(jobs.users, { deleteFromClerk: () => Promise.reject(new Error('refused')) })
  jobs.clerk.users.delete(user?.id ?? '')
  const waits = vi.spyOn(sleeping, 'sleep').mockResolvedValue()
  const report = await jobs.clerkSync({ users: store, instanceId: 'ins_list' }).reconcile({ apply: true })
  expect(report).toMatchObject({ drift: { deletedInClerk: 1 }, after: { drift: { deletedInClerk: 1 } } })
  expect(waits).toHaveBeenCalledTimes(3)
})

it('reconcile does not wait for older users', async () => {
  const [user] = await usersOf(30)
  jobs.clerk.users.delete(user?.id ?? '')
  jobs.clerk.requests.splice(0)
  await jobs.clerkSync({ instanceId: 'ins_list' }).reconcile()
  expect(jobs.clerk.requests.filter((url) => url.includes(user?.id ?? ''))).toHaveLength(1)
})

it('a key is accepted if the only stored users are new at Clerk', async () => {
  const [user] = await usersOf(1, 1)
  const other = jobs.clerk.add(1)
  lag(user as ClerkUserJSON, 2)
  const report = await jobs.clerkSync().reconcile({ apply: true })
  expect(report).toMatchObject({ checked: 2, repaired: { missing: other.length } })
})

it('ensureUser retries for a user that Clerk does not have yet', async () => {
  const [user] = jobs.clerk.add(1)
  const lagging = lag(user as ClerkUserJSON, 2)
  expect(await jobs.clerkSync().ensureUser(user?.id)).toMatchObject({ clerkId: user?.id })
  expect(lagging.left).toBe(0)
})

it('ensureUser retries within its deadline only', async () => {
  const waits = vi.spyOn(sleeping, 'sleep')
  expect(await jobs.clerkSync({ timeoutMs: 800 }).ensureUser('user_none')).toBeNull()
  expect(waits).toHaveBeenCalledTimes(1)
})

it('push keeps a user that may be new at Clerk, and pushes once Clerk has it', async () => {
  const [id = ''] = await pushes.signUp()
  await pushes.change(id, { plan: 'pro' })
  const user = pushes.clerk.users.get(id) as ClerkUserJSON
  pushes.clerk.users.delete(id)
  const looks = () => pushes.clerk.requests.filter(({ path }) => path.includes(id) || path === '/users').length
  const pushing = pushes.clerkSync().push()
  await until(() => looks() > 1)
  pushes.clerk.seed([user])
  expect(await pushing).toMatchObject({ pushed: 1, pending: 0 })
  expect(await pushes.read(id)).not.toHaveProperty('clerkDeletedAt')
})

it('deleteInClerk retries if a user may be new at Clerk', async () => {
  const [id = ''] = await pushes.signUp()
  const user = pushes.clerk.users.get(id) as ClerkUserJSON
  pushes.clerk.users.delete(id)
  const deleting = pushes.clerkSync({ instanceId: pushes.clerk.instanceId }).deleteInClerk(id)
  await until(() => pushes.sent().length === 1)
  pushes.clerk.seed([user])
  await deleting
  expect(pushes.clerk.users.has(id)).toBe(false)
  expect(await pushes.read(id)).toMatchObject({ syncError: 'deleted' })
})
