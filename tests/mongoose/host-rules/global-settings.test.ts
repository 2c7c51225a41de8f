import { createClerkSync } from 'clerk-mongo-sync'
import { clerkModel, clerkSyncPlugin } from 'clerk-mongo-sync/mongoose'
import { assertSynced, fixtures } from 'clerk-mongo-sync/testing'
import { Mongoose, type Schema } from 'mongoose'
import { describe, expect, it } from 'vitest'
import { type TestModel, uriOf } from '../../support/database'
import { delivery, stored, waysIn } from './ways-in'

let made = 0

/** A model of a separate mongoose instance with the settings of an app. */
async function withSettings(
  settings: Record<string, unknown>,
  work: (users: TestModel, instance: Mongoose) => Promise<void>,
): Promise<void> {
  const instance = new Mongoose()
  for (const [name, value] of Object.entries(settings)) instance.set(name as 'strictQuery', value as boolean)
  await instance.connect(uriOf('test_rules_global'))
  try {
    const schema = new instance.Schema({
      email: { type: String, unique: true, sparse: true },
      firstName: { type: String, required: true, minlength: 2 },
      plan: { type: String, default: 'free' },
    }) as unknown as Schema
    schema.plugin(clerkSyncPlugin, { collections: { tombstones: `tombstones_g${++made}` } })
    const users = clerkModel(`GlobalUser${made}`, schema, instance) as unknown as TestModel
    await users.createCollection().catch(() => {})
    await users.createIndexes()
    await users.collection.deleteMany({})
    await work(users, instance)
  } finally {
    await instance.disconnect()
  }
}

const settings: Record<string, Record<string, unknown>> = {
  'setDefaultsOnInsert: false': { setDefaultsOnInsert: false },
  'runValidators: true': { runValidators: true },
  "strictQuery: 'throw'": { strictQuery: 'throw' },
  'strictQuery: true': { strictQuery: true },
  "strict: 'throw'": { strict: 'throw' },
  'sanitizeFilter: true': { sanitizeFilter: true },
  'toJSON and toObject that transform': {
    toJSON: { transform: () => ({ nothing: true }), virtuals: true },
    toObject: { transform: () => ({ nothing: true }), getters: true },
  },
  'autoIndex: false': { autoIndex: false },
  'autoCreate: false': { autoCreate: false },
  'transactionAsyncLocalStorage: true': { transactionAsyncLocalStorage: true },
  'createInitialConnection, returnOriginal and timestamps': {
    returnOriginal: false,
    'timestamps.createdAt.immutable': false,
  },
  'translateAliases: true': { translateAliases: true },
  'id: false and minimize: false': { id: false },
}

const every = Object.entries(settings).flatMap(([name, set]) =>
  waysIn.map(([way, bring]) => ({ name, set, way, bring })),
)

describe('a global mongoose setting', () => {
  it.each(every)('$name: users are stored as without it, by $way', async ({ set, bring }) => {
    await withSettings(set, async (users) => {
      const user = fixtures.user()
      const changed = fixtures.changedUser(user, { first_name: 'Augusta' })
      expect(await bring(users, user)).toMatchObject({ outcome: 'created' })
      expect(await stored(users, user)).toMatchObject({ plan: 'free', firstName: 'Ada' })
      expect(await bring(users, user)).toMatchObject({ outcome: 'duplicate' })
      expect(await bring(users, changed)).toMatchObject({ outcome: 'updated' })
      expect(await bring(users, user)).toMatchObject({ outcome: 'stale' })
      assertSynced(await users.findByClerkId(user.id), changed)
      const clerkSync = createClerkSync({ users, logger: false, onDelete: 'anonymize' })
      expect((await clerkSync.sync(fixtures.userDeleted(user), delivery())).outcome).toBe('deleted')
      expect(await stored(users, user)).toMatchObject({ syncError: 'deleted' })
      expect((await stored(users, user))?.email).not.toBe(changed.email_addresses?.[0]?.email_address)
    })
  })

  it('transactionAsyncLocalStorage: a static within a transaction of the app returns the user, and is no part of it', async () => {
    await withSettings({ transactionAsyncLocalStorage: true }, async (users, instance) => {
      const user = fixtures.user()
      const aborted = instance.connection.transaction(async () => {
        await users.countDocuments()
        expect(await users.createClerkUser(user)).not.toBeNull()
        throw new Error('abort')
      })
      await expect(aborted).rejects.toThrow('abort')
      expect(await stored(users, user)).not.toBeNull()
    })
  })
})
