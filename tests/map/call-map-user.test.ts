import { createClerkSync, type MapUser, mapClerkUser } from 'clerk-mongo-sync'
import { createMemoryStore, fixtures } from 'clerk-mongo-sync/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { storeOf, useDatabase } from '../support/database'

const db = useDatabase('map_user')
const unhandled = vi.fn()
/** As JavaScript writes it; its type does not compile. */
const asyncMap = (async (user: never) => mapClerkUser(user)) as unknown as MapUser
const failingAsyncMap = (async () => {
  throw new Error('ada@example.com')
}) as unknown as MapUser
const promised = { code: 'schema_unfit', message: expect.stringMatching(/mapUser returned a promise.*async/) }

beforeEach(() => {
  process.on('unhandledRejection', unhandled)
})
afterEach(() => {
  process.off('unhandledRejection', unhandled)
})

describe('an async mapUser', () => {
  it.each([asyncMap, failingAsyncMap])('is refused at start-up', async (mapUser) => {
    const users = await db.users()
    expect(() => createClerkSync({ users, mapUser })).toThrow(expect.objectContaining(promised))
    const own = await db.users({ mapUser })
    expect(() => createClerkSync({ users: own })).toThrow(expect.objectContaining(promised))
    await new Promise((resume) => setTimeout(resume, 10))
    expect(unhandled).not.toHaveBeenCalled()
  })

  it('is refused at each call, and nothing is stored', async () => {
    const users = await db.users({ mapUser: asyncMap })
    const user = fixtures.user()
    await expect(users.createClerkUser(user)).rejects.toMatchObject(promised)
    const [result] = await storeOf(users).jobs({}).upsertMany([user], {})
    expect(result?.error).toMatchObject(promised)
    expect(await users.collection.countDocuments()).toBe(0)
    const { sync } = createClerkSync({ users: createMemoryStore(), mapUser: asyncMap })
    await expect(sync(fixtures.userCreated())).rejects.toMatchObject(promised)
  })

  it('has another message than a mapUser without a return value', async () => {
    const users = await db.users()
    const mapUser = (() => {}) as unknown as MapUser
    expect(() => createClerkSync({ users, mapUser })).toThrow(/mapUser returned undefined, expected an object/)
  })
})
