import { assertSynced, fixtures } from 'clerk-mongo-sync/testing'
import { Schema } from 'mongoose'
import { describe, expect, it } from 'vitest'
import { type TestModel, useDatabase } from '../../support/database'
import { stored, syncOf, waysIn } from './ways-in'

const db = useDatabase('rules_foreign_indexes')

const spare = { type: String, unique: true, sparse: true }
const partial = { unique: true, partialFilterExpression: { walletAddress: { $type: 'string' } } }

const roomy: Record<string, () => Schema> = {
  'sparse without a default': () => new Schema({ email: String, walletAddress: spare }),
  'sparse, with an empty default': () => new Schema({ email: String, walletAddress: { ...spare, default: '' } }),
  'sparse, by default null': () => new Schema({ email: String, walletAddress: { ...spare, default: null } }),
  'sparse, by default what a function gives': () =>
    new Schema({ email: String, walletAddress: { ...spare, default: () => 'none' } }),
  'partial, with an empty default': () => {
    const schema = new Schema({ email: String, walletAddress: { type: String, default: '' } })
    return schema.index({ walletAddress: 1 }, partial)
  },
  'sparse beneath a nested path, with an empty default': () =>
    new Schema({
      email: String,
      wallet: { address: { ...spare, default: '' }, kind: { type: String, default: 'eth' } },
    }),
  'two paths, with empty defaults': () =>
    new Schema({ email: String, walletAddress: { ...spare, default: '' }, phone: { ...spare, default: '' } }),
  'of two paths, with empty defaults, partial': () => {
    const schema = new Schema({
      email: String,
      tenant: { type: String, default: 'main' },
      walletAddress: { type: String, default: '' },
    })
    return schema.index({ tenant: 1, walletAddress: 1 }, partial)
  },
  'a different default for each': () => {
    let made = 0
    return new Schema({ email: String, code: { type: String, unique: true, default: () => `c${++made}` } })
  },
}

const every = <T>(of: Record<string, T>) =>
  Object.entries(of).flatMap(([name, host]) => waysIn.map(([way, bring]) => ({ name, host, way, bring })))

describe('a unique index on a path that Clerk does not fill', () => {
  it.each(every(roomy))('allows any number of users: $name, by $way', async ({ host, bring }) => {
    const users = await db.users({ schema: host() })
    const people = [1, 2, 3].map(() => fixtures.user())
    for (const user of people) expect(await bring(users, user)).toMatchObject({ outcome: 'created' })
    for (const user of people) {
      const changed = fixtures.changedUser(user, { email: `new.${user.id}@example.com` })
      expect(await bring(users, changed)).toMatchObject({ outcome: 'updated' })
      assertSynced(await users.findByClerkId(user.id), changed)
    }
    expect(await users.collection.countDocuments({ syncStatus: 'active' })).toBe(3)
  })

  it.each(waysIn)('omits the repeated default only: the other defaults are stored, by %s', async (_, bring) => {
    const users = await db.users({
      schema: new Schema({
        email: String,
        wallet: { address: { ...spare, default: '' }, kind: { type: String, default: 'eth' } },
        role: { type: String, default: 'member' },
      }),
    })
    const people = [1, 2].map(() => fixtures.user())
    for (const user of people) await bring(users, user)
    for (const user of people)
      expect(await stored(users, user)).toMatchObject({ role: 'member', wallet: { kind: 'eth' } })
  })
})

const identifiers: Record<string, () => Schema> = {
  'an e-mail, unique, with an empty default': () => new Schema({ email: { type: String, unique: true, default: '' } }),
  'an e-mail, sparse, with an empty default': () => new Schema({ email: { ...spare, default: '' } }),
  'an e-mail, required, with an empty default': () =>
    new Schema({ email: { type: String, unique: true, default: '', required: [false, 'x'] } }),
  'a username, unique, with an empty default': () =>
    new Schema({ email: { type: String }, username: { type: String, unique: true, default: '' } }),
  'a username, sparse, by default null': () => new Schema({ email: String, username: { ...spare, default: null } }),
  'both, of two paths': () => {
    const schema = new Schema({ email: { type: String, default: '' }, username: { type: String, default: '' } })
    return schema.index({ email: 1, username: 1 }, { unique: true })
  },
}

describe('users without an identifier', () => {
  it.each(every(identifiers))('are stored in any number: $name, by $way', async ({ host, bring }) => {
    const users = await db.users({ schema: host() })
    const people = [1, 2, 3].map(() => fixtures.phoneOnlyUser())
    for (const user of people) expect(await bring(users, user)).toMatchObject({ outcome: 'created' })
    for (const user of people)
      expect(await bring(users, fixtures.changedUser(user, { first_name: 'New' }))).toMatchObject({
        outcome: 'updated',
      })
    expect(await users.collection.countDocuments({ syncStatus: 'active' })).toBe(3)
    const [first] = people as [(typeof people)[number]]
    const named = fixtures.changedUser(first, {
      email: 'now@example.com',
      username: 'now',
      updated_at: Date.now() + 60_000,
    })
    expect((await bring(users, named)).outcome).toBe('updated')
    assertSynced(await users.findByClerkId(first.id), named)
  })
})

const cramped: Record<string, { path: string; make: () => Promise<TestModel> }> = {
  'a wallet without `sparse`': {
    path: 'walletAddress',
    make: () => db.users({ schema: new Schema({ email: String, walletAddress: { type: String, unique: true } }) }),
  },
  'a wallet without `sparse`, with an empty default': {
    path: 'walletAddress',
    make: () =>
      db.users({ schema: new Schema({ email: String, walletAddress: { type: String, unique: true, default: '' } }) }),
  },
  'an index left over from a renamed field': {
    path: 'userName',
    async make() {
      const users = await db.users({ schema: new Schema({ email: String }) })
      await users.collection.createIndex({ userName: 1 }, { unique: true })
      return users
    },
  },
}

/** Number of users stored, so that the index refuses the last one at the latest. */
const MOST = 3

describe('a unique index that counts missing values', () => {
  it.each(every(cramped))(
    'makes the next user a conflict that names the path: $name, by $way',
    async ({ host, bring }) => {
      const users = await host.make()
      const fates = []
      for (let count = 0; count < MOST; count++) fates.push(await bring(users, fixtures.user()))
      expect(fates[0]).toMatchObject({ outcome: 'created' })
      expect(fates.at(-1)).toMatchObject({ outcome: 'conflict', conflict: { code: 'host_rule', path: host.path } })
      expect(fates.map(({ error }) => error)).toEqual(Array(MOST).fill(undefined))
    },
  )

  it.each(Object.entries(cramped))('is reported by doctor before it refuses a user: %s', async (_, { path, make }) => {
    const users = await make()
    const findings = await syncOf(users).diagnose()
    const told = findings.filter(({ verdict }) => verdict !== 'ok').map(({ message }) => message)
    expect(told.join('\n')).toContain(path)
  })

  it.each(Object.entries(cramped).slice(0, 2))(
    'is reported at start-up before it refuses a user: %s',
    async (_, { path, make }) => {
      const users = await make()
      const lines: string[] = []
      const note = (fields: object, problem: string) => void lines.push(JSON.stringify({ ...fields, problem }))
      syncOf(users, { logger: { debug: () => {}, info: () => {}, warn: note, error: note } })
      expect(lines.join('\n')).toContain(path)
    },
  )

  it('is reported by doctor if it is older than the schema, which says sparse', async () => {
    const schema = new Schema({ email: String, walletAddress: spare }, { collection: 'older_wallets' })
    await db.connection.collection('older_wallets').createIndex({ walletAddress: 1 }, { unique: true })
    const users = await db.users({ schema })
    const findings = await syncOf(users).diagnose()
    expect(findings).toContainEqual(
      expect.objectContaining({ check: 'rules', verdict: 'problem', path: 'walletAddress' }),
    )
  })
})
