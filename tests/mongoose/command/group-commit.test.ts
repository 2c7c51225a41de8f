import { type ClerkUserJSON, createClerkSync } from 'clerk-mongo-sync'
import { fixtures, signClerkWebhook } from 'clerk-mongo-sync/testing'
import { Schema } from 'mongoose'
import { describe, expect, it } from 'vitest'
import { type TestModel, useDatabase } from '../../support/database'

const db = useDatabase('group_commit')
const signingSecret = 'whsec_plJ3nmyCDGBKInavdOK15jsl'
const logger = { debug() {}, info() {}, warn() {}, error() {} }
const AT = 1_760_000_000_000

const user = (number: number, changes: Partial<ClerkUserJSON> = {}) => ({
  ...fixtures.user({ id: `user_${number}`, username: `name${number}` }),
  email_addresses: [],
  primary_email_address_id: null,
  created_at: AT,
  updated_at: AT,
  ...changes,
})

/** An event with exactly these data. */
const updated = (data: ClerkUserJSON) => ({ ...fixtures.userUpdated(data), data })
const created = (data: ClerkUserJSON) => ({ ...fixtures.userCreated(data), data })

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index)

/** Delivers all events at the same time. */
async function deliver(users: TestModel, events: ReturnType<typeof fixtures.userCreated>[], mapUser?: unknown) {
  const clerkSync = createClerkSync({ users, signingSecret, logger, ...(mapUser ? { mapUser } : {}) } as never)
  // The first delivery of a process also checks the indexes.
  await clerkSync.sync(created(user(9_999)), { messageId: 'msg_first' })
  db.forget()
  return Promise.all(
    events.map(async (event) => {
      const { headers, body } = signClerkWebhook(event, { signingSecret })
      const response = await clerkSync.handler(new Request('http://localhost', { method: 'POST', headers, body }))
      return { status: response.status, outcome: ((await response.json()) as { outcome?: string }).outcome }
    }),
  )
}

/** The fewest commands of some rounds: a command that a busy server answers late keeps no other waiting, so the rest are more. */
async function fewestCommands(enough: number, round: (first: number) => Promise<void>): Promise<number> {
  let fewest = Number.POSITIVE_INFINITY
  for (let number = 0; number < 5 && fewest > enough; number++) {
    await round(number * 64)
    fewest = Math.min(fewest, db.commands.length)
  }
  return fewest
}

const namesOf = () => db.commands.map(({ name }) => name)

describe('64 deliveries at the same time', () => {
  it('created users need at most 0.6 commands each', async () => {
    const users = await db.users()
    const commands = await fewestCommands(0.6 * 64, async (first) => {
      const answers = await deliver(
        users,
        numbers(64).map((number) => created(user(first + number))),
      )
      expect(new Set(answers.map(({ outcome }) => outcome))).toEqual(new Set(['created']))
      expect(new Set(namesOf())).toEqual(new Set(['update', 'find']))
      expect(await users.countDocuments()).toBe(first + 65)
    })
    expect(commands).toBeLessThanOrEqual(0.6 * 64)
  })

  it('updated users need at most 0.3 commands each, and each has its own values', async () => {
    const users = await db.users()
    await deliver(
      users,
      numbers(64).map((number) => created(user(number))),
    )
    const commands = await fewestCommands(0.3 * 64, async (first) => {
      const events = numbers(64).map((number) =>
        updated(user(number, { updated_at: AT + 1 + first, first_name: `First${number}` })),
      )
      const answers = await deliver(users, events)
      expect(new Set(answers.map(({ outcome }) => outcome))).toEqual(new Set(['updated']))
    })
    expect(commands).toBeLessThanOrEqual(0.3 * 64)
    const stored = await users.find({ clerkId: { $ne: 'user_9999' } }).lean()
    expect(stored.map(({ clerkId, firstName }) => `${clerkId} ${firstName}`).sort()).toEqual(
      numbers(64)
        .map((number) => `user_${number} First${number}`)
        .sort(),
    )
  })

  it('are acknowledged by a majority and from the journal, together or alone', async () => {
    const users = await db.users()
    await deliver(
      users,
      numbers(8).map((number) => created(user(number))),
    )
    const writes = db.commands.filter(({ name }) => name === 'update')
    expect(writes.some(({ command }) => (command.updates as unknown[]).length > 1)).toBe(true)
    for (const { command } of writes) expect(command.writeConcern).toEqual({ w: 'majority', j: true })
  })

  it('each get their own outcome: created, updated, stale, duplicate', async () => {
    const users = await db.users()
    await deliver(
      users,
      numbers(16).map((number) => created(user(number))),
    )
    const kinds = [
      (number: number) => ['created', created(user(100 + number))] as const,
      (number: number) => ['updated', updated(user(number, { updated_at: AT + 5 }))] as const,
      (number: number) => ['stale', updated(user(number, { updated_at: AT - 5 }))] as const,
      (number: number) => ['duplicate', created(user(number))] as const,
    ]
    const expected = numbers(16).map((number) => (kinds[number % 4] as (typeof kinds)[0])(number))
    const answers = await deliver(users, expected.map(([, event]) => event) as never)
    expect(answers.map(({ outcome }) => outcome)).toEqual(expected.map(([outcome]) => outcome))
  })

  it('of one user store the newest', async () => {
    const users = await db.users()
    await deliver(users, [created(user(1))])
    const versions = numbers(32).map((version) =>
      updated(user(1, { updated_at: AT + 1 + ((version * 7) % 32), first_name: `V${(version * 7) % 32}` })),
    )
    await deliver(users, versions as never)
    expect(await users.findOne({ clerkId: 'user_1' }).lean()).toMatchObject({ firstName: 'V31' })
  })
})

describe('one that fails', () => {
  it('a value that is taken changes nothing for its neighbours', async () => {
    const users = await db.users({ definition: { username: { type: String, unique: true }, firstName: String } })
    await users.collection.insertOne({ username: 'name3', local: true })
    const answers = await deliver(
      users,
      numbers(12).map((number) => created(user(number))),
    )
    // A neighbour that got this refusal would read its own document and call itself a duplicate.
    expect(answers.map(({ outcome }) => outcome)).toEqual(numbers(12).map(() => 'created'))
    const stored = await users.find({ clerkId: { $gt: '' } }).lean()
    expect(stored.filter(({ username }) => /^name\d+$/.test(username as string))).toHaveLength(12)
    expect(await users.findOne({ clerkId: 'user_3' }).lean()).toMatchObject({
      username: expect.stringMatching(/^name3.+/),
    })
  })

  it('a value that BSON cannot represent is a conflict of its user alone', async () => {
    const schema = new Schema({ username: String, extra: Schema.Types.Mixed })
    const users = await db.users({ schema })
    const mapUser = (one: ClerkUserJSON) => ({
      username: one.username,
      extra: one.id === 'user_5' ? cyclic() : { of: one.id },
    })
    const answers = await deliver(
      users,
      numbers(12).map((number) => created(user(number))),
      mapUser,
    )
    expect(answers.map(({ outcome }) => outcome)).toEqual(
      numbers(12).map((number) => (number === 5 ? 'conflict' : 'created')),
    )
  })
})

function cyclic(): object {
  const one: Record<string, unknown> = {}
  one.self = one
  return one
}
