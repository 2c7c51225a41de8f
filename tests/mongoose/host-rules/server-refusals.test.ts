import type { ClerkUserJSON } from 'clerk-mongo-sync'
import { fixtures } from 'clerk-mongo-sync/testing'
import { describe, expect, it } from 'vitest'
import { type TestModel, useDatabase } from '../../support/database'
import { delivery, stored, syncOf, waysIn } from './ways-in'

const db = useDatabase('rules_server_refusals')
const admin = () => db.connection.getClient().db('admin')

/** Makes the server answer once with this error code, as the test server has no such indexes. */
async function whileServerAnswers<T>(errorCode: number, work: () => Promise<T>): Promise<T> {
  const data = { failCommands: ['update'], errorCode }
  await admin().command({ configureFailPoint: 'failCommand', mode: { times: 1 }, data })
  return work().finally(() => admin().command({ configureFailPoint: 'failCommand', mode: 'off' }))
}

const codes: readonly (readonly [number, string])[] = [
  [16755, 'a 2dsphere index over a place without coordinates'],
  [16804, 'a 2d index over what is no point'],
  [13027, 'a 2d index over a point out of bounds'],
  [17261, 'a text index over a document with a language of its own'],
  [17262, 'a text index over a language that is not supported'],
  [171, 'a compound index over two lists'],
  [16766, 'a hashed index over a list'],
  [17280, 'a key too large for its index'],
  [17419, 'a document that grows too large'],
  [10334, 'a document too large'],
  [28, 'a path beneath a text'],
  [52, 'a field that begins with a dollar'],
  [57, 'a field with a dot'],
  [15, 'a document nested too deeply'],
]

/** Without the page, whose command fails as a whole, and findAndModify, which the test server cannot fail. */
const oneByOne = waysIn.filter(([way]) => way === 'an event' || way === 'a static')

describe('a server error', () => {
  const every = codes.flatMap(([code, name]) => oneByOne.map(([way, bring]) => ({ code, name, way, bring })))

  it.each(every)('is a conflict if no retry can help: $name ($code), by $way', async ({ code, bring }) => {
    const users = await db.users({ definition: { email: String, firstName: String } })
    await bring(users, fixtures.user())
    const user = fixtures.user()
    const { outcome, conflict, error } = await whileServerAnswers(code, () => bring(users, user))
    expect({ outcome, error }).toEqual({ outcome: 'conflict', error: undefined })
    expect(conflict).toMatchObject({ code: 'host_rule' })
    expect((await bring(users, user)).outcome).toBe('created')
  })

  it.each([
    [8, 'an error unknown'],
    [13, 'not authorized'],
    [112, 'a write conflict'],
    [14031, 'out of disk space'],
  ])('is no conflict if a retry can help: %i, %s', async (code) => {
    const users = await db.users({ definition: { email: String, firstName: String } })
    const clerkSync = syncOf(users)
    await clerkSync.sync(fixtures.userCreated(), delivery())
    const answer = whileServerAnswers(code, () => clerkSync.sync(fixtures.userCreated(), delivery()))
    await expect(answer).rejects.toMatchObject({ code: expect.stringMatching(/database_failed|timed_out/) })
  })
})

const rule = (properties: object, required: string[] = []) => ({ $jsonSchema: { required, properties } })

async function ruled(validator: object, options: Parameters<typeof db.users>[0] = {}): Promise<TestModel> {
  const users = await db.users({ definition: { email: String, firstName: String, lastName: String }, ...options })
  await users.createCollection().catch(() => {})
  await db.connection.db?.command({ collMod: users.collection.name, validator })
  return users
}

describe("the collection's validator", () => {
  it.each(waysIn)('makes only the new user that it refuses a conflict, by %s', async (_, bring) => {
    const users = await ruled(rule({ firstName: { bsonType: 'string', minLength: 3 } }, ['firstName']))
    const refused = fixtures.user({ first_name: 'Al' })
    expect(await bring(users, refused)).toMatchObject({ outcome: 'conflict', conflict: { code: 'host_rule' } })
    expect(await stored(users, refused)).toBeNull()
    expect((await bring(users, fixtures.user())).outcome).toBe('created')
  })

  it.each(waysIn)('leaves a stored user unchanged if it refuses the update, by %s', async (_, bring) => {
    const users = await ruled(rule({ firstName: { bsonType: 'string', minLength: 3 } }))
    const user = fixtures.user()
    expect((await bring(users, user)).outcome).toBe('created')
    const changed = fixtures.changedUser(user, { first_name: 'Al' })
    expect(await bring(users, changed)).toMatchObject({ outcome: 'conflict' })
    expect((await stored(users, user))?.firstName).toBe('Ada')
    const better = fixtures.changedUser(changed, { first_name: 'Alice' })
    expect((await bring(users, better)).outcome).toBe('updated')
    expect(await stored(users, user)).toMatchObject({ firstName: 'Alice', syncStatus: 'active' })
  })

  it.each(waysIn)('does not keep the other users of a page from being stored, by %s', async (_, bring) => {
    const users = await ruled(rule({}, ['team']), {
      definition: { email: String, team: { type: String, default: 'all' } },
    })
    expect((await bring(users, fixtures.user())).outcome).toBe('created')
  })
})

describe('a value that MongoDB cannot store', () => {
  const mapUser = (user: ClerkUserJSON) => ({ 'address.city': user.first_name, lastName: user.last_name })
  const definition = { email: String, lastName: String, address: { city: String, street: String } }

  it.each(waysIn)('is written with its parent if the parent is null, by %s', async (_, bring) => {
    const users = await db.users({ definition, mapUser })
    const user = fixtures.user()
    await users.collection.insertOne({ clerkId: user.id, address: null })
    expect(await bring(users, user)).toMatchObject({ outcome: 'updated' })
    expect(await stored(users, user)).toMatchObject({ address: { city: 'Ada' }, lastName: 'Lovelace' })
    expect((await bring(users, user)).outcome).toMatch(/duplicate/)
  })

  it.each(waysIn)('is written if the outer of two parents is null, by %s', async (_, bring) => {
    const users = await db.users({
      definition: { email: String, home: { address: { city: String, zip: String } } },
      mapUser: (user) => ({ 'home.address.city': user.first_name, 'home.address.zip': user.last_name }),
    })
    const user = fixtures.user()
    await users.collection.insertOne({ clerkId: user.id, home: null })
    expect(await bring(users, user)).toMatchObject({ outcome: 'updated' })
    expect(await stored(users, user)).toMatchObject({ home: { address: { city: 'Ada', zip: 'Lovelace' } } })
  })

  it.each(waysIn)(
    'is a conflict that names its path beneath a String, and the rest is written, by %s',
    async (_, bring) => {
      const users = await db.users({ definition, mapUser })
      const user = fixtures.user()
      await users.collection.insertOne({ clerkId: user.id, address: '12 Main Street' })
      expect(await bring(users, user)).toMatchObject({ outcome: 'conflict', conflict: { code: 'host_rule' } })
      expect(await stored(users, user)).toMatchObject({ address: '12 Main Street', lastName: 'Lovelace' })
    },
  )

  it.each(waysIn)('is a conflict if it is too large, and other users are stored, by %s', async (_, bring) => {
    const users = await db.users({
      definition: { email: String, bio: String },
      mapUser: (user) => ({ bio: user.first_name === 'Huge' ? 'x'.repeat(17 * 1024 * 1024) : user.first_name }),
    })
    expect(await bring(users, fixtures.user({ first_name: 'Huge' }))).toMatchObject({ outcome: 'conflict' })
    expect((await bring(users, fixtures.user())).outcome).toBe('created')
  })

  it.each(waysIn)('is a conflict if it is nested too deeply, by %s', async (_, bring) => {
    const users = await db.users({
      definition: { email: String, meta: Object },
      mapUser: (user) => ({ meta: user.unsafe_metadata }),
    })
    let deep: object = {}
    for (let level = 0; level < 250; level++) deep = { a: deep }
    const { outcome, error } = await bring(users, fixtures.user({ unsafe_metadata: deep as never }))
    expect(error).toBeUndefined()
    expect(outcome).toMatch(/conflict|created/)
  })
})
