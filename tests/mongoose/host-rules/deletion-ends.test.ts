import { createFakeClerk, fixtures } from 'clerk-mongo-sync/testing'
import { Schema } from 'mongoose'
import { describe, expect, it } from 'vitest'
import { type TestModel, useDatabase } from '../../support/database'
import { delivery, stored, syncOf } from './ways-in'

const db = useDatabase('rules_deletion')
type Mode = 'soft' | 'hard' | 'anonymize'
const modes = ['soft', 'hard', 'anonymize'] as const

const required = { type: String, required: true }
const people = () => ({ email: String, username: String, firstName: String, lastName: String })

interface Host {
  schema(): Schema
  /** The validator of the collection. */
  validator?: object
}

const withHooks =
  (add: (schema: Schema) => void, definition: object = people()) =>
  () => {
    const schema = new Schema(definition)
    add(schema)
    return schema
  }

const text = { bsonType: 'string' }
const hosts: Record<string, Host> = {
  'validators run by middleware and required paths': {
    schema: withHooks(
      (schema) => {
        schema.pre(/^(updateOne|findOneAndUpdate)$/, function () {
          ;(this as unknown as { setOptions(options: object): void }).setOptions({ runValidators: true })
        })
      },
      { email: { ...required, unique: true, match: /@/ }, firstName: required, lastName: required },
    ),
  },
  'validators that refuse an empty value': {
    schema: () =>
      new Schema({
        email: { type: String, validate: (value: unknown) => typeof value === 'string' },
        firstName: { type: String, minlength: 2, required: [true, 'A name!'] },
      }),
  },
  'immutable paths': {
    schema: () =>
      new Schema({ email: { type: String, immutable: true }, firstName: { type: String, immutable: true } }),
  },
  'a $jsonSchema that requires what Clerk has': {
    schema: () => new Schema(people()),
    validator: { $jsonSchema: { required: ['email', 'firstName'], properties: { email: text, firstName: text } } },
  },
  'a $jsonSchema that allows the paths of the app only': {
    schema: () => new Schema(people()),
    validator: {
      $jsonSchema: {
        additionalProperties: false,
        required: ['email'],
        properties: Object.fromEntries(
          '_id __v email username firstName lastName imageUrl clerkId authProvider syncStatus lastClerkSync clerkUpdatedAt'
            .split(' ')
            .map((name) => [name, {}]),
        ),
      },
    },
  },
  'a $jsonSchema that only the stored user satisfies': {
    schema: () => new Schema(people()),
    validator: { $jsonSchema: { properties: { syncStatus: { enum: ['active'] }, firstName: { enum: ['Ada'] } } } },
  },
  'middleware that narrows every filter': {
    schema: withHooks((schema) => {
      schema.pre(/^(updateOne|deleteOne|find|findOneAndUpdate)$/, function () {
        ;(this as unknown as { where(filter: object): void }).where({ tenant: 'another' })
      })
    }),
  },
  'middleware that replaces the filter': {
    schema: withHooks((schema) => {
      schema.pre(/^(updateOne|deleteOne)$/, function () {
        ;(this as unknown as { setQuery(filter: object): void }).setQuery({ _id: null })
      })
    }),
  },
  'its own statics for deleting and updating': {
    schema: withHooks((schema) => {
      for (const name of ['deleteOne', 'updateOne', 'findOneAndUpdate', 'findOneAndDelete'])
        schema.static(name, () => Promise.resolve({ matchedCount: 0, deletedCount: 0 }))
    }),
  },
}

async function hostOf({ schema, validator }: Host, onDelete: Mode): Promise<TestModel> {
  const users = await db.users({ schema: schema(), onDelete })
  if (validator) {
    await users.createCollection().catch(() => {})
    await db.connection.db?.command({ collMod: users.collection.name, validator })
  }
  return users
}

const every = Object.entries(hosts).flatMap(([name, host]) => modes.map((mode) => ({ name, host, mode })))

/** Expects the state of a deleted user, for any rules of the app. */
async function expectDeleted(users: TestModel, user: { id: string }, mode: Mode, outcome: string | undefined) {
  const doc = await stored(users, user)
  const tombstone = await db.connection
    .collection(users.collection.name.replace(/^user(\d+)s?$/, 'tombstones_$1'))
    .findOne({ _id: user.id as never })
  expect(tombstone).not.toBeNull()
  if (mode === 'hard') return expect(doc).toBeNull()
  if (outcome === 'conflict') return undefined
  expect(doc).toMatchObject({ clerkDeletedAt: expect.any(Date), syncError: 'deleted' })
  if (mode !== 'anonymize') return undefined
  const left = JSON.stringify(doc)
  for (const personal of ['ada@example.com', '"Ada"', 'Lovelace']) expect(left).not.toContain(personal)
}

describe('a deletion', () => {
  const ada = () => fixtures.user({ email: 'ada@example.com' })

  it.each(every)('$mode, by an event, completes with $name', async ({ host, mode }) => {
    const users = await hostOf(host, mode)
    const clerkSync = syncOf(users)
    const user = ada()
    expect((await clerkSync.sync(fixtures.userCreated(user), delivery())).outcome).toBe('created')
    const event = fixtures.userDeleted(user)
    const { outcome, conflict } = await clerkSync.sync(event, delivery())
    expect(outcome).toMatch(/^(deleted|conflict)$/)
    if (outcome === 'conflict') expect(conflict).toMatchObject({ code: 'host_rule', path: expect.any(String) })
    await expectDeleted(users, user, mode, outcome)
    expect((await clerkSync.sync(event, delivery())).outcome).toMatch(/^(duplicate|conflict)$/)
    expect((await clerkSync.sync(fixtures.userUpdated(user), delivery())).outcome).toBe('stale')
    expect((await stored(users, user))?.email).not.toBe(mode === 'soft' ? '' : 'ada@example.com')
  })

  it.each(every)('$mode, by the static, completes with $name', async ({ host, mode }) => {
    const users = await hostOf(host, mode)
    const user = ada()
    await users.upsertFromClerk(user)
    const { outcome } = await users.deleteFromClerk(user.id)
    expect(outcome).toMatch(/^(deleted|conflict)$/)
    await expectDeleted(users, user, mode, outcome)
  })

  it.each(every)('$mode, by reconcile, completes with $name', async ({ host, mode }) => {
    const users = await hostOf(host, mode)
    const clerk = await createFakeClerk()
    await db.connection.collection('clerk_jobs').deleteMany({})
    try {
      const clerkSync = syncOf(users, { clerk: { secretKey: clerk.secretKey, apiUrl: clerk.url } })
      // Old enough that one missing answer of Clerk proves their deletion.
      const hourAgo = Date.now() - 3_600_000
      const old = { created_at: hourAgo, updated_at: hourAgo }
      const user = fixtures.user({ email: 'ada@example.com', ...old })
      clerk.seed([user, fixtures.user({ email: 'grace@example.com', last_name: 'Hopper', ...old })])
      expect(await clerkSync.backfill()).toMatchObject({ created: 2 })
      clerk.users.delete(user.id)
      const report = await clerkSync.reconcile({ apply: true })
      expect(report.drift.deletedInClerk).toBe(1)
      const isMarked = mode === 'hard' || (await stored(users, user))?.clerkDeletedAt !== undefined
      await expectDeleted(users, user, mode, isMarked ? 'deleted' : 'conflict')
    } finally {
      await clerk.close()
    }
  })

  it('hard is retried and completes if deleteOne middleware throws', async () => {
    const service = { isAway: true }
    const schema = withHooks((one) => {
      one.pre('deleteOne', { document: true, query: true }, () => {
        if (service.isAway) throw new Error('away')
      })
    })()
    const users = await db.users({ schema, onDelete: 'hard' })
    const clerkSync = syncOf(users)
    const user = ada()
    await clerkSync.sync(fixtures.userCreated(user), delivery())
    const event = fixtures.userDeleted(user)
    await expect(clerkSync.sync(event, delivery())).rejects.toMatchObject({
      code: 'host_code_failed',
      message: expect.stringContaining('deleteOne'),
    })
    service.isAway = false
    expect((await clerkSync.sync(event, delivery())).outcome).toMatch(/deleted|duplicate/)
    expect(await stored(users, user)).toBeNull()
  })

  it('completes if the unique placeholder of the user is taken', async () => {
    const users = await db.users({
      onDelete: 'anonymize',
      definition: { email: { ...required, unique: true }, code: { type: String, required: true, default: 'x' } },
    })
    const clerkSync = syncOf(users)
    const user = ada()
    await clerkSync.sync(fixtures.userCreated(user), delivery())
    await users.collection.insertOne({ email: `${user.id}@placeholder.invalid` })
    expect((await clerkSync.sync(fixtures.userDeleted(user), delivery())).outcome).toBe('deleted')
    expect(await stored(users, user)).toMatchObject({ syncError: 'deleted' })
  })

  it('empties a required nested name, list and subdocument', async () => {
    const users = await db.users({
      onDelete: 'anonymize',
      definition: {
        email: required,
        name: { first: required, last: required },
        tags: { type: [String], required: true, validate: (tags: string[]) => tags.length > 0 },
        contact: { type: new Schema({ phone: required }), required: true },
      },
      mapUser: (user) => ({
        email: user.email_addresses?.[0]?.email_address,
        name: { first: user.first_name, last: user.last_name },
        tags: [user.first_name],
        contact: { phone: 'Lovelace' },
      }),
    })
    const clerkSync = syncOf(users)
    const user = ada()
    expect((await clerkSync.sync(fixtures.userCreated(user), delivery())).outcome).toBe('created')
    expect((await clerkSync.sync(fixtures.userDeleted(user), delivery())).outcome).toBe('deleted')
    await expectDeleted(users, user, 'anonymize', 'deleted')
  })
})
