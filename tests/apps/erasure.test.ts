import { Schema } from 'mongoose'
import { describe, expect, it } from 'vitest'
import { useDatabase } from '../support/database'
import type { App } from './app'
import { person, personalTexts } from './person'
import { RunningApp } from './running-app'

const db = useDatabase('apps_erasure')
const text = { type: String }
const email = { ...text, unique: true, sparse: true }
const required = { ...text, required: true }

interface Case {
  name: string
  app: App
  /** The collection's validator on the server. */
  validator?: object
}

let made = 0

/** A schema whose collection was created with that validator. */
async function start({ app, validator }: Case): Promise<RunningApp> {
  const collection = `erasure_${++made}`
  if (validator) await db.connection.createCollection(collection, { validator })
  const schema = () => app.schema().set('collection', collection)
  return RunningApp.start({ ...app, schema }, db)
}

const withPaths = (properties: object) => ({ ...properties, _id: {}, __v: {}, clerkId: {}, email: {}, firstName: {} })

const cases: Case[] = [
  {
    name: 'required names, and validators that run for every update',
    app: {
      name: 'strict',
      schema() {
        const schema = new Schema({ email: { ...email, required: true }, firstName: required, lastName: required })
        schema.pre('updateOne', function () {
          this.setOptions({ runValidators: true })
        })
        return schema
      },
    },
  },
  {
    name: 'a required image with a pattern',
    app: {
      name: 'pattern',
      schema() {
        const schema = new Schema({ email, imageUrl: { ...required, match: /^https:/ } })
        schema.pre('updateOne', function () {
          this.setOptions({ runValidators: true })
        })
        return schema
      },
    },
  },
  {
    name: 'a rule of the server that requires a name',
    app: { name: 'server', schema: () => new Schema({ email, firstName: text, lastName: text }) },
    validator: {
      $jsonSchema: { required: ['firstName', 'clerkId'], properties: { firstName: { bsonType: 'string' } } },
    },
  },
  {
    name: 'a rule of the server that requires a name of a least length',
    app: { name: 'server', schema: () => new Schema({ email, firstName: text }) },
    validator: {
      $jsonSchema: {
        required: ['firstName', 'email'],
        properties: { firstName: { bsonType: 'string', minLength: 2 } },
      },
    },
  },
  {
    name: 'a rule of the server that lists every path',
    app: { name: 'listed', schema: () => new Schema({ email, firstName: text }) },
    validator: {
      $jsonSchema: {
        additionalProperties: false,
        properties: withPaths({
          imageUrl: {},
          authProvider: {},
          syncStatus: {},
          lastClerkSync: {},
          clerkUpdatedAt: {},
          clerkApplied: {},
        }),
      },
    },
  },
  {
    name: 'middleware that narrows deletions',
    app: {
      name: 'narrow',
      schema() {
        const schema = new Schema({ email, firstName: text })
        schema.pre('deleteOne', { document: false, query: true }, function () {
          this.where({ mayBeDeleted: true })
        })
        return schema
      },
    },
  },
  {
    name: 'an encrypted name that is immutable',
    app: {
      name: 'sealed',
      schema: () =>
        new Schema({
          email: { ...email, immutable: true },
          firstName: { ...text, immutable: true, set: (value?: string) => value && Buffer.from(value).toString('hex') },
        }),
      immutable: ['email'],
      opaque: ['firstName'],
    },
  },
]

describe.each(cases.map((one) => [one.name, one] as const))('%s', (_, one) => {
  it('anonymize leaves no personal values, and completes', async () => {
    const running = await start(one)
    const user = person()
    await running.created(user)
    const result = await running.deliver('user.deleted', user, { onDelete: 'anonymize', timeoutMs: 3_000 })
    expect(result.outcome).toBeOneOf(['deleted', 'conflict'])
    const raw = JSON.stringify(await running.rawAll())
    for (const personal of personalTexts(user)) {
      expect(raw).not.toContain(personal)
      expect(raw).not.toContain(Buffer.from(personal).toString('hex'))
    }
    if (result.outcome === 'conflict') return expect(result.conflict).toMatchObject({ path: expect.any(String) })
    expect(await running.users.findByClerkId(user.id).activeInClerk()).toBeNull()
  })

  it.each(['soft', 'hard'] as const)(
    'a %s deletion is recorded, or a conflict with a name, and does not restore the user',
    async (onDelete) => {
      const running = await start(one)
      const user = person()
      await running.created(user)
      const result = await running.deliver('user.deleted', user, { onDelete, timeoutMs: 3_000 })
      if (result.outcome === 'conflict') return expect(result.conflict).toMatchObject({ path: expect.any(String) })
      expect(result.outcome).toBe('deleted')
      const late = await running.deliver(
        'user.updated',
        { ...user, updated_at: Date.now() },
        { onDelete, timeoutMs: 3_000 },
      )
      expect(late.outcome).toBeOneOf(['stale', 'conflict'])
      if (onDelete === 'hard') expect(await running.rawAll()).toEqual([])
    },
  )
})

it('middleware that throws for a deletion fails it with its name, and the next attempt removes the document', async () => {
  let refuses = true
  const schema = () => {
    const made = new Schema({ email, firstName: text })
    made.pre('deleteOne', { document: false, query: true }, () => {
      if (refuses) throw new Error('The audit log is away.')
    })
    return made
  }
  const running = await start({ name: 'refusing', app: { name: 'refusing', schema } })
  const user = person()
  await running.created(user)
  const attempt = () => running.deliver('user.deleted', user, { onDelete: 'hard', timeoutMs: 3_000 })
  await expect(attempt()).rejects.toMatchObject({
    code: 'host_code_failed',
    message: expect.stringContaining('deleteOne'),
  })
  refuses = false
  await attempt()
  expect(await running.rawAll()).toEqual([])
})
