import { fixtures } from 'clerk-mongo-sync/testing'
import * as fc from 'fast-check'
import { beforeAll, expect, it } from 'vitest'
import { type TestModel, useDatabase } from '../../support/database'
import { jobsOf } from './jobs-of'

const db = useDatabase('same_as_alone')
const T = 1_700_000_000_000
/** Number of contested addresses and of usernames. */
const POOL = 3

const kinds = ['new', 'in step', 'tie', 'behind', 'ahead', 'unversioned', 'deleted', 'tombstone only'] as const
const stored = kinds.filter((kind) => kind !== 'new' && kind !== 'tombstone only')
const wanted = fc.option(fc.integer({ min: 0, max: POOL - 1 }), { nil: undefined })
const page = fc.array(
  fc.record({ kind: fc.constantFrom('new', 'new', 'new', ...kinds), email: wanted, username: wanted }),
  {
    minLength: 1,
    maxLength: 7,
  },
)
/** The holder of a contested value before: a user of the page that keeps it, or another user. */
const holder = fc.oneof(
  fc.constantFrom('nobody', 'clerk', 'deleted', 'local'),
  fc.record({ kind: fc.constantFrom(...stored) }),
)
const holders = fc.array(holder, { minLength: POOL, maxLength: POOL })
const versions = fc.uniqueArray(fc.integer({ min: 1, max: 1000 }), { minLength: 40, maxLength: 40 })
/** Whether the page before was new, so that this one is inserted. */
const isAfterNew = fc.boolean()
const history = fc.record({ page, emailHolders: holders, usernameHolders: holders, versions, isAfterNew })

type History = typeof history extends fc.Arbitrary<infer H> ? H : never
type User = ReturnType<typeof fixtures.user>
interface Planned {
  kind: (typeof kinds)[number]
  user: User
  /** Values of the user before. */
  before?: { email?: string; username?: string }
}

let alone: TestModel
let together: TestModel
beforeAll(async () => {
  alone = await db.users()
  together = await db.users()
})
let runs = 0

/** Users of the page and of the time before, each at a different version, as Clerk never gives two users one value. */
function plan({ page, emailHolders, usernameHolders, versions }: History) {
  const run = ++runs
  const email = (k: number | undefined) => (k === undefined ? undefined : `pool${k}.${run}@example.com`)
  const username = (k: number | undefined) => (k === undefined ? undefined : `pool${k}_${run}`)
  const at = () => T + (versions.pop() as number) * 10
  const make = (values: { email?: string | undefined; username?: string | undefined }): User =>
    fixtures.user({ email: values.email ?? null, username: values.username ?? null, updated_at: at() })
  let own = 0
  const members: Planned[] = page.map(({ kind, email: e, username: u }) => {
    const before = { email: `own${++own}.${run}@example.com`, username: `own${own}_${run}` }
    // Users in step have the values of Clerk; a suffix that is no longer needed counts as in step, and stays.
    return { kind, before, user: make(kind === 'in step' ? before : { email: email(e), username: username(u) }) }
  })
  const outside: { how: string; user: User }[] = []
  for (const [holders, made] of [
    [emailHolders, (k: number) => ({ email: email(k) as string })],
    [usernameHolders, (k: number) => ({ username: username(k) as string })],
  ] as const) {
    holders.forEach((how, k) => {
      if (typeof how === 'object') members.push({ kind: how.kind, user: make(made(k)), before: made(k) })
      else if (how !== 'nobody') outside.push({ how, user: make(made(k)) })
    })
  }
  return { members, outside }
}

async function before(users: TestModel, { members, outside }: ReturnType<typeof plan>): Promise<void> {
  for (const { how, user } of outside) {
    if (how === 'local') {
      const [address] = user.email_addresses ?? []
      const values = { email: address?.email_address, username: user.username ?? undefined }
      await users.create({ ...values, firstName: `of ${user.id}` })
    } else await users.upsertFromClerk(user)
    if (how === 'deleted') await users.deleteFromClerk(user.id, { eventAt: T })
  }
  for (const { kind, user, before = {} } of members) {
    const ahead = { 'in step': 0, tie: 0, behind: -5, ahead: 5, unversioned: 0, deleted: -5 }[kind as string]
    if (ahead !== undefined) {
      const had = fixtures.user({ id: user.id, email: before.email ?? null, username: before.username ?? null })
      const same = kind === 'in step' ? user : { ...had, first_name: 'Before' }
      await users.upsertFromClerk({ ...same, updated_at: (user.updated_at as number) + ahead })
    }
    if (kind === 'unversioned')
      await users.collection.updateOne({ clerkId: user.id }, { $unset: { clerkUpdatedAt: 1 } })
    if (kind === 'deleted' || kind === 'tombstone only') await users.deleteFromClerk(user.id, { eventAt: T })
  }
}

async function documents(users: TestModel, { members, outside }: ReturnType<typeof plan>) {
  const ids = [...members, ...outside].map(({ user }) => user.id)
  const locals = ids.map((id) => `of ${id}`)
  const found = await users.collection
    .find({ $or: [{ clerkId: { $in: ids } }, { firstName: { $in: locals } }] })
    .toArray()
  const known = found.map(({ _id, lastClerkSync, ...rest }) => rest)
  return known.sort((a, b) => (`${a.clerkId}${a.firstName}` < `${b.clerkId}${b.firstName}` ? -1 : 1))
}

it('a page of users leaves the same documents as users written one by one with data from the API', async () => {
  await fc.assert(
    fc.asyncProperty(history, async (drawn) => {
      const planned = plan({ ...drawn, versions: [...drawn.versions] })
      if (drawn.isAfterNew) await jobsOf(together).upsertMany([fixtures.user(), fixtures.user()], {})
      for (const users of [alone, together]) await users.collection.deleteMany({})
      await before(alone, planned)
      await before(together, planned)
      const page = planned.members.map(({ user }) => user)
      const outcomes: string[] = []
      for (const user of page) outcomes.push((await alone.upsertFromClerk(user, { fromApi: true })).outcome)
      const results = await jobsOf(together).upsertMany(page, {})
      expect(results.map(({ clerkId }) => clerkId)).toEqual(page.map(({ id }) => id))
      expect(await documents(together, planned)).toEqual(await documents(alone, planned))
      const asTruth = results.map(({ outcome }, n) => (outcome === 'duplicate' ? outcomes[n] : outcome))
      expect(asTruth).toEqual(outcomes)
    }),
    { numRuns: Number(process.env.RUNS ?? 40) },
  )
}, 120_000)
