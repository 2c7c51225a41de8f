import { createClerkSync } from 'clerk-mongo-sync'
import { fixtures, signClerkWebhook } from 'clerk-mongo-sync/testing'
import mongoose, { Schema } from 'mongoose'
import { afterEach, describe, expect, it } from 'vitest'
import { useDatabase } from '../../support/database'
import { delivery, stored, syncOf, waysIn } from './ways-in'

const db = useDatabase('rules_throwing')
/** Part of the thrown message, which must never be printed. */
const SECRET = 'hunter2'

/** A service that code of the app calls. */
const service = { isAway: false }
const ask = <T>(answer: T): T => {
  if (service.isAway) throw new TypeError(`redis of ${SECRET} is down`)
  return answer
}

afterEach(() => {
  service.isAway = false
})

interface Shape {
  kind: string
  where: string
  schema: () => Schema
}

const withName = (firstName: object) => () => new Schema({ email: String, firstName: { type: String, ...firstName } })
const hooked = (add: (schema: Schema) => void) => () => {
  const schema = new Schema({ email: String, firstName: String })
  add(schema)
  return schema
}

const shapes: Record<string, Shape> = {
  'a validator that throws': {
    kind: 'validator',
    where: 'firstName',
    schema: withName({ validate: () => ask(true) }),
  },
  'a validator that rejects': {
    kind: 'validator',
    where: 'firstName',
    schema: withName({ validate: async () => ask(true) }),
  },
  'a validator that throws a string': {
    kind: 'validator',
    where: 'firstName',
    schema: withName({
      validate() {
        if (service.isAway) throw SECRET
        return true
      },
    }),
  },
  'the second of several validators, with its own message': {
    kind: 'validator',
    where: 'firstName',
    schema: withName({
      validate: [
        { validator: () => true, message: 'first' },
        { validator: async () => ask(true), message: 'second' },
      ],
    }),
  },
  'a validator with a message function': {
    kind: 'validator',
    where: 'firstName',
    schema: withName({ validate: { validator: () => ask(true), message: ({ value }: { value: string }) => value } }),
  },
  'a setter that throws': {
    kind: 'setter',
    where: 'firstName',
    schema: withName({ set: (value: string) => ask(value) }),
  },
  'pre validate middleware that throws': {
    kind: 'middleware',
    where: 'validate',
    schema: hooked((schema) => schema.pre('validate', () => void ask(true))),
  },
  'pre updateOne middleware that rejects': {
    kind: 'middleware',
    where: 'updateOne',
    schema: hooked((schema) => {
      schema.pre('updateOne', async () => void ask(true))
      schema.pre('findOneAndUpdate', async () => void ask(true))
    }),
  },
}

/** Code that only an insert calls. */
const ofInserts: Record<string, Shape> = {
  'a default that throws': {
    kind: 'default',
    where: 'plan',
    schema: () => new Schema({ email: String, plan: { type: String, default: () => ask('free') } }),
  },
  'a validator of a path that Clerk does not fill': {
    kind: 'validator',
    where: 'plan',
    schema: () =>
      new Schema({ email: String, plan: { type: String, default: 'free', validate: async () => ask(true) } }),
  },
}

const every = (of: Record<string, Shape>) =>
  Object.entries(of).flatMap(([name, shape]) => waysIn.map(([way, bring]) => ({ name, way, bring, ...shape })))

describe('code of the app that throws for a new user', () => {
  it.each(every({ ...shapes, ...ofInserts }))(
    '$name, by $way: fails the delivery, and the next attempt stores the user',
    async ({ kind, where, schema, bring }) => {
      const users = await db.users({ schema: schema() })
      const user = fixtures.user()
      await bring(users, fixtures.user())
      service.isAway = true
      const { error, outcome } = await bring(users, user)
      service.isAway = false
      expect(outcome).toBeUndefined()
      expect(error).toMatchObject({ code: 'host_code_failed' })
      const place = kind === 'middleware' ? `\\w+ \\((${where}|findOneAndUpdate)\\)` : `${kind} of ${where}`
      expect(error?.message).toMatch(new RegExp(place))
      expect(error?.message).not.toContain(SECRET)
      expect(await users.collection.countDocuments()).toBe(1)
      expect((await bring(users, user)).outcome).toBe('created')
    },
  )
})

describe('code of the app that throws for a stored user', () => {
  it.each(every(shapes))(
    '$name, by $way: leaves the document unchanged, and the next attempt updates it',
    async ({ schema, bring }) => {
      const users = await db.users({ schema: schema() })
      const user = fixtures.user()
      await bring(users, user)
      const before = await stored(users, user)
      const changed = fixtures.changedUser(user, { first_name: 'Changed' })
      service.isAway = true
      const { error } = await bring(users, changed)
      service.isAway = false
      expect(error).toMatchObject({ code: 'host_code_failed' })
      expect(await stored(users, user)).toEqual(before)
      expect((await bring(users, changed)).outcome).toBe('updated')
      expect(await stored(users, user)).toMatchObject({ firstName: 'Changed', syncStatus: 'active' })
    },
  )
})

describe('code of the app that throws an unusual value', () => {
  // mongoose 8 reads the message of the thrown value, and throws outside of any promise if there is none.
  const it9 = it.skipIf(mongoose.version.startsWith('8.'))
  it9.each(waysIn)('a validator that rejects with undefined is no verdict, by %s', async (_, bring) => {
    const schema = withName({ validate: () => (service.isAway ? Promise.reject() : true) })
    const users = await db.users({ schema: schema() })
    await bring(users, fixtures.user())
    service.isAway = true
    const { error } = await bring(users, fixtures.user())
    service.isAway = false
    expect(error).toMatchObject({
      code: 'host_code_failed',
      message: expect.stringContaining('validator of firstName'),
    })
  })

  it.each(waysIn)('a `required` function that throws is no verdict, by %s', async (_, bring) => {
    const schema = new Schema({ email: String, plan: { type: String, required: () => ask(false) } })
    const users = await db.users({ schema })
    await bring(users, fixtures.user())
    service.isAway = true
    const { error } = await bring(users, fixtures.user())
    service.isAway = false
    expect(error).toMatchObject({ code: 'host_code_failed', message: expect.stringContaining('plan') })
    expect((await bring(users, fixtures.user())).outcome).toBe('created')
  })

  it.each(waysIn)('a validator within a subdocument is named by its full path, by %s', async (_, bring) => {
    const profile = new Schema({ plan: { type: String, default: 'free', validate: async () => ask(true) } })
    const users = await db.users({
      schema: new Schema({ email: String, profile: { type: profile, default: () => ({}) } }),
    })
    await bring(users, fixtures.user())
    service.isAway = true
    const { error } = await bring(users, fixtures.user())
    service.isAway = false
    expect(error).toMatchObject({ code: 'host_code_failed', message: expect.stringContaining('profile.plan') })
  })
})

describe('a verdict of the app', () => {
  const no: Record<string, object> = {
    'a validator that returns false': { validate: (value: string) => value !== 'Refused' },
    'an async one': { validate: async (value: string) => value !== 'Refused' },
    'the second of several': {
      validate: [{ validator: () => true }, { validator: (value: string) => value !== 'Refused' }],
    },
    'an enum': { enum: ['Ada', 'Grace'] },
  }

  it.each(Object.entries(no).flatMap(([name, rule]) => waysIn.map(([way, bring]) => ({ name, rule, way, bring }))))(
    '$name is a conflict that names the path, by $way',
    async ({ rule, bring }) => {
      const users = await db.users({ schema: withName(rule)() })
      const refused = fixtures.user({ first_name: 'Refused' })
      expect(await bring(users, refused)).toMatchObject({ outcome: 'conflict', conflict: { path: 'firstName' } })
      expect(await stored(users, refused)).toBeNull()
    },
  )

  it.each(waysIn)(
    'by pre-validate middleware that invalidates a path is a conflict that names it, by %s',
    async (_, bring) => {
      const schema = new Schema({ email: String, firstName: String })
      schema.pre('validate', function () {
        if (this.get('firstName') === 'Refused') this.invalidate('firstName', 'not that one', 'Refused')
      })
      const users = await db.users({ schema })
      expect(await bring(users, fixtures.user({ first_name: 'Refused' }))).toMatchObject({
        outcome: 'conflict',
        conflict: { code: 'host_rule', path: 'firstName' },
      })
      expect((await bring(users, fixtures.user())).outcome).toBe('created')
    },
  )

  it.each(waysIn)('about an unchanged value is no conflict, by %s', async (_, bring) => {
    const rule = { isOld: false }
    const users = await db.users({ schema: withName({ validate: async () => !rule.isOld })() })
    const user = fixtures.user()
    await bring(users, user)
    rule.isOld = true
    const changed = fixtures.changedUser(user, { last_name: 'Byron', email: 'new@example.com' })
    expect((await bring(users, changed)).outcome).toBe('updated')
    expect(await stored(users, user)).toMatchObject({
      email: 'new@example.com',
      syncStatus: 'active',
      firstName: 'Ada',
    })
  })
})

describe('a start-up while code of the app throws', () => {
  it.each(Object.entries({ ...shapes, ...ofInserts }))(
    '%s: succeeds, and users are stored once the code works',
    async (_, shape) => {
      const users = await db.users({ schema: shape.schema() })
      service.isAway = true
      const clerkSync = syncOf(users)
      service.isAway = false
      expect((await clerkSync.sync(fixtures.userCreated(), delivery())).outcome).toBe('created')
    },
  )
})

describe('an error in code of the app', () => {
  const signingSecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'

  it('is answered 500, and log and onError name the kind and the path', async () => {
    const users = await db.users({ schema: withName({ validate: () => ask(true) })() })
    const told: unknown[] = []
    const lines: unknown[] = []
    const note = (fields: object, problem: string) => void lines.push({ ...fields, problem })
    const logger = { debug: () => {}, info: () => {}, warn: note, error: note }
    const clerkSync = createClerkSync({ users, signingSecret, logger, onError: (error) => void told.push(error) })
    lines.splice(0)
    const { headers, body } = signClerkWebhook(fixtures.userCreated(), { signingSecret })
    service.isAway = true
    const response = await clerkSync.handler(new Request('http://localhost/', { method: 'POST', headers, body }))
    service.isAway = false
    expect(response.status).toBe(500)
    expect(told).toMatchObject([
      { code: 'host_code_failed', message: expect.stringContaining('validator of firstName') },
    ])
    const log = JSON.stringify(lines)
    expect(log).toContain('host_code_failed')
    expect(log).toMatch(/validator.*firstName/)
    expect(log).not.toContain('"error":"Error"')
    expect(log + (await response.text())).not.toContain(SECRET)
  })

  it('names mapUser if mapUser throws', async () => {
    const users = await db.users({ definition: { email: String } })
    const mapUser = () => ask({ email: 'a@example.com' })
    const clerkSync = syncOf(users, { mapUser })
    service.isAway = true
    const answer = clerkSync.sync(fixtures.userCreated(), delivery())
    await expect(answer).rejects.toMatchObject({
      code: 'host_code_failed',
      message: expect.stringContaining('mapUser'),
    })
  })

  it('names linkBy or onDelete if one of them throws', async () => {
    const users = await db.users({ definition: { email: { type: String, unique: true } } })
    await users.create({ email: 'local@example.com' })
    const clerkSync = syncOf(users, { linkBy: () => ask(true), onDelete: () => ask(true) })
    const user = fixtures.user({ email: 'local@example.com' })
    service.isAway = true
    const linking = clerkSync.sync(fixtures.userCreated(user), delivery())
    await expect(linking).rejects.toMatchObject({
      code: 'host_code_failed',
      message: expect.stringContaining('linkBy'),
    })
    service.isAway = false
    expect((await clerkSync.sync(fixtures.userCreated(user), delivery())).outcome).toBe('linked')
    service.isAway = true
    const deleting = clerkSync.sync(fixtures.userDeleted(user), delivery())
    await expect(deleting).rejects.toMatchObject({
      code: 'host_code_failed',
      message: expect.stringContaining('onDelete'),
    })
    service.isAway = false
    expect((await clerkSync.sync(fixtures.userDeleted(user), delivery())).outcome).toMatch(/deleted|duplicate/)
  })
})
