import { assertSynced, fixtures } from 'clerk-mongo-sync/testing'
import type { Model } from 'mongoose'
import { describe, expect, it } from 'vitest'
import { type TestModel, useDatabase } from '../../support/database'
import { stored, type WayIn, waysIn } from './ways-in'

const db = useDatabase('rules_uniqueness')
const T = 1_800_000_000_000

/** The model that validators query, set once it exists. */
interface Asked {
  model?: TestModel
}

type Validate = (this: { _id?: unknown; constructor: unknown }, value: unknown) => unknown

const validators: Record<string, (path: string, asked: Asked) => Validate> = {
  'that looks the value up': (path, asked) => async (value) => !(await asked.model?.findOne({ [path]: value })),
  'that counts other documents': (path, asked) =>
    async function (value) {
      return (await asked.model?.countDocuments({ [path]: value, _id: { $ne: this._id } })) === 0
    },
  // As mongoose-unique-validator does it: on the document's own model, without the document itself.
  'of a plugin, that queries the model of the document': (path) =>
    async function (value) {
      const model = this.constructor as Model<object>
      return (await model.findOne({ [path]: value, _id: { $ne: this._id } } as never)) === null
    },
}

/** A page writes a refused user again alone, as data from the API, so that it may be an update. */
const again = (bring: WayIn) => (bring === page ? /^(duplicate|updated)$/ : /^duplicate$/)
const page = waysIn.find(([way]) => way === 'a backfill page')?.[1]

const every = Object.entries(validators).flatMap(([name, validator]) =>
  waysIn.map(([way, bring]) => ({ name, validator, way, bring })),
)

async function usersWith(validator: (path: string, asked: Asked) => Validate, index: object) {
  const asked: Asked = {}
  const path = (name: string) => ({ type: String, ...index, validate: { validator: validator(name, asked) } })
  const users = await db.users({ definition: { email: path('email'), username: path('username'), firstName: String } })
  asked.model = users
  return users
}

describe('a validator of uniqueness on a path with a unique index', () => {
  it.each(every)(
    '$name: does not affect a new user, a repeated event or a change, by $way',
    async ({ validator, bring }) => {
      const users = await usersWith(validator, { unique: true, sparse: true })
      const user = fixtures.user({ username: 'ada' })
      const changed = fixtures.changedUser(user, { first_name: 'Augusta' })
      expect((await bring(users, user)).outcome).toBe('created')
      expect((await bring(users, user)).outcome).toMatch(again(bring))
      expect((await bring(users, changed)).outcome).toBe('updated')
      assertSynced(await users.findByClerkId(user.id), changed)
      expect(await stored(users, user)).toMatchObject({ firstName: 'Augusta', syncStatus: 'active' })
    },
  )

  it.each(every)('$name: lets the newer of two users keep the value, by $way', async ({ validator, bring }) => {
    const users = await usersWith(validator, { unique: true, sparse: true })
    const old = fixtures.user({ email: 'one@example.com', username: 'one', updated_at: T })
    const young = fixtures.user({ email: 'one@example.com', username: 'one', updated_at: T + 1_000 })
    await bring(users, old)
    expect((await bring(users, young)).outcome).toBe('created')
    assertSynced(await users.findByClerkId(young.id), young)
    expect(await stored(users, old)).not.toHaveProperty('email')
    const late = fixtures.user({ email: 'one@example.com', username: 'one', updated_at: T - 1_000 })
    expect((await bring(users, late)).outcome).toBe('created')
    expect(await stored(users, late)).not.toHaveProperty('email')
    expect(await stored(users, young)).toMatchObject({ email: 'one@example.com', username: 'one' })
  })

  it.each(every)('$name: lets a stored user take the name of another, by $way', async ({ validator, bring }) => {
    const users = await usersWith(validator, { unique: true, sparse: true })
    const old = fixtures.user({ username: 'name', updated_at: T })
    const taker = fixtures.user({ username: 'taker', updated_at: T })
    await bring(users, old)
    await bring(users, taker)
    const taken = fixtures.changedUser(taker, { username: 'name', updated_at: T + 5_000 })
    expect((await bring(users, taken)).outcome).toBe('updated')
    expect(await stored(users, taker)).toMatchObject({ username: 'name', syncStatus: 'active' })
    expect((await stored(users, old))?.username).not.toBe('name')
  })

  it.each(every)('$name: leaves a local account its address, as a conflict of the index, by $way', async (given) => {
    const users = await usersWith(given.validator, { unique: true, sparse: true })
    await users.collection.insertOne({ email: 'local@example.com', authProvider: 'local' })
    const user = fixtures.user({ email: 'local@example.com' })
    expect(await given.bring(users, user)).toMatchObject({
      outcome: 'conflict',
      conflict: { code: 'conflict', path: 'email' },
    })
  })

  it('is not applied to a local account that is linked', async () => {
    const asked: Asked = {}
    const validator = validators['that looks the value up'] as (path: string, asked: Asked) => Validate
    const users = await db.users({
      linkBy: 'verified-email',
      definition: { email: { type: String, unique: true, validate: { validator: validator('email', asked) } } },
    })
    asked.model = users
    for (const [way, bring] of waysIn) {
      const email = `link.${way.replaceAll(' ', '.')}@example.com`
      await users.collection.insertOne({ email, authProvider: 'local' })
      expect(await bring(users, fixtures.user({ email }))).toMatchObject({ outcome: 'linked' })
    }
  })
})

describe('a validator of uniqueness on a path without an index', () => {
  const validator = validators['that looks the value up'] as (path: string, asked: Asked) => Validate

  it.each(waysIn)('makes a second user with the value a conflict that names the path, by %s', async (_, bring) => {
    const users = await usersWith(validator, {})
    await bring(users, fixtures.user({ email: 'two@example.com', updated_at: T }))
    const second = fixtures.user({ email: 'two@example.com', updated_at: T + 1 })
    expect(await bring(users, second)).toMatchObject({ outcome: 'conflict', conflict: { path: 'email' } })
  })

  it.each(waysIn)('accepts a value that does not change, by %s', async (_, bring) => {
    const users = await usersWith(validator, {})
    const user = fixtures.user({ username: 'ada' })
    await bring(users, user)
    expect((await bring(users, fixtures.changedUser(user, { first_name: 'Augusta' }))).outcome).toBe('updated')
    expect((await bring(users, fixtures.changedUser(user, { first_name: 'Augusta' }))).outcome).toMatch(again(bring))
  })
})
