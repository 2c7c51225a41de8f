import { fixtures } from 'clerk-mongo-sync/testing'
import { Schema } from 'mongoose'
import { describe, expect, it } from 'vitest'
import { useDatabase } from '../../support/database'
import { jobsOf } from './jobs-of'

const db = useDatabase('jobs_host_rules')
const page = () => [fixtures.user({ first_name: ' Ada ' }), fixtures.user({ first_name: 'Refused' }), fixtures.user()]
const writes = () =>
  db.commands.filter(({ name, on }) => ['insert', 'update'].includes(name) && !on.startsWith('tombstones'))

/** A model, and the outcomes of a page written to it. */
async function write(schema: Schema, users = page(), isAfterNew = false) {
  const model = await db.users({ schema })
  await model.deleteFromClerk('user_nobody')
  // The page after one of new users is inserted.
  if (isAfterNew) await jobsOf(model).upsertMany([fixtures.user()], {})
  db.forget()
  const results = await jobsOf(model).upsertMany(users, {})
  return { model, users, results, outcomes: results.map(({ outcome }) => outcome) }
}

describe('a page of users', () => {
  it.each([
    ['upserts', false],
    ['inserts', true],
  ])('is written as %s with the setters, casts, defaults and timestamps of the schema', async (_, isAfterNew) => {
    const schema = new Schema(
      {
        email: { type: String, uppercase: true },
        firstName: { type: String, trim: true },
        plan: { type: String, default: 'free' },
      },
      { timestamps: true },
    )
    const { model, users } = await write(schema, page(), isAfterNew)
    const single = fixtures.user({ first_name: ' Ada ' })
    await model.upsertFromClerk(single)
    const [first] = users as [ReturnType<typeof fixtures.user>]
    const [alone, together] = await Promise.all(
      [single, first].map(({ id }) => model.collection.findOne({ clerkId: id })),
    )
    expect(together).toMatchObject({
      firstName: 'Ada',
      plan: 'free',
      createdAt: expect.any(Date),
      updatedAt: expect.any(Date),
    })
    expect(together?.email).toMatch(/^[^a-z]+$/)
    expect(Object.keys(together ?? {}).sort()).toEqual(Object.keys(alone ?? {}).sort())
    expect(writes()).toHaveLength(2)
  })

  const refuses = (value: unknown) => value !== 'Refused'
  it.each([
    ['at once', refuses],
    ['later', async (value: unknown) => refuses(value)],
  ])('is validated by the schema, also by a validator that answers %s', async (_, validator) => {
    const schema = new Schema({ email: String, firstName: { type: String, validate: { validator } } })
    const { model, users, results, outcomes } = await write(schema)
    expect(outcomes).toEqual(['created', 'conflict', 'created'])
    expect(results[1]?.conflict).toMatchObject({ code: 'host_rule', path: 'firstName' })
    expect(await model.collection.countDocuments({ clerkId: users[1]?.id as string })).toBe(0)
  })

  it('is reported user by user if middleware changes some of the writes, so that only the others are inserted', async () => {
    const schema = new Schema({ email: String, firstName: String, lastName: String })
    schema.pre('updateOne', function () {
      const { $set } = (this.getUpdate() ?? {}) as { $set?: { firstName?: string } }
      if ($set?.firstName === 'Changed') this.set('firstName', 'By middleware')
    })
    const users = ['Changed', 'As it is', 'Changed', 'As it is', 'Changed'].map((first_name) =>
      fixtures.user({ first_name }),
    )
    const { model, outcomes } = await write(schema, users, true)
    expect(outcomes).toEqual(users.map(() => 'created'))
    expect(writes().map(({ name }) => name)).toEqual(['insert', 'update'])
    const names = await Promise.all(users.map(async ({ id }) => (await model.findByClerkId(id))?.get('firstName')))
    expect(names).toEqual(['By middleware', 'As it is', 'By middleware', 'As it is', 'By middleware'])
  })

  it('runs updateOne middleware for each user, which can change the update', async () => {
    const schema = new Schema({ email: String, firstName: String, shout: String })
    const results: unknown[] = []
    schema.pre('updateOne', async function () {
      await new Promise((resolve) => setTimeout(resolve, 5))
      const { $set } = this.getUpdate() as { $set: { firstName?: string } }
      if ($set.firstName) this.set('shout', $set.firstName.toUpperCase())
    })
    schema.post('updateOne', (result) => void results.push(result))
    const { model, users } = await write(schema)
    const shouts = await model.collection.distinct('shout')
    expect(shouts.sort()).toEqual([' ADA ', 'ADA', 'REFUSED'])
    expect(writes()).toHaveLength(1)
    const made = {
      acknowledged: true,
      matchedCount: 0,
      modifiedCount: 0,
      upsertedCount: 1,
      upsertedId: expect.anything(),
    }
    // The first call was for the deletion.
    expect(results.slice(1)).toEqual(Array(3).fill(made))
    results.length = 0
    await jobsOf(model).upsertMany(
      users.map((user) => fixtures.changedUser(user)),
      {},
    )
    const changed = { acknowledged: true, matchedCount: 1, modifiedCount: 1, upsertedCount: 0, upsertedId: null }
    expect(results).toEqual(Array(3).fill(changed))
  })

  it('fails only the user for which middleware throws', async () => {
    const schema = new Schema({ email: String, firstName: String })
    schema.pre('updateOne', function () {
      const { $set } = this.getUpdate() as { $set: { firstName: string } }
      if ($set.firstName === 'Refused') throw new Error('not today')
    })
    const { results, outcomes } = await write(schema)
    expect(outcomes).toEqual(['created', undefined, 'created'])
    expect(results[1]?.error).toMatchObject({ code: 'host_code_failed', cause: { message: 'not today' } })
  })

  it('is written with the query options that middleware sets', async () => {
    const schema = new Schema({ email: String, firstName: String })
    schema.pre('updateOne', function () {
      this.setOptions({ comment: 'of the host' })
    })
    const { outcomes } = await write(schema)
    expect(outcomes).toEqual(['created', 'created', 'created'])
    expect(writes().map(({ command }) => command.comment)).toEqual(Array(3).fill('of the host'))
  })

  it('makes only those users a conflict that lack a required value', async () => {
    const schema = new Schema({ email: String, firstName: { type: String, required: true } })
    const { outcomes, results } = await write(schema, [fixtures.user({ first_name: null }), fixtures.user()])
    expect(outcomes).toEqual(['conflict', 'created'])
    expect(results[0]?.conflict).toMatchObject({ code: 'host_rule', path: 'firstName' })
  })
})
