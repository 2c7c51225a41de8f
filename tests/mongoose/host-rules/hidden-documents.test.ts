import { clerkSyncPlugin } from 'clerk-mongo-sync/mongoose'
import { assertSynced, fixtures } from 'clerk-mongo-sync/testing'
import { Schema } from 'mongoose'
import { describe, expect, it } from 'vitest'
import { useDatabase } from '../../support/database'
import { delivery, stored, syncOf, waysIn } from './ways-in'

const db = useDatabase('rules_hidden')

/** A query as plugins narrow it to hide documents. */
interface Narrowed {
  where(filter: object): unknown
}

const email = { type: String, unique: true, sparse: true }
const hiding = (operations: RegExp, filter: object) => () => {
  const schema = new Schema({ email, firstName: String, isDeleted: Boolean, tenant: String })
  schema.pre(operations, function () {
    ;(this as unknown as Narrowed).where(filter)
  })
  return schema
}

const hosts: Record<string, () => Schema> = {
  'a soft-delete plugin on reads': hiding(/^find/, { isDeleted: { $ne: true } }),
  'a soft-delete plugin on reads and writes': hiding(/^(find|update|count|delete)/, { isDeleted: { $ne: true } }),
  'a plugin for tenants': hiding(/^(find|update|delete|count)/, { tenant: 'mine' }),
  'statics that hide (mongoose-delete with overridden methods)': () => {
    const schema = new Schema({ email, firstName: String, isDeleted: Boolean })
    for (const name of ['find', 'findOne', 'updateOne', 'findOneAndUpdate', 'countDocuments', 'deleteOne'])
      schema.static(name, function () {
        return this.where({ isDeleted: false }).findOne({ clerkId: 'none' })
      })
    return schema
  },
  'paths of ours with select: false': () =>
    new Schema({
      email,
      firstName: { type: String, select: false },
      clerkId: { type: String, unique: true, sparse: true, select: false },
      clerkDeletedAt: { type: Date, select: false },
      clerkUpdatedAt: { type: Date, select: false },
      isDeleted: Boolean,
    }),
  'a tenant that aggregations are narrowed to': () => {
    const schema = new Schema({ email, firstName: String, isDeleted: Boolean })
    schema.pre('aggregate', function () {
      this.pipeline().unshift({ $match: { isDeleted: false } })
    })
    return schema
  },
}

const every = Object.entries(hosts).flatMap(([name, host]) =>
  waysIn.map(([way, bring]) => ({ name, host, way, bring })),
)

describe('a document that the app hides', () => {
  it.each(every)('is written by every way in: $name, by $way', async ({ host, bring }) => {
    const users = await db.users({ schema: host() })
    const user = fixtures.user()
    const changed = fixtures.changedUser(user, { first_name: 'Augusta' })
    expect(await bring(users, user)).toMatchObject({ outcome: 'created' })
    await users.collection.updateOne({ clerkId: user.id }, { $set: { isDeleted: true, tenant: 'theirs' } })
    expect(await bring(users, user)).toMatchObject({ outcome: 'duplicate' })
    expect(await bring(users, changed)).toMatchObject({ outcome: 'updated' })
    expect(await bring(users, user)).toMatchObject({ outcome: 'stale' })
    expect(await stored(users, user)).toMatchObject({ firstName: 'Augusta', isDeleted: true })
    expect(await users.collection.countDocuments({})).toBe(1)
  })

  it.each(Object.entries(hosts))('is written by the statics and by deletions: %s', async (_, host) => {
    const users = await db.users({ schema: host() })
    const user = fixtures.user()
    const made = await users.createClerkUser(user)
    expect(made?.get('clerkId') ?? (await stored(users, user))?.clerkId).toBe(user.id)
    await users.collection.updateOne({ clerkId: user.id }, { $set: { isDeleted: true, tenant: 'theirs' } })
    const updated = await users.updateFromClerkData(user.id, fixtures.changedUser(user, { first_name: 'Augusta' }))
    expect(updated).not.toBeNull()
    expect((await users.deleteFromClerk(user.id)).outcome).toBe('deleted')
    expect(await stored(users, user)).toMatchObject({ clerkDeletedAt: expect.any(Date) })
    expect(await users.createClerkUser(fixtures.changedUser(user))).toBeNull()
  })

  it.each(Object.entries(hosts))('gives its address to a newer user: %s', async (_, host) => {
    const users = await db.users({ schema: host() })
    const old = fixtures.user({ email: 'same@example.com', updated_at: 1_700_000_000_000 })
    const clerkSync = syncOf(users)
    await clerkSync.sync(fixtures.userCreated(old), delivery())
    await users.collection.updateOne({ clerkId: old.id }, { $set: { isDeleted: true, tenant: 'theirs' } })
    const young = fixtures.user({ email: 'same@example.com' })
    expect((await clerkSync.sync(fixtures.userCreated(young), delivery())).outcome).toBe('created')
    expect(await stored(users, young)).toMatchObject({ email: 'same@example.com' })
    expect(await stored(users, old)).not.toHaveProperty('email')
  })

  it.each(waysIn)('is written if its parent path is null, by %s', async (_, bring) => {
    const schema = new Schema({ email, name: { first: String, last: String } })
    schema.plugin(clerkSyncPlugin, {
      paths: { firstName: 'name.first', lastName: 'name.last' },
      collections: { tombstones: 'tombs_null' },
    })
    const users = await db.users({ schema })
    const user = fixtures.user()
    await users.collection.insertOne({ clerkId: user.id, name: null })
    expect(await bring(users, user)).toMatchObject({ outcome: 'updated' })
    assertSynced(await users.findByClerkId(user.id), user)
  })
})
