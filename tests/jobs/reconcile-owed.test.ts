import type { OnDelete } from 'clerk-mongo-sync'
import { fixtures } from 'clerk-mongo-sync/testing'
import { describe, expect, it, vi } from 'vitest'
import { jobStoreOf, useJobs } from './jobs-setup'

const jobs = useJobs('reconcile_owed')
let made = 0
const next = () => ({ messageId: `msg_${++made}` })
const none = { missing: 0, stale: 0, changed: 0, deletedInClerk: 0, deletedHere: 0, duplicate: 0 }
const raw = (clerkId: string) => jobs.users.collection.findOne({ clerkId })
const tombstones = () =>
  jobs.db.connection.collection((jobs.users.schema.get('clerkSync' as never) as { tombstones: string }).tombstones)

/** Users at Clerk and here; the first of them are gone at Clerk, and deleted here by a process that knows no rule. */
async function someDeletedSoftly(count: number, of: number): Promise<string[]> {
  const users = jobs.clerk.add(of)
  await jobStoreOf(jobs.users).upsertMany(users, { fromApi: true })
  const gone = users.slice(0, count).map(({ id }) => id)
  for (const id of gone) {
    await jobs.users.deleteFromClerk(id)
    jobs.clerk.users.delete(id)
  }
  return gone
}

const ways: [string, (id: string) => object][] = [
  ['all users', () => ({})],
  ['those named', (id) => ({ users: [id] })],
  ['a sample', () => ({ sample: 1_000 })],
]

describe('a deletion with a weaker onDelete', () => {
  it.each(ways)('is found, and completed with `apply`: %s', async (_, which) => {
    const called = vi.fn()
    const check: Record<string, (doc: unknown) => void> = {
      hard: (doc) => expect(doc).toBeNull(),
      anonymize: (doc) => {
        expect(doc).not.toHaveProperty('firstName')
        expect(doc).not.toHaveProperty('email')
      },
      function: () => expect(called).toHaveBeenCalledTimes(1),
    }
    for (const onDelete of ['hard', 'anonymize', called] as OnDelete[]) {
      const [id = ''] = await someDeletedSoftly(1, 5)
      const clerkSync = jobs.clerkSync({ onDelete })
      const found = await clerkSync.reconcile(which(id))
      expect(found.drift).toEqual({ ...none, deletedInClerk: 1 })
      expect(found.examples.deletedInClerk).toEqual([id])
      const mended = await clerkSync.reconcile({ ...which(id), apply: true })
      expect(mended).toMatchObject({ repaired: { deletedInClerk: 1 }, failures: [], after: { drift: none } })
      check[typeof onDelete === 'function' ? 'function' : onDelete]?.(await raw(id))
      expect((await clerkSync.reconcile(which(id))).drift).toEqual(none)
      await jobs.users.collection.deleteMany({})
      jobs.clerk.users.clear()
    }
  })

  it('is found if its tombstone has expired', async () => {
    for (const onDelete of ['hard', 'anonymize'] as const) {
      const [id = ''] = await someDeletedSoftly(1, 5)
      await tombstones().deleteMany({})
      const before = await raw(id)
      const report = await jobs.clerkSync({ onDelete }).reconcile({ apply: true })
      expect(report).toMatchObject({ drift: { deletedInClerk: 1 }, after: { drift: none } })
      const after = await raw(id)
      if (onDelete === 'hard') expect(after).toBeNull()
      else expect(after?.clerkDeletedAt).toEqual(before?.clerkDeletedAt)
      await jobs.users.collection.deleteMany({})
      jobs.clerk.users.clear()
    }
  })

  it('does not count as evidence for the key of another instance', async () => {
    await someDeletedSoftly(15, 18)
    const report = await jobs.clerkSync({ onDelete: 'anonymize' }).reconcile({ apply: true })
    expect(report).toMatchObject({ repaired: { deletedInClerk: 15 }, after: { drift: none } })
  })

  it('of a user that Clerk has is left to `revive`', async () => {
    const users = jobs.clerk.add(3)
    await jobStoreOf(jobs.users).upsertMany(users, { fromApi: true })
    const id = users[0]?.id ?? ''
    await jobs.users.deleteFromClerk(id)
    const report = await jobs.clerkSync({ onDelete: 'hard' }).reconcile({ apply: true })
    expect(report.drift).toEqual({ ...none, deletedHere: 1 })
    expect(await raw(id)).not.toBeNull()
  })

  it('is no drift with `soft`, and causes no read of tombstones', async () => {
    await someDeletedSoftly(3, 6)
    jobs.db.forget()
    expect((await jobs.clerkSync().reconcile()).drift).toEqual(none)
    expect(jobs.db.commands.filter(({ on }) => on === tombstones().collectionName)).toEqual([])
  })

  it('is no drift once onDelete was applied, whatever the schema requires', async () => {
    const definition = {
      email: { type: String, unique: true, required: true, lowercase: true },
      username: { type: String, unique: true },
      firstName: String,
    }
    jobs.users = await jobs.db.users({ definition })
    const users = jobs.clerk.add(4)
    await jobStoreOf(jobs.users).upsertMany(users, { fromApi: true })
    const id = users[0]?.id ?? ''
    jobs.clerk.users.delete(id)
    const clerkSync = jobs.clerkSync({ onDelete: 'anonymize' })
    await clerkSync.sync(fixtures.userDeleted({ id }), next())
    expect((await clerkSync.reconcile()).drift).toEqual(none)
    await tombstones().deleteMany({})
    expect((await clerkSync.reconcile()).drift).toEqual(none)
  })
})

describe('a deletion by `reconcile --apply` before its message', () => {
  it.each(['soft', 'hard', 'anonymize'] as const)(
    'leaves the hook to the message, with or without hooks: %s',
    async (onDelete) => {
      const ran: (string | undefined)[] = []
      const on = { 'user.deleted': ({ messageId }: { messageId: string | undefined }) => void ran.push(messageId) }
      for (const own of [{ on }, {}]) {
        const users = jobs.clerk.add(3)
        await jobStoreOf(jobs.users).upsertMany(users, { fromApi: true })
        const id = users[0]?.id ?? ''
        jobs.clerk.users.delete(id)
        await jobs.clerkSync({ onDelete, ...own }).reconcile({ apply: true })
        const message = next()
        ran.length = 0
        for (const _ of [1, 2]) await jobs.clerkSync({ onDelete, on }).sync(fixtures.userDeleted({ id }), message)
        expect(ran).toEqual([message.messageId])
      }
    },
  )
})
