import { createClerkSync } from 'clerk-mongo-sync'
import { type ClerkSyncPluginOptions, clerkModel, clerkSyncPlugin } from 'clerk-mongo-sync/mongoose'
import { fixtures } from 'clerk-mongo-sync/testing'
import mongoose, { Schema } from 'mongoose'
import { describe, expect, it, vi } from 'vitest'
import { useDatabase } from '../../support/database'

const db = useDatabase('nested_paths')
const unfit = (path: string, remedy: string) =>
  expect.objectContaining({ code: 'schema_unfit', message: expect.stringMatching(`path ${path} is .*${remedy}`) })

const nested = {
  imageUrl: { small: String, large: String },
  authProvider: { name: String, id: String },
  syncStatus: { mail: String, calendar: String },
  syncError: { at: Date, text: String },
  clerkId: { development: String, production: String },
  lastClerkSync: { mail: Date },
}

describe('an object of the app under one of our names', () => {
  it.each(Object.entries(nested))('%s is refused when the plugin is applied', (name, definition) => {
    const schema = new Schema({ email: String, [name]: definition })
    expect(() => schema.plugin(clerkSyncPlugin)).toThrow(unfit(name, `paths: { ${name}: '`))
  })

  it('is refused by the name that the option paths gives, and accepted under another', async () => {
    const definition = { email: String, imageUrl: nested.imageUrl, photoUrl: { large: String } }
    const plugin = (options: ClerkSyncPluginOptions) => new Schema(definition).plugin(clerkSyncPlugin, options)
    expect(() => plugin({ paths: { imageUrl: 'photoUrl' } })).toThrow(unfit('photoUrl', "paths: { imageUrl: '"))
    const users = await db.users({ definition, paths: { imageUrl: 'avatar' } })
    const user = fixtures.user()
    await users.create({ clerkId: user.id, imageUrl: { small: 'mine' } } as never)
    await users.upsertFromClerk(user)
    const stored = await users.collection.findOne({ clerkId: user.id })
    expect(stored).toMatchObject({ imageUrl: { small: 'mine' }, avatar: user.image_url })
  })

  it('is refused at start-up if it was added after the plugin', () => {
    const schema = new Schema({ email: String })
    schema.plugin(clerkSyncPlugin)
    schema.remove('imageUrl')
    schema.add({ imageUrl: nested.imageUrl })
    const users = clerkModel('Nested', schema, mongoose.createConnection())
    expect(() => createClerkSync({ users })).toThrow(unfit('imageUrl', "paths: { imageUrl: 'photoUrl' }"))
  })

  it('is refused at start-up if its type was changed after the plugin', () => {
    const schema = new Schema({ email: String })
    schema.plugin(clerkSyncPlugin)
    schema.add({ clerkUpdatedAt: Number })
    const users = clerkModel('Retyped', schema, mongoose.createConnection())
    expect(() => createClerkSync({ users })).toThrow(unfit('clerkUpdatedAt', 'stores a Date there'))
  })
})

describe('a virtual of the app under one of our names', () => {
  it('is refused', () => {
    const schema = new Schema({ photo: String })
    schema.virtual('imageUrl').get(() => 'https://example.com')
    expect(() => schema.plugin(clerkSyncPlugin)).toThrow(unfit('imageUrl', "paths: { imageUrl: 'photoUrl' }"))
  })

  it('is refused with the path behind it if it is an alias for an internal path', () => {
    const schema = new Schema({ state: { type: String, alias: 'syncStatus' } })
    expect(() => schema.plugin(clerkSyncPlugin)).toThrow(unfit('syncStatus', "paths: { syncStatus: 'state' }"))
  })

  it('is accepted as an alias of a profile path, which is written', async () => {
    const schema = new Schema({ photo: { type: String, alias: 'imageUrl' }, f: { type: String, alias: 'firstName' } })
    const users = await db.users({ schema })
    const user = fixtures.user({ first_name: 'Ada' })
    await users.upsertFromClerk(user)
    const stored = await users.collection.findOne({ clerkId: user.id })
    expect(stored).toMatchObject({ photo: user.image_url, f: 'Ada' })
    expect(stored).not.toHaveProperty('imageUrl')
  })

  it('is refused if a class defines it', () => {
    const schema = new Schema({ email: String })
    class Account {
      readonly kind = 'account'
      get syncStatus() {
        return `${this.kind} in step`
      }
    }
    schema.loadClass(Account)
    expect(() => schema.plugin(clerkSyncPlugin)).toThrow(unfit('syncStatus', "paths: { syncStatus: '"))
  })
})

describe('a profile path that is an object in the app', () => {
  async function warnings(definition: Record<string, unknown>, options: ClerkSyncPluginOptions = {}) {
    const users = await db.users({ definition, ...options })
    const warn = vi.fn()
    createClerkSync({ users, logger: { debug() {}, info() {}, warn, error() {} } })
    return warn.mock.calls.map(([{ path }, message]) => `${path}: ${message}`)
  }

  it('is warned of at start-up, with the path for it', async () => {
    const email = { verified: Boolean, address: String }
    expect(await warnings({ email, firstName: String })).toEqual([
      expect.stringMatching(/^email: .*not stored.*paths: { email: 'email.address' }/),
    ])
    expect(await warnings({ email }, { paths: { email: 'email.address' } })).toEqual([])
  })

  it('is accepted if mapUser fills it', async () => {
    const email = { verified: Boolean, address: String }
    expect(await warnings({ email }, { mapUser: () => ({ email: { address: 'ada@example.com' } }) })).toEqual([])
  })

  it('is accepted if it does not exist', async () => {
    expect(await warnings({ nickname: String })).toEqual([])
  })
})
