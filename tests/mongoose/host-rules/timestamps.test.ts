import type { ClerkUserJSON } from 'clerk-mongo-sync'
import { createFakeClerk, fixtures } from 'clerk-mongo-sync/testing'
import { Schema } from 'mongoose'
import { describe, expect, it } from 'vitest'
import { useDatabase } from '../../support/database'
import { delivery, stored, syncOf, waysIn } from './ways-in'

const db = useDatabase('rules_timestamps')
const SIGNED_UP = Date.UTC(2021, 4, 17)
const person = () => fixtures.user({ created_at: SIGNED_UP })
const mapUser = (user: ClerkUserJSON) => ({
  firstName: user.first_name,
  createdAt: user.created_at && new Date(user.created_at),
})
const hostSchema = () => new Schema({ email: String, firstName: String }, { timestamps: true })

describe('createdAt mapped from Clerk, with timestamps of the schema', () => {
  it.each(waysIn)('has the date from Clerk for a new user, and keeps it, by %s', async (_, bring) => {
    const users = await db.users({ schema: hostSchema(), mapUser })
    const user = person()
    expect((await bring(users, user)).outcome).toBe('created')
    expect(await stored(users, user)).toMatchObject({ createdAt: new Date(SIGNED_UP), updatedAt: expect.any(Date) })
    expect((await bring(users, user)).outcome).toBe('duplicate')
    expect((await bring(users, fixtures.changedUser(user, { first_name: 'Augusta' }))).outcome).toBe('updated')
    expect(await stored(users, user)).toMatchObject({ createdAt: new Date(SIGNED_UP), firstName: 'Augusta' })
  })

  it.each(waysIn)('replaces another date in a stored document, by %s', async (_, bring) => {
    const users = await db.users({ schema: hostSchema(), mapUser })
    const user = person()
    await users.collection.insertOne({ clerkId: user.id, createdAt: new Date() })
    await bring(users, user)
    expect((await stored(users, user))?.createdAt).toEqual(new Date(SIGNED_UP))
  })

  it.each(waysIn)('can have another name, by %s', async (_, bring) => {
    const schema = new Schema({ email: String }, { timestamps: { createdAt: 'joined', updatedAt: false } })
    const users = await db.users({
      schema,
      mapUser: (user) => ({ joined: user.created_at && new Date(user.created_at) }),
    })
    const user = person()
    await bring(users, user)
    await bring(users, fixtures.changedUser(user))
    const doc = await stored(users, user)
    expect(doc?.joined).toEqual(new Date(SIGNED_UP))
    expect(doc).not.toHaveProperty('updatedAt')
    expect(doc).not.toHaveProperty('createdAt')
  })

  it('is compared and corrected by reconcile', async () => {
    const users = await db.users({ schema: hostSchema(), mapUser })
    const clerk = await createFakeClerk()
    try {
      clerk.seed(5)
      const clerkSync = syncOf(users, { clerk: { secretKey: clerk.secretKey, apiUrl: clerk.url } })
      expect(await clerkSync.backfill()).toMatchObject({ created: 5 })
      expect(await clerkSync.reconcile()).toMatchObject({ checked: 5, inStep: 5 })
      const [user] = clerk.users.values()
      await users.collection.updateOne({ clerkId: user?.id as string }, { $set: { createdAt: new Date(0) } })
      const report = await clerkSync.reconcile({ apply: true })
      expect(report).toMatchObject({ drift: { changed: 1 }, after: { inStep: 5 } })
      expect((await stored(users, user as ClerkUserJSON))?.createdAt).toEqual(new Date(user?.created_at as number))
    } finally {
      await clerk.close()
    }
  })
})

describe('timestamps of the schema', () => {
  it.each(waysIn)('use the clock of the schema, by %s', async (_, bring) => {
    const currentTime = () => Math.floor(Date.now() / 1_000)
    const schema = new Schema(
      { email: String, created: Number, changed: Number },
      { timestamps: { createdAt: 'created', updatedAt: 'changed', currentTime } },
    )
    const users = await db.users({ schema })
    const user = person()
    await bring(users, user)
    const before = await stored(users, user)
    for (const path of ['created', 'changed']) expect(Math.abs(before?.[path] - Date.now() / 1_000)).toBeLessThan(60)
    await users.collection.updateOne({ clerkId: user.id }, { $set: { changed: 1 } })
    await bring(users, fixtures.changedUser(user))
    const after = await stored(users, user)
    expect(after?.created).toBe(before?.created)
    expect(Math.abs(after?.changed - Date.now() / 1_000)).toBeLessThan(60)
  })

  it.each(['soft', 'anonymize'] as const)(
    'use the clock of the schema when a user is deleted: %s',
    async (onDelete) => {
      const currentTime = () => Math.floor(Date.now() / 1_000)
      const schema = new Schema(
        { email: String, changed: Number },
        { timestamps: { createdAt: false, updatedAt: 'changed', currentTime } },
      )
      const users = await db.users({ schema, onDelete })
      const clerkSync = syncOf(users)
      const user = person()
      await clerkSync.sync(fixtures.userCreated(user), delivery())
      await clerkSync.sync(fixtures.userDeleted(user), delivery())
      expect(Math.abs((await stored(users, user))?.changed - Date.now() / 1_000)).toBeLessThan(60)
    },
  )

  it.each(waysIn)('have the value from Clerk if updatedAt is mapped too, by %s', async (_, bring) => {
    const users = await db.users({
      schema: hostSchema(),
      mapUser: (user) => ({ firstName: user.first_name, updatedAt: user.updated_at && new Date(user.updated_at) }),
    })
    const user = fixtures.user({ updated_at: SIGNED_UP })
    await bring(users, user)
    expect((await stored(users, user))?.updatedAt).toEqual(new Date(SIGNED_UP))
    expect((await bring(users, user)).outcome).toBe('duplicate')
    await bring(users, fixtures.changedUser(user))
    expect((await stored(users, user))?.updatedAt).toEqual(new Date(SIGNED_UP + 1_000))
  })
})
