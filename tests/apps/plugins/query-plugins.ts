import { createRequire } from 'node:module'
import { Schema } from 'mongoose'
import { expect } from 'vitest'
import '../same-mongoose'
import type { PluginCase } from './plugin-case'

const require = createRequire(import.meta.url)

interface Paginating {
  paginate(filter: object, options: object): Promise<{ docs: unknown[]; totalDocs: number }>
  aggregatePaginate(aggregate: unknown, options: object): Promise<{ docs: unknown[]; totalDocs: number }>
}

/** Plugins that change how an app reads. */
export const queryPlugins: PluginCase[] = [
  {
    name: 'mongoose-autopopulate',
    note: 'Nothing: the paths it populates are yours.',
    apply(schema, connection) {
      if (!connection.models.Friend) connection.model('Friend', new Schema({ firstName: String }))
      schema.add({ friend: { type: Schema.Types.ObjectId, ref: 'Friend', autopopulate: true } })
      schema.plugin(require('mongoose-autopopulate'))
    },
    async expectAtWork({ users }, clerkId) {
      const friend = await users.db.model('Friend').create({ firstName: 'Friend' })
      await users.updateOne({ clerkId }, { friend: friend._id })
      expect((await users.findByClerkId(clerkId))?.get('friend.firstName')).toBe('Friend')
    },
  },
  {
    name: 'mongoose-paginate-v2',
    note: 'Nothing. To leave out users that Clerk deleted, add `clerkDeletedAt: { $exists: false }` to your filter.',
    apply: (schema) => void schema.plugin(require('mongoose-paginate-v2')),
    async expectAtWork({ users }, clerkId) {
      // The plugin's statics are not in the type of a model made at run time.
      const page = await (users as unknown as Paginating).paginate({}, { limit: 5, lean: true })
      expect(page).toMatchObject({ totalDocs: 1, docs: [{ clerkId }] })
    },
  },
  {
    name: 'mongoose-aggregate-paginate-v2',
    note: 'Nothing.',
    apply: (schema) => void schema.plugin(require('mongoose-aggregate-paginate-v2')),
    async expectAtWork({ users }, clerkId) {
      const pipeline = users.aggregate([{ $match: { clerkId } }])
      const page = await (users as unknown as Paginating).aggregatePaginate(pipeline, { limit: 5 })
      expect(page).toMatchObject({ totalDocs: 1, docs: [{ clerkId }] })
    },
  },
  {
    name: 'mongoose-lean-virtuals',
    note: 'Nothing.',
    apply(schema) {
      schema.virtual('fullName').get(function () {
        return `${this.get?.('firstName') ?? Reflect.get(this, 'firstName')}!`
      })
      schema.plugin(require('mongoose-lean-virtuals').mongooseLeanVirtuals)
    },
    async expectAtWork({ users }, clerkId) {
      const lean = await users.findByClerkId(clerkId).lean({ virtuals: true })
      expect(lean).toMatchObject({ fullName: expect.stringMatching(/^Adaline.*!$/) })
    },
  },
  {
    name: 'mongoose-lean-defaults',
    note: 'Nothing.',
    apply(schema) {
      schema.add({ theme: { type: String, default: 'light' } })
      schema.plugin(require('mongoose-lean-defaults').default)
    },
    app: { defaults: { plan: 'free', theme: 'light' } },
    async expectAtWork({ users }, clerkId) {
      await users.collection.updateOne({ clerkId }, { $unset: { theme: true } })
      expect(await users.findByClerkId(clerkId).lean({ defaults: true })).toMatchObject({ theme: 'light' })
    },
  },
  {
    name: 'mongoose-lean-getters',
    note: 'Nothing: getters change what you read, never what is stored or compared.',
    apply(schema) {
      schema.add({ motto: { type: String, default: 'quiet', get: (value?: string) => value?.toUpperCase() } })
      schema.plugin(require('mongoose-lean-getters').mongooseLeanGetters)
    },
    app: { defaults: { plan: 'free', motto: 'quiet' } },
    async expectAtWork({ users }, clerkId) {
      expect(await users.findByClerkId(clerkId).lean({ getters: true })).toMatchObject({ motto: 'QUIET' })
    },
  },
  {
    name: 'mongoose-delete',
    note: "Also with `overrideMethods: 'all'`: documents that it hides still follow Clerk. Its `delete()` does not delete the user in Clerk.",
    apply: (schema) => void schema.plugin(require('mongoose-delete'), { overrideMethods: 'all', deletedAt: true }),
    app: {
      defaults: { plan: 'free', deleted: false },
      hidden: { deleted: true, deletedAt: new Date(0) },
    },
    async expectAtWork({ users }, clerkId) {
      const doc = await users.findByClerkId(clerkId)
      await (doc as unknown as { delete(): Promise<unknown> }).delete()
      expect(await users.findOne({ clerkId })).toBeNull()
      expect(await users.collection.countDocuments({ clerkId, deleted: true })).toBe(1)
    },
  },
  {
    name: 'mongoose-hidden',
    note: 'Apply it after ours, as the last one: `toJSON()` leaves out paths that are added later.',
    apply(schema) {
      schema.add({ secret: { type: String, default: 'hush', hide: true } })
      schema.plugin(require('mongoose-hidden')({ defaultHidden: { _id: true } }))
    },
    app: { defaults: { plan: 'free', secret: 'hush' } },
    async expectAtWork({ users }, clerkId) {
      const json = (await users.findByClerkId(clerkId))?.toJSON()
      expect(json).toHaveProperty('email')
      expect(json).not.toHaveProperty('secret')
    },
  },
]
