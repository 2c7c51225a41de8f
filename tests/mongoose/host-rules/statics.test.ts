import { createClerkSync } from 'clerk-mongo-sync'
import { type ClerkModel, clerkModel, clerkSyncPlugin } from 'clerk-mongo-sync/mongoose'
import { fixtures } from 'clerk-mongo-sync/testing'
import { type Model, Schema } from 'mongoose'
import { describe, expect, it } from 'vitest'
import { useDatabase } from '../../support/database'

const db = useDatabase('rules_statics')
const ours = ['findByClerkId', 'createClerkUser', 'updateFromClerkData', 'upsertFromClerk', 'deleteFromClerk']
const unfit = (name: string) =>
  expect.objectContaining({ code: 'schema_unfit', message: expect.stringContaining(name) })

describe('a static of the app with the name of one of ours', () => {
  it.each(ours)('is refused if the plugin is applied after it: %s', (name) => {
    const schema = new Schema({ email: String })
    schema.static(name, () => null)
    expect(() => schema.plugin(clerkSyncPlugin)).toThrow(unfit(name))
  })

  it.each(ours)('is refused at start-up if it was added after the plugin: %s', async (name) => {
    const schema = new Schema({ email: String })
    schema.plugin(clerkSyncPlugin, { collections: { tombstones: `tombstones_${name}` } })
    schema.static(name, () => null)
    const users = clerkModel(`Replaced${name}`, schema, db.connection)
    expect(() => createClerkSync({ users, logger: false })).toThrow(unfit(name))
  })

  it.each(['deleteOne', 'diagnose', 'jobs', 'pushes', 'checkFit', 'deliveryLog', 'settle', 'isDeletedInClerk'])(
    'is kept if it is none of our public ones: %s',
    async (name) => {
      const schema = new Schema({ email: String })
      schema.static(name, () => 'of the app')
      const users = await db.users({ schema })
      expect((users as unknown as Record<string, () => unknown>)[name]?.()).toBe('of the app')
      const clerkSync = createClerkSync({ users, logger: false })
      const event = fixtures.userCreated()
      expect((await clerkSync.sync(event)).outcome).toBe('created')
      expect((await clerkSync.sync(fixtures.userDeleted(event.data))).outcome).toBe('deleted')
    },
  )
})

interface User {
  email?: string
}
interface UserModel extends Model<User> {
  findByEmail(email: string): Promise<string>
}

describe('a model typed as the mongoose documentation shows', () => {
  it('compiles with clerkModel, and has the statics of both', async () => {
    const schema = new Schema<User, UserModel>({ email: String })
    schema.static('findByEmail', async (email: string) => `found ${email}`)
    schema.plugin(clerkSyncPlugin, { collections: { tombstones: 'tombstones_typed' } })
    const users = clerkModel('TypedUser', schema, db.connection)
    const typed: ClerkModel<typeof schema> = users
    expect(typed.upsertFromClerk).toBeTypeOf('function')
    // The members of the interface need no cast.
    expect(await users.findByEmail('a@example.com')).toBe('found a@example.com')
  })
})
