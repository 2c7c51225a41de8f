import { fixtures } from 'clerk-mongo-sync/testing'
import { Schema, Types } from 'mongoose'
import { describe, expect, it } from 'vitest'
import type { PushClaim } from '../../../src/store/push-store'
import { defaultDefinition, useDatabase } from '../../support/database'
import { queueOf } from './queue'

const db = useDatabase('push_claims')
const push = { publicMetadata: ['plan'] } as const

async function setUp(size = 1) {
  const users = await db.users({ push })
  const queue = queueOf(users)
  const people = Array.from({ length: size }, () => fixtures.user())
  for (const user of people) await users.upsertFromClerk(user)
  const change = (id: string, plan = 'pro') => users.updateOne({ clerkId: id }, { plan } as never)
  const read = (id: string) => users.collection.findOne({ clerkId: id })
  const claim = (limit = 10, leaseMs = 60_000) => queue.claim(limit, leaseMs, {})
  return { users, queue, people, user: people[0] as (typeof people)[number], change, read, claim }
}

const only = (claims: readonly PushClaim[]): PushClaim => {
  expect(claims).toHaveLength(1)
  return claims[0] as PushClaim
}

describe('a claim', () => {
  it('takes due users, the oldest change first', async () => {
    const { people, change, claim } = await setUp(5)
    const order = [3, 1, 4, 0].map((index) => people[index]?.id as string)
    for (const id of order) {
      await change(id)
      await new Promise((resume) => setTimeout(resume, 2))
    }
    await change(order[0] as string, 'again')
    expect((await claim(2)).map(({ clerkId }) => clerkId)).toEqual([order[1], order[2]])
    expect((await claim()).map(({ clerkId }) => clerkId)).toEqual([order[3], order[0]])
    expect(await claim()).toEqual([])
  })

  it('belongs to one of many concurrent workers', async () => {
    const { people, change, claim } = await setUp(20)
    for (const { id } of people) await change(id)
    const claims = await Promise.all(Array.from({ length: 8 }, () => claim(4)))
    const ids = claims.flat().map(({ clerkId }) => clerkId)
    expect(new Set(ids).size).toBe(ids.length)
    const rest = await claim(20)
    expect(ids.length + rest.length).toBe(20)
  })

  it('belongs to another worker once its lease has expired', async () => {
    const { change, claim, user } = await setUp()
    await change(user.id)
    only(await claim(10, -1))
    expect(only(await claim())).toMatchObject({ clerkId: user.id, attempts: 0 })
  })

  it('works without findAndModify: a find, then one update per user', async () => {
    const { users, people, change, claim } = await setUp(3)
    for (const { id } of people) await change(id)
    await claim(0)
    db.forget()
    await claim(3)
    const sent = db.commands.filter(({ on }) => on === users.collection.name).map(({ name }) => name)
    expect(sent).toEqual(['find', 'update', 'update', 'update'])
  })
})

describe('a claimed user', () => {
  it('has the owned values in the shape of Clerk, as JSON, and null if the app removed one', async () => {
    const definition = {
      username: String,
      name: { first: String, last: String },
      plan: String,
      billing: { tier: String, until: Date, sum: Schema.Types.Decimal128, by: Schema.Types.ObjectId },
      flags: { type: Map, of: Boolean },
      tags: [String],
      missing: String,
      unwritten: String,
    }
    const users = await db.users({
      definition,
      paths: { firstName: 'name.first', lastName: 'name.last' },
      push: {
        publicMetadata: {
          plan: 'plan',
          'billing.tier': 'billing.tier',
          'billing.until': 'billing.until',
          missing: 'a.b.c',
          unwritten: 'unwritten',
        },
        privateMetadata: { 'billing.sum': 'sum', 'billing.by': 'by' },
        unsafeMetadata: ['flags', 'tags'],
        profile: ['firstName', 'lastName', 'username'],
        externalId: '_id',
      },
    })
    const user = fixtures.user({ last_name: null, username: 'ada' })
    await users.upsertFromClerk(user)
    const by = new Types.ObjectId()
    const doc = await users.findOne({ clerkId: user.id }).orFail()
    doc.set({
      plan: 'pro',
      billing: { tier: 'a', until: new Date(0), sum: '1.10', by },
      flags: { on: true },
      tags: ['x'],
    })
    await doc.save()
    const gone = { $unset: { missing: 1, 'name.last': 1 } }
    await users.updateOne({ clerkId: user.id }, gone as never)
    expect(only(await queueOf(users).claim(1, 1_000, {})).owned).toEqual({
      public_metadata: {
        plan: 'pro',
        billing: { tier: 'a', until: '1970-01-01T00:00:00.000Z' },
        a: { b: { c: null } },
      },
      private_metadata: { sum: '1.10', by: String(by) },
      unsafe_metadata: { flags: { on: true }, tags: ['x'] },
      profile: { first_name: 'Ada', last_name: null, username: 'ada' },
      external_id: String(doc._id),
    })
  })

  it('has no username that was generated here', async () => {
    const definition = { username: { type: String, required: true, unique: true }, plan: String }
    const users = await db.users({ definition, push: { publicMetadata: ['plan'], profile: ['username'] } })
    const user = fixtures.user({ username: null })
    await users.upsertFromClerk(user)
    expect((await users.collection.findOne({}))?.username).toMatch(/^user_/)
    await users.updateOne({ clerkId: user.id }, { plan: 'pro' } as never)
    expect(only(await queueOf(users).claim(1, 1_000, {})).owned).toEqual({ public_metadata: { plan: 'pro' } })
  })
})

it.each([{}, { lowercase: true }])('a username with a suffix is not pushed, for a schema with %o', async (username) => {
  const definition = { ...defaultDefinition, username: { ...defaultDefinition.username, ...username } }
  const users = await db.users({ definition, push: { publicMetadata: ['plan'], profile: ['username'] } })
  const [first, second] = [fixtures.user({ username: 'same' }), fixtures.user({ username: 'same' })]
  for (const user of [first, second]) {
    await users.upsertFromClerk(user)
    await users.updateOne({ clerkId: user.id }, { plan: 'pro' } as never)
    await new Promise((resume) => setTimeout(resume, 2))
  }
  const claims = await queueOf(users).claim(2, 1_000, {})
  expect(claims.map(({ owned }) => owned.profile)).toEqual([{ username: 'same' }, undefined])
})

describe('a user that needs no push', () => {
  it('is skipped if it is deleted, and its status is corrected', async () => {
    const { users, user, change, claim, read, queue } = await setUp()
    await users.deleteFromClerk(user.id)
    await change(user.id)
    expect(await read(user.id)).toMatchObject({ syncStatus: 'pending' })
    expect(await queue.countDue({})).toBe(0)
    expect(await claim()).toEqual([])
    expect(await read(user.id)).toMatchObject({ syncStatus: 'error', syncError: 'deleted' })
    expect(await read(user.id)).not.toHaveProperty('clerkPushToken')
  })

  it('is skipped if it is a local account, and keeps its default status', async () => {
    for (const syncStatus of [undefined, { type: String, enum: ['active', 'pending', 'error'], default: 'active' }]) {
      const definition = { plan: String, ...(syncStatus && { syncStatus }) }
      const users = await db.users({ definition, push })
      await users.create({})
      await users.updateMany({}, { plan: 'pro' } as never)
      expect(await queueOf(users).claim(1, 1_000, {})).toEqual([])
      const doc = await users.collection.findOne({})
      expect(doc?.syncStatus).toBe(syncStatus?.default)
      expect(doc).not.toHaveProperty('clerkPushToken')
    }
  })

  it('does not delay the users behind it', async () => {
    const { users, change, claim, user } = await setUp()
    await users.create(Array.from({ length: 60 }, () => fixtures.localUser()) as never)
    await users.updateMany({ authProvider: 'local' }, { plan: 'x' } as never)
    await new Promise((resume) => setTimeout(resume, 2))
    await change(user.id)
    expect(only(await claim(1)).clerkId).toBe(user.id)
  })
})

describe('the end of a claim', () => {
  const inStep = (before: ReturnType<typeof fixtures.user>) => ({ before, answers: [] })

  it('clears the mark and sets the status to active after a completed push', async () => {
    const { user, change, claim, read, queue } = await setUp()
    await change(user.id)
    expect(await queue.countDue({})).toBe(1)
    expect(await queue.complete(only(await claim()), inStep(user), {})).toBe('completed')
    const doc = await read(user.id)
    expect(doc).toMatchObject({ syncStatus: 'active', plan: 'pro' })
    for (const path of ['clerkPushToken', 'clerkPushLease', 'syncError']) expect(doc).not.toHaveProperty(path)
    expect(await queue.countDue({})).toBe(0)
  })

  it('leaves a change made meanwhile due at once', async () => {
    const { user, change, claim, read, queue } = await setUp()
    await change(user.id)
    const first = only(await claim())
    await change(user.id, 'max')
    expect(await claim()).toEqual([])
    expect(await queue.complete(first, inStep(user), {})).toBe('changed')
    expect(await read(user.id)).toMatchObject({ syncStatus: 'pending' })
    expect(only(await claim()).owned).toEqual({ public_metadata: { plan: 'max' } })
  })

  it('leaves the user due if an event had a newer version than the push', async () => {
    const { users, user, change, claim, read, queue } = await setUp()
    await change(user.id)
    const first = only(await claim())
    const pushed = fixtures.changedUser(user, { public_metadata: { plan: 'pro' } })
    const another = fixtures.changedUser(pushed, { public_metadata: { plan: 'of another database' } })
    await users.upsertFromClerk(another)
    expect(await queue.complete(first, { before: user, answers: [pushed] }, {})).toBe('changed')
    expect(await read(user.id)).toMatchObject({ syncStatus: 'pending', plan: 'pro' })
    const again = only(await claim())
    expect(await queue.complete(again, inStep(another), {})).toBe('completed')
    expect(await read(user.id)).toMatchObject({ syncStatus: 'active' })
  })

  it('leaves the user due if the lease expired and something was sent', async () => {
    const { user, change, claim, read, queue } = await setUp()
    await change(user.id)
    const slow = only(await claim(1, -1))
    await change(user.id, 'max')
    const quick = only(await claim())
    expect(await queue.complete(quick, inStep(user), {})).toBe('completed')
    expect(await queue.complete(slow, { before: user, answers: [fixtures.changedUser(user)] }, {})).toBe('lost')
    expect(await read(user.id)).toMatchObject({ syncStatus: 'pending' })
    expect(only(await claim()).owned).toEqual({ public_metadata: { plan: 'max' } })
  })

  it('changes nothing if the lease expired and nothing was sent', async () => {
    const { user, change, claim, read, queue } = await setUp()
    await change(user.id)
    const slow = only(await claim(1, -1))
    await queue.complete(only(await claim()), inStep(user), {})
    expect(await queue.complete(slow, inStep(user), {})).toBe('lost')
    expect(await read(user.id)).toMatchObject({ syncStatus: 'active' })
  })

  it('keeps a conflict in the status', async () => {
    const { users, user, change, claim, read, queue } = await setUp()
    await change(user.id)
    await users.collection.updateOne({ clerkId: user.id }, { $set: { syncError: 'conflict' } })
    await queue.complete(only(await claim()), inStep(user), {})
    expect(await read(user.id)).toMatchObject({ syncStatus: 'error', syncError: 'conflict' })
  })

  it('puts a retry off until its time, and counts it', async () => {
    const { user, change, claim, read, queue } = await setUp()
    await change(user.id)
    await queue.retryLater(only(await claim()), Date.now() + 60_000, {})
    expect(await claim()).toEqual([])
    expect(await read(user.id)).toMatchObject({ syncStatus: 'pending' })
    expect(await queue.countDue({})).toBe(1)
    await change(user.id, 'max')
    const fresh = only(await claim())
    expect(fresh.attempts).toBe(0)
    await queue.retryLater(fresh, Date.now() - 1, {})
    const second = only(await claim())
    expect(second.attempts).toBe(1)
    await queue.retryLater(second, Date.now() - 1, {})
    expect(only(await claim()).attempts).toBe(2)
  })

  it('leaves a failed push in the status until the next change', async () => {
    const { users, user, change, claim, read, queue } = await setUp()
    await change(user.id)
    await queue.fail(only(await claim()), {})
    const failed = { syncStatus: 'error', syncError: 'push_failed' }
    expect(await read(user.id)).toMatchObject(failed)
    expect(await claim()).toEqual([])
    expect(await queue.countDue({})).toBe(0)
    expect((await users.upsertFromClerk(fixtures.changedUser(user, { last_name: 'Z' }))).outcome).toBe('updated')
    expect(await read(user.id)).toMatchObject({ ...failed, lastName: 'Z' })
    await change(user.id, 'max')
    const again = only(await claim())
    expect(again).toMatchObject({ attempts: 0, owned: { public_metadata: { plan: 'max' } } })
    await queue.complete(again, inStep(user), {})
    expect(await read(user.id)).toMatchObject({ syncStatus: 'active' })
    expect(await read(user.id)).not.toHaveProperty('syncError')
  })

  it('leaves a change made meanwhile due after a failed push', async () => {
    const { user, change, claim, queue } = await setUp()
    await change(user.id)
    const first = only(await claim())
    await change(user.id, 'max')
    await queue.fail(first, {})
    expect(only(await claim())).toMatchObject({ attempts: 0, owned: { public_metadata: { plan: 'max' } } })
  })

  it('leaves a released user due as it was', async () => {
    const { user, change, claim, queue } = await setUp()
    await change(user.id)
    await queue.release(only(await claim()), {})
    expect(only(await claim())).toMatchObject({ attempts: 0 })
  })

  it('changes nothing if Clerk deleted the user meanwhile', async () => {
    const { users, user, change, claim, read, queue } = await setUp()
    await change(user.id)
    const held = only(await claim())
    await users.deleteFromClerk(user.id)
    expect(await queue.complete(held, { before: user, answers: [fixtures.changedUser(user)] }, {})).toBe('lost')
    expect(await read(user.id)).toMatchObject({ syncStatus: 'error', syncError: 'deleted' })
    expect(await read(user.id)).not.toHaveProperty('clerkPushToken')
  })

  it('takes two commands', async () => {
    const { user, change, claim, queue } = await setUp()
    await change(user.id)
    const held = only(await claim())
    db.forget()
    await queue.complete(held, inStep(user), {})
    expect(db.commands.map(({ name }) => name)).toEqual(['find', 'update'])
    expect(db.commands[1]?.command.writeConcern).toMatchObject({ w: 'majority', j: true })
  })
})

describe('a comparison', () => {
  it('reads all active users of Clerk by id, with their owned values', async () => {
    const { users, queue, people, claim, change } = await setUp(3)
    await users.create(fixtures.localUser() as never)
    for (const { id } of people) await change(id)
    await users.collection.updateMany({}, { $unset: { clerkPushToken: 1 } })
    await users.deleteFromClerk(people[1]?.id as string)
    const seen: unknown[] = []
    for await (const candidate of queue.candidates({})) seen.push(candidate)
    const alive = [people[0]?.id, people[2]?.id].sort()
    expect(seen).toMatchObject(alive.map((clerkId) => ({ clerkId, owned: { public_metadata: { plan: 'pro' } } })))
    expect(await queue.markDue(alive[1] as string, {})).toBe(true)
    expect(await queue.markDue(people[1]?.id as string, {})).toBe(false)
    expect(await queue.markDue('user_nobody', {})).toBe(false)
    expect(only(await claim()).clerkId).toBe(alive[1])
  })

  it('ends when its signal aborts', async () => {
    const { queue } = await setUp(3)
    const stop = new AbortController()
    let seen = 0
    for await (const _ of queue.candidates({ signal: stop.signal })) {
      seen++
      stop.abort()
    }
    expect(seen).toBe(1)
  })
})

describe('watching', () => {
  it('wakes at a change of an owned path only', async () => {
    const { users, user, change, queue } = await setUp()
    const stop = new AbortController()
    let waked = 0
    const watching = queue.watch(stop.signal, () => waked++)
    await expect
      .poll(
        () =>
          open(
            () => change(user.id),
            () => waked,
          ),
        { timeout: 10_000 },
      )
      .toBeGreaterThan(0)
    await new Promise((resume) => setTimeout(resume, 300))
    const before = waked
    await users.updateOne({ clerkId: user.id }, { lastName: 'X' } as never)
    await users.upsertFromClerk(fixtures.changedUser(user))
    await new Promise((resume) => setTimeout(resume, 300))
    expect(waked).toBe(before)
    stop.abort()
    expect(await watching).toBe(true)
  })
})

it('watching ends if the server has no change streams', async () => {
  const { queue } = await setUp()
  const fail = (mode: unknown) =>
    db.connection.db?.admin().command({
      configureFailPoint: 'failCommand',
      mode,
      data: { failCommands: ['aggregate'], errorCode: 40573 },
    })
  await queue.countDue({})
  await fail('alwaysOn')
  try {
    expect(await queue.watch(new AbortController().signal, () => {})).toBe(false)
  } finally {
    await fail('off')
  }
})

/** Waits until the stream is open: it reports only later changes, and does not signal when it is open. */
async function open(change: () => PromiseLike<unknown>, waked: () => number) {
  await change()
  await new Promise((resume) => setTimeout(resume, 50))
  return waked()
}
