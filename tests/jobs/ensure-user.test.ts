import { createClerkSync } from 'clerk-mongo-sync'
import { createMemoryStore, fixtures } from 'clerk-mongo-sync/testing'
import { describe, expect, it } from 'vitest'
import { useJobs } from './jobs-setup'

const jobs = useJobs('ensure_user')

/** A user that Clerk has and we have not. */
function newUser() {
  const [user] = jobs.clerk.add(1)
  if (!user) throw new Error('none was added')
  return user
}

describe('the user of a request', () => {
  it('is the stored document, without a request to Clerk', async () => {
    const user = newUser()
    await jobs.users.upsertFromClerk(user)
    const doc = await jobs.clerkSync().ensureUser(user.id)
    expect(doc).toMatchObject({ clerkId: user.id, firstName: user.first_name })
    expect(jobs.clerk.requests).toEqual([])
  })

  it('is created from Clerk if the webhook has not arrived yet', async () => {
    const user = newUser()
    const doc = await jobs.clerkSync().ensureUser(user.id)
    expect(doc).toMatchObject({ clerkId: user.id, email: `${user.id}@example.com`, syncStatus: 'active' })
    expect(jobs.clerk.requests).toEqual([`/users/${user.id}`])
  })

  it('is one document and one request for twenty concurrent callers and the webhook', async () => {
    const user = newUser()
    const clerkSync = jobs.clerkSync()
    const callers = Array.from({ length: 20 }, () => clerkSync.ensureUser(user.id))
    const webhook = clerkSync.sync(fixtures.userCreated(user), { messageId: 'msg_race' })
    const docs = await Promise.all(callers)
    await webhook
    expect(docs.every((doc) => (doc as { clerkId?: string } | null)?.clerkId === user.id)).toBe(true)
    expect(await jobs.stored()).toHaveLength(1)
    expect(jobs.clerk.requests.length).toBeLessThanOrEqual(1)
  })

  it('is a separate document for each caller, which can change it', async () => {
    const user = newUser()
    const clerkSync = jobs.clerkSync()
    const [one, other] = await Promise.all([clerkSync.ensureUser(user.id), clerkSync.ensureUser(user.id)])
    expect(one).not.toBe(other)
    expect(jobs.clerk.requests).toHaveLength(1)
  })

  it('is requested again after a failure', async () => {
    const user = newUser()
    const clerkSync = jobs.clerkSync()
    jobs.clerk.status = 422
    await expect(clerkSync.ensureUser(user.id)).rejects.toMatchObject({ code: 'clerk_api_failed' })
    jobs.clerk.status = 200
    expect(await clerkSync.ensureUser(user.id)).toMatchObject({ clerkId: user.id })
  })

  it('waits for the connection', async () => {
    const user = newUser()
    let isConnected = false
    const connect = async () => {
      await new Promise((resolve) => setTimeout(resolve, 50))
      isConnected = true
    }
    await jobs.clerkSync({ connect }).ensureUser(user.id)
    expect(isConnected).toBe(true)
  })
})

describe('the user.created hook', () => {
  it('runs once if its own message arrives after the document', async () => {
    const user = newUser()
    const ran: unknown[] = []
    const clerkSync = jobs.clerkSync({ on: { 'user.created': ({ messageId }) => ran.push(messageId) } })
    await clerkSync.ensureUser(user.id)
    expect(ran).toEqual([])
    for (const _ of [1, 2]) await clerkSync.sync(fixtures.userCreated(user), { messageId: 'msg_late' })
    expect(ran).toEqual(['msg_late'])
  })
})

describe('the user is null', () => {
  it.each(['', undefined, null, 'with space', { $gt: '' }])('for a malformed id: %j', async (id) => {
    expect(await jobs.clerkSync().ensureUser(id as string)).toBeNull()
    expect(jobs.clerk.requests).toEqual([])
  })

  it('if Clerk has none', async () => {
    expect(await jobs.clerkSync().ensureUser('user_unknown')).toBeNull()
    expect(await jobs.stored()).toEqual([])
  })

  it('if the document says that Clerk deleted it', async () => {
    const user = newUser()
    await jobs.users.upsertFromClerk(user)
    await jobs.users.deleteFromClerk(user.id)
    expect(await jobs.clerkSync().ensureUser(user.id)).toBeNull()
    expect(jobs.clerk.requests).toEqual([])
  })

  it('if it was deleted before it had a document, even if Clerk still returns it', async () => {
    const user = newUser()
    await jobs.users.deleteFromClerk(user.id)
    expect(await jobs.clerkSync().ensureUser(user.id)).toBeNull()
    expect(await jobs.users.countDocuments({ clerkDeletedAt: { $exists: false } })).toBe(0)
  })
})

describe('ensureUser rejects', () => {
  it('with a conflict if a local account holds the address', async () => {
    const user = newUser()
    await jobs.users.create({ email: `${user.id}@example.com` })
    await expect(jobs.clerkSync().ensureUser(user.id)).rejects.toMatchObject({ code: 'conflict' })
  })

  it('without a key', async () => {
    await expect(jobs.clerkSync({ clerk: {} }).ensureUser('user_1')).rejects.toMatchObject({
      code: 'clerk_key_missing',
    })
  })

  it('if Clerk cannot be reached', async () => {
    const clerk = { secretKey: 'sk_test_away', apiUrl: 'http://127.0.0.1:9' }
    await expect(jobs.clerkSync({ clerk }).ensureUser('user_1')).rejects.toMatchObject({ code: 'clerk_unreachable' })
  })

  it('at its deadline, whichever step takes the time', async () => {
    const user = newUser()
    jobs.clerk.before = () => new Promise((resolve) => setTimeout(resolve, 2_000).unref())
    const refusal = jobs.clerkSync({ timeoutMs: 200 }).ensureUser(user.id)
    await expect(refusal).rejects.toMatchObject({ code: expect.stringMatching(/^(timed_out|clerk_unreachable)$/) })
  })
})

it('ensureUser works with a custom store', async () => {
  const users = createMemoryStore()
  const user = newUser()
  const clerkSync = createClerkSync({ users, clerk: jobs.clerk.access })
  expect(await clerkSync.ensureUser(user.id)).toMatchObject({ clerkId: user.id })
  await users.deleteFromClerk(user.id)
  expect(await clerkSync.ensureUser(user.id)).toBeNull()
  await expect(clerkSync.backfill()).rejects.toMatchObject({ code: 'store_unfit' })
  await expect(clerkSync.reconcile()).rejects.toMatchObject({ code: 'store_unfit' })
  await expect(clerkSync.status()).rejects.toMatchObject({ code: 'store_unfit' })
  await expect(clerkSync.deliveries()[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'store_unfit' })
})
