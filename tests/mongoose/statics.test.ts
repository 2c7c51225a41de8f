import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createClerkClient } from '@clerk/backend'
import { assertSynced, fixtures } from 'clerk-mongo-sync/testing'
import { describe, expect, it } from 'vitest'
import { describeStore } from '../contracts/store'
import { type TestModel, useDatabase } from '../support/database'

const db = useDatabase('statics')

describeStore('a mongoose model with the plugin', async () => {
  const users = await db.users()
  return { store: users, read: async (clerkId) => (await users.collection.findOne({ clerkId })) as never }
})

describe('createClerkUser', () => {
  it('stores the user and returns its document', async () => {
    const users = await db.users()
    const user = fixtures.user()
    assertSynced(await users.createClerkUser(user), user)
  })

  it('returns the newer document if the webhook was first', async () => {
    const users = await db.users()
    const user = fixtures.user()
    const newer = fixtures.changedUser(user, { first_name: 'Newer' })
    await users.upsertFromClerk(newer)
    assertSynced(await users.createClerkUser(user), newer)
  })

  it('takes the user of the Clerk SDK', async () => {
    const users = await db.users()
    const user = fixtures.user({ username: 'sdk' })
    const server = createServer((_, response) => {
      response.setHeader('content-type', 'application/json').end(JSON.stringify(user))
    })
    await new Promise<void>((resolve) => server.listen(0, resolve))
    try {
      const apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      const clerk = createClerkClient({ secretKey: 'sk_test_x', apiUrl })
      const fromSdk = await clerk.users.getUser(user.id)
      assertSynced(await users.createClerkUser(fromSdk), user)
      await expect(users.createClerkUser({ ...fromSdk } as never)).rejects.toMatchObject({ code: 'invalid_clerk_user' })
    } finally {
      server.close()
    }
  })

  it('creates one document for twenty concurrent callers', async () => {
    const users = await db.users()
    const user = fixtures.user()
    const docs = await Promise.all(Array.from({ length: 20 }, () => users.createClerkUser(user)))
    expect(new Set(docs.map((doc) => String(doc?._id))).size).toBe(1)
    expect(await users.collection.countDocuments()).toBe(1)
  })
})

describe('updateFromClerkData', () => {
  it('creates the user if it is unknown', async () => {
    const users = await db.users()
    const user = fixtures.user()
    assertSynced(await users.updateFromClerkData(user.id, user), user)
  })

  it('refuses data of another user than the id', async () => {
    const users = await db.users()
    const refused = users.updateFromClerkData('user_another', fixtures.user())
    await expect(refused).rejects.toMatchObject({ code: 'id_mismatch' })
    expect(await users.collection.countDocuments()).toBe(0)
  })
})

describe('.activeInClerk()', () => {
  it('leaves out local and deleted users, and returns all others', async () => {
    const users = await db.users()
    await users.create(fixtures.localUser())
    const [alive, gone] = [fixtures.user(), fixtures.user()]
    for (const user of [alive, gone]) await users.upsertFromClerk(user)
    await users.deleteFromClerk(gone.id)
    expect((await users.find().activeInClerk()).map((doc) => doc.get('clerkId'))).toEqual([alive.id])
    expect(await users.findByClerkId(gone.id).activeInClerk()).toBeNull()
    expect(await users.findByClerkId(alive.id).activeInClerk()).not.toBeNull()
    expect(await users.findByClerkId(gone.id)).not.toBeNull()
  })
})

describe('a session of the app', () => {
  it.each([
    ['createClerkUser', (users: TestModel, context: object) => users.createClerkUser(fixtures.user(), context)],
    ['upsertFromClerk', (users: TestModel, context: object) => users.upsertFromClerk(fixtures.user(), context)],
    ['deleteFromClerk', (users: TestModel, context: object) => users.deleteFromClerk('user_1', context)],
    [
      'updateFromClerkData',
      (users: TestModel, context: object) => {
        const user = fixtures.user()
        return users.updateFromClerkData(user.id, user, context)
      },
    ],
    [
      'clearHookMarks',
      (users: TestModel, context: object) => users.clearHookMarks('user_1', { message: 'msg_1' }, context),
    ],
  ])('is refused by %s, which cannot be part of a transaction, and nothing is written', async (name, call) => {
    const users = await db.users()
    const session = await db.connection.startSession()
    db.forget()
    const refusal = { code: 'invalid_option', message: expect.stringContaining(`${name} does not accept a session`) }
    await expect(call(users, { session })).rejects.toMatchObject(refusal)
    expect(db.commands).toEqual([])
    await session.endSession()
    await call(users, { session: undefined })
  })

  it('can read a user inside its transaction', async () => {
    const users = await db.users()
    const user = fixtures.user()
    await users.createClerkUser(user)
    await db.connection.transaction(async (session) => {
      await users.updateOne({ clerkId: user.id }, { plan: 'pro' }, { session })
      expect(await users.findByClerkId(user.id).session(session)).toMatchObject({ plan: 'pro' })
      expect(await users.findByClerkId(user.id)).toMatchObject({ plan: 'free' })
    })
  })
})
