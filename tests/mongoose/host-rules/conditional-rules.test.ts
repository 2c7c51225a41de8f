import { fixtures } from 'clerk-mongo-sync/testing'
import { Schema } from 'mongoose'
import { describe, expect, it } from 'vitest'
import { useDatabase } from '../../support/database'
import { stored, waysIn } from './ways-in'

const db = useDatabase('rules_conditional')

/** A document as the rules of the app read it. */
interface Doc {
  clerkId?: string
  authProvider?: string
  email?: string
  firstName?: string
  plan?: string
  isNew?: boolean
  get(path: string): unknown
  isModified(path: string): boolean
}

const conditions: Record<string, unknown> = {
  'a function': function (this: Doc) {
    return !this.clerkId
  },
  'a function with a message': [
    function (this: Doc) {
      return !this.clerkId
    },
    'A password, please',
  ],
  'a function in an object': {
    isRequired(this: Doc) {
      return this.get('clerkId') === undefined
    },
  },
  'a function that asks for the provider': function (this: Doc) {
    return this.authProvider === 'local'
  },
  'a function that looks at what Clerk has': function (this: Doc) {
    return !this.email && !this.firstName
  },
}

const every = <T>(of: Record<string, T>) =>
  Object.entries(of).flatMap(([name, rule]) => waysIn.map(([way, bring]) => ({ name, rule, way, bring })))

describe('a path that is required by a condition on the document', () => {
  it.each(every(conditions))(
    'does not affect users of Clerk if the condition is false: $name, by $way',
    async ({ rule, bring }) => {
      const users = await db.users({
        schema: new Schema({ email: String, firstName: String, secret: { type: String, required: rule as never } }),
      })
      const user = fixtures.user()
      expect(await bring(users, user)).toMatchObject({ outcome: 'created' })
      expect(await bring(users, fixtures.changedUser(user, { first_name: 'Augusta' }))).toMatchObject({
        outcome: 'updated',
      })
      expect(await stored(users, user)).toMatchObject({ firstName: 'Augusta', syncStatus: 'active' })
      await expect(users.create({ authProvider: 'local' })).rejects.toThrow()
    },
  )

  it.each(waysIn)('is a conflict that names it if the condition holds for a user of Clerk, by %s', async (_, bring) => {
    const required = function (this: Doc) {
      return Boolean(this.clerkId) && this.email === 'needs@example.com'
    }
    const users = await db.users({ schema: new Schema({ email: String, plan: { type: String, required } }) })
    const refused = fixtures.user({ email: 'needs@example.com' })
    expect(await bring(users, refused)).toMatchObject({
      outcome: 'conflict',
      conflict: { code: 'host_rule', path: 'plan' },
    })
    expect((await bring(users, fixtures.user())).outcome).toBe('created')
  })

  it.each(waysIn)('is judged by the stored document if there is one, by %s', async (_, bring) => {
    const required = function (this: Doc) {
      return this.plan !== 'guest'
    }
    const users = await db.users({
      schema: new Schema({ email: { type: String, required }, plan: { type: String, default: 'member' } }),
    })
    const user = fixtures.user()
    await bring(users, user)
    await users.collection.updateOne({ clerkId: user.id }, { $set: { plan: 'guest' } })
    const without = fixtures.changedUser(user, { email: null })
    expect((await bring(users, without)).outcome).toBe('updated')
    expect(await stored(users, user)).toMatchObject({ plan: 'guest', syncStatus: 'active' })
    expect(await stored(users, user)).not.toHaveProperty('email')
  })
})

const validators: Record<string, (this: Doc, value: unknown) => unknown> = {
  'that reads other values'() {
    return Boolean(this.email?.includes('@')) && this.firstName !== undefined
  },
  'that uses get()'() {
    return this.get('clerkId') !== undefined && this.get('email') !== undefined
  },
  async 'that is async and reads the id'() {
    return this.clerkId?.startsWith('user_')
  },
  'that reads isModified'() {
    return this.isModified('lastName') || !this.isNew
  },
}

describe('a validator', () => {
  it.each(every(validators))('$name is called with the document, by $way', async ({ rule, bring }) => {
    const users = await db.users({
      schema: new Schema({ email: String, firstName: String, lastName: { type: String, validate: rule as never } }),
    })
    const user = fixtures.user()
    expect(await bring(users, user)).toMatchObject({ outcome: 'created' })
    const changed = fixtures.changedUser(user, { last_name: 'Byron' })
    expect(await bring(users, changed)).toMatchObject({ outcome: 'updated' })
    expect(await stored(users, user)).toMatchObject({ lastName: 'Byron', syncStatus: 'active' })
  })
})

const defaults: Record<string, unknown> = {
  'by this'(this: Doc) {
    return this.email?.split('@')[0]
  },
  'by its argument': (doc: Doc) => doc.email?.split('@')[0],
  'by get'(this: Doc) {
    return String(this.get('email')).split('@')[0]
  },
}

describe('a default that reads the document', () => {
  it.each(every(defaults))('$name reads the values from Clerk, as in save(), by $way', async ({ rule, bring }) => {
    const users = await db.users({
      schema: new Schema({ handle: { type: String, default: rule as never }, email: String }),
    })
    const user = fixtures.user({ email: 'handle@example.com' })
    await bring(users, user)
    expect(await stored(users, user)).toMatchObject({ handle: 'handle' })
  })

  it.each(waysIn)('reads the Clerk id and the provider, by %s', async (_, bring) => {
    const users = await db.users({
      schema: new Schema({
        email: String,
        kind: {
          type: String,
          default(this: Doc) {
            return `${this.authProvider} ${this.clerkId}`
          },
        },
      }),
    })
    const user = fixtures.user()
    await bring(users, user)
    expect((await stored(users, user))?.kind).toBe(`clerk ${user.id}`)
  })

  it.each(waysIn)('is not evaluated again for a stored user, by %s', async (_, bring) => {
    let given = 0
    const users = await db.users({
      schema: new Schema({ email: String, number: { type: Number, default: () => ++given } }),
    })
    const user = fixtures.user()
    await bring(users, user)
    const before = (await stored(users, user))?.number
    await bring(users, fixtures.changedUser(user))
    expect((await stored(users, user))?.number).toBe(before)
  })
})

describe('pre-validate middleware', () => {
  it.each(waysIn)('can fill a required path of the app, by %s', async (_, bring) => {
    const schema = new Schema({ email: String, firstName: String, slug: { type: String, required: true } })
    schema.pre('validate', function () {
      this.set('slug', String(this.get('firstName')).toLowerCase())
    })
    const users = await db.users({ schema })
    const user = fixtures.user()
    expect(await bring(users, user)).toMatchObject({ outcome: 'created' })
    expect(await stored(users, user)).toMatchObject({ slug: 'ada', firstName: 'Ada' })
  })
})

const settings: Record<string, () => Schema> = {
  'subdocuments, lists and nested defaults beside what Clerk has': () =>
    new Schema({
      email: String,
      settings: { theme: { type: String, default: 'dark' }, mail: { weekly: { type: Boolean, default: true } } },
      profile: { type: new Schema({ bio: { type: String, default: 'none' }, links: [String] }), default: () => ({}) },
      roles: { type: [String], default: ['member'] },
      tags: [{ name: String }],
      prefs: { type: Map, of: String, default: { a: 'b' } },
      firstName: String,
    }),
  'minimize switched off': () =>
    new Schema({ email: String, extra: { type: Object, default: {} } }, { minimize: false }),
  'minimize by default': () =>
    new Schema({ email: String, extra: { type: Object, default: {} }, nested: { a: String } }),
  'no version key': () => new Schema({ email: String }, { versionKey: false }),
  'a version key of another name': () => new Schema({ email: String }, { versionKey: 'revision' }),
  'another type key': () => new Schema({ email: { $type: String }, place: { type: String } }, { typeKey: '$type' }),
  'strict throw': () => new Schema({ email: String, role: { type: String, default: 'member' } }, { strict: 'throw' }),
  'strict off': () => new Schema({ email: String, role: { type: String, default: 'member' } }, { strict: false }),
  'a number as _id': () =>
    new Schema({ _id: { type: Number, default: () => Math.floor(Math.random() * 1e12) }, email: String }),
  'another path with an alias': () =>
    new Schema({ e: String, email: String, r: { type: String, alias: 'role', default: 'member' } }),
  'a discriminator key that is required': () =>
    new Schema(
      { email: String, kind: { type: String, required: true, default: 'person' } },
      { discriminatorKey: 'kind' },
    ),
  timestamps: () => new Schema({ email: String }, { timestamps: true }),
  'a getter, a virtual and a transform': () =>
    new Schema(
      { email: String, role: { type: String, default: 'member', get: (value: string) => value.toUpperCase() } },
      { toObject: { getters: true, virtuals: true, transform: () => ({ gone: true }) }, toJSON: { getters: true } },
    ),
}

describe('a new user', () => {
  it.each(every(settings))('is stored as save() stores it: $name, by $way', async ({ rule, bring }) => {
    const users = await db.users({ schema: rule() })
    const user = fixtures.user()
    expect(await bring(users, user)).toMatchObject({ outcome: 'created' })
    const doc = new users({ email: 'saved@example.com', clerkId: 'user_saved' })
    await doc.save()
    const [ours, theirs] = await Promise.all([stored(users, user), stored(users, { id: 'user_saved' })])
    const own = /^(_id|email|firstName|clerk|sync|lastClerkSync|authProvider|imageUrl|createdAt|updatedAt)/
    const rest = (one: object | null) =>
      Object.fromEntries(
        Object.entries(one ?? {})
          .filter(([name]) => !own.test(name))
          .map(([name, value]) => [name, withoutIds(value)]),
      )
    expect(rest(ours)).toEqual(rest(theirs))
    expect(typeof ours?._id).toBe(typeof theirs?._id)
    expect(Object.keys(ours ?? {}).filter((name) => /At$/.test(name) && !/^clerk/.test(name))).toEqual(
      Object.keys(theirs ?? {}).filter((name) => /At$/.test(name) && !/^clerk/.test(name)),
    )
    expect((await bring(users, fixtures.changedUser(user))).outcome).toBe('updated')
  })
})

function withoutIds(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, inner) => (key === '_id' ? undefined : inner)))
}
