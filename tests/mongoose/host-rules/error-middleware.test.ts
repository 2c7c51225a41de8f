import { assertSynced, fixtures } from 'clerk-mongo-sync/testing'
import { type CallbackError, Schema } from 'mongoose'
import { describe, expect, it } from 'vitest'
import { useDatabase } from '../../support/database'
import { delivery, stored, syncOf, waysIn } from './ways-in'

const db = useDatabase('rules_error_middleware')
const T = 1_800_000_000_000

type Next = (error?: CallbackError) => void
type Rewrite = (error: Error & { code?: number }, next: Next) => void

const rewrites: Record<string, Rewrite> = {
  'into an error of the app': (error, next) => next(error.code === 11000 ? new Error('This e-mail is taken') : error),
  'into a validation error': (error, next) => {
    const validation = Object.assign(new Error('taken'), { name: 'ValidationError', errors: {} })
    next(error.code === 11000 ? validation : error)
  },
  'into a plain object': (_, next) => next({ status: 409 } as unknown as Error),
  'by throwing': () => {
    throw new Error('taken')
  },
}

const every = Object.entries(rewrites).flatMap(([name, rewrite]) =>
  waysIn.map(([way, bring]) => ({ name, rewrite, way, bring })),
)

function schemaWith(rewrite: Rewrite): Schema {
  const schema = new Schema({
    email: { type: String, unique: true, sparse: true },
    username: { type: String, unique: true, sparse: true },
    firstName: String,
  })
  schema.post(/^(updateOne|findOneAndUpdate)$/, (error: Error, _result: unknown, next: Next) => rewrite(error, next))
  return schema
}

describe('middleware that rewrites errors', () => {
  it.each(every)('$name: a repeated event is a duplicate and a late one stale, by $way', async ({ rewrite, bring }) => {
    const users = await db.users({ schema: schemaWith(rewrite) })
    const user = fixtures.user({ username: 'ada', updated_at: T })
    const changed = fixtures.changedUser(user, { first_name: 'Augusta' })
    const outcomes = []
    for (const one of [user, user, changed, user]) outcomes.push((await bring(users, one)).outcome)
    expect(outcomes).toEqual(['created', 'duplicate', 'updated', 'stale'])
  })

  it.each(every)('$name: a collision is resolved, by $way', async ({ rewrite, bring }) => {
    const users = await db.users({ schema: schemaWith(rewrite) })
    const old = fixtures.user({ email: 'same@example.com', username: 'same', updated_at: T })
    const young = fixtures.user({ email: 'same@example.com', username: 'same', updated_at: T + 1_000 })
    await bring(users, old)
    expect((await bring(users, young)).outcome).toBe('created')
    assertSynced(await users.findByClerkId(young.id), young)
    expect((await stored(users, old))?.username).toBe(`same_${old.id.slice(-8)}`)
  })

  it('does not hide that the server is away: the delivery fails with database_failed', async () => {
    const users = await db.users({ schema: schemaWith(rewrites['into an error of the app'] as Rewrite) })
    const clerkSync = syncOf(users)
    await clerkSync.sync(fixtures.userCreated(), delivery())
    const admin = db.connection.getClient().db('admin')
    const data = { failCommands: ['update'], errorCode: 8 }
    await admin.command({ configureFailPoint: 'failCommand', mode: { times: 1 }, data })
    const answer = clerkSync.sync(fixtures.userCreated(), delivery())
    await expect(answer).rejects.toMatchObject({ code: 'database_failed' })
    await admin.command({ configureFailPoint: 'failCommand', mode: 'off' })
  })
})

describe('middleware that changes the result of a write', () => {
  it.each(waysIn)('does not change the outcome, by %s', async (_, bring) => {
    const schema = new Schema({ email: { type: String, unique: true, sparse: true }, firstName: String })
    schema.post(/^(updateOne|findOneAndUpdate)$/, (result: object | null) => {
      if (result) Object.assign(result, { matchedCount: 0, upsertedCount: 0, lastErrorObject: undefined })
    })
    const users = await db.users({ schema })
    const user = fixtures.user()
    const { outcome, error } = await bring(users, user)
    expect({ outcome, error }).toEqual({ outcome: 'created', error: undefined })
    expect((await bring(users, fixtures.changedUser(user))).outcome).toBe('updated')
  })
})
