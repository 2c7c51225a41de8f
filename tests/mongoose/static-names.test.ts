import { createClerkSync } from 'clerk-mongo-sync'
import { clerkModel, clerkSyncPlugin } from 'clerk-mongo-sync/mongoose'
import { fixtures } from 'clerk-mongo-sync/testing'
import mongoose, { Schema } from 'mongoose'
import { describe, expect, it, vi } from 'vitest'
import { useDatabase } from '../support/database'

const db = useDatabase('static_names')
const publicNames = [
  'findByClerkId',
  'upsertFromClerk',
  'deleteFromClerk',
  'clearHookMarks',
  'createClerkUser',
  'updateFromClerkData',
]
const internalNames = [
  'deliveryLog',
  'jobs',
  'diagnose',
  'isDeletedInClerk',
  'clerkIdOf',
  'pushes',
  'checkFit',
  'status',
  'openStore',
]

describe('statics on the model', () => {
  it('are the public ones only', async () => {
    const users = await db.users()
    const before = new Set(Object.keys(mongoose.createConnection().model('Plain', new Schema({ email: String }))))
    expect(Object.keys(users).filter((name) => !before.has(name))).toEqual(publicNames)
    for (const name of internalNames) expect(users).not.toHaveProperty(name)
  })

  it.each(['before', 'after'])(
    'of the app with the names of internal ones work if defined %s the plugin',
    async (when) => {
      const schema = new Schema({ email: String, plan: String })
      if (when === 'after') schema.plugin(clerkSyncPlugin, { push: { publicMetadata: ['plan'] } })
      for (const name of internalNames) schema.static(name, () => `the app's ${name}`)
      const users = await db.users({ schema, push: { publicMetadata: ['plan'] } })
      const clerkSync = createClerkSync({ users, deliveries: { collection: `names_${when}` }, logger: false })
      const event = fixtures.userCreated()
      expect((await clerkSync.sync(event, { messageId: 'msg_1' })).outcome).toBe('created')
      expect(await clerkSync.status()).toMatchObject({ users: { active: 1 } })
      expect(await clerkSync.diagnose()).toContainEqual(expect.objectContaining({ check: 'schema', verdict: 'ok' }))
      const app = users as unknown as Record<string, () => string>
      expect(internalNames.map((name) => app[name]?.())).toEqual(internalNames.map((name) => `the app's ${name}`))
    },
  )
})

describe('a static of the app with the name of a public one is refused', () => {
  const refusal = (name: string) =>
    expect.objectContaining({ code: 'schema_unfit', message: expect.stringMatching(`${name}.*Rename yours`) })

  it.each(publicNames)('%s, if the plugin is applied after it', (name) => {
    const schema = new Schema({ email: String }, { statics: { [name]: () => 'mine' } })
    expect(() => schema.plugin(clerkSyncPlugin)).toThrow(refusal(name))
  })

  it.each(publicNames)('%s, at start-up, if it was added after the plugin', (name) => {
    const schema = new Schema({ email: String })
    schema.plugin(clerkSyncPlugin)
    schema.static(name, () => 'mine')
    const users = clerkModel('User', schema, mongoose.createConnection())
    expect(() => createClerkSync({ users })).toThrow(refusal(name))
  })

  it('if it comes from a class, or is set on the model', () => {
    const schema = new Schema({ email: String })
    schema.plugin(clerkSyncPlugin)
    class Loaded {
      readonly plan = 'free'
      static createClerkUser() {
        return 'mine'
      }
    }
    schema.loadClass(Loaded)
    const loaded = clerkModel('User', schema, mongoose.createConnection())
    expect(() => createClerkSync({ users: loaded })).toThrow(refusal('createClerkUser'))

    const plain = new Schema({ email: String })
    plain.plugin(clerkSyncPlugin)
    const users = clerkModel('User', plain, mongoose.createConnection())
    Object.assign(users, { deleteFromClerk: () => 'mine' })
    expect(() => createClerkSync({ users })).toThrow(refusal('deleteFromClerk'))
  })
})

describe('no clash is reported', () => {
  it('for a plugin applied twice, or a schema added to another', () => {
    const schema = new Schema({ email: String })
    schema.plugin(clerkSyncPlugin).plugin(clerkSyncPlugin)
    const other = new Schema({ plan: String })
    other.add(schema as never)
    for (const one of [schema, schema.clone(), other]) {
      one.plugin(clerkSyncPlugin)
      const users = clerkModel('User', one, mongoose.createConnection())
      expect(() => createClerkSync({ users })).not.toThrow()
    }
  })

  it('for middleware of the app on one of our statics, which runs', async () => {
    const schema = new Schema({ email: String })
    const before = vi.fn()
    schema.pre('upsertFromClerk' as never, before)
    const users = await db.users({ schema })
    createClerkSync({ users, logger: false })
    await users.upsertFromClerk(fixtures.user())
    expect(before).toHaveBeenCalled()
  })
})
