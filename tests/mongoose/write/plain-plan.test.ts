import type { ClerkUserJSON } from 'clerk-mongo-sync'
import { type ClerkSyncPluginOptions, clerkSyncPlugin } from 'clerk-mongo-sync/mongoose'
import { fixtures } from 'clerk-mongo-sync/testing'
import mongoose, { Schema } from 'mongoose'
import { describe, expect, it } from 'vitest'
import { mapClerkUser } from '../../../src/map/map-clerk-user'
import { type SyncModel, targetOf, toIncoming } from '../../../src/mongoose/target/target'
import { planWrite } from '../../../src/mongoose/write/guarded-write'
import type { WritePlan } from '../../../src/mongoose/write/plan'

const names = { email: String, username: String, firstName: String, lastName: String, imageUrl: String }
const AT = 1_760_000_000_000
const base = fixtures.user({
  id: 'user_plain',
  username: 'Ada_L',
  first_name: '  Ada ',
  updated_at: AT,
  created_at: AT,
})

interface Case {
  schema: () => Schema
  mapUser?: (user: ClerkUserJSON) => Record<string, unknown>
  user?: ClerkUserJSON
  options?: ClerkSyncPluginOptions
}

let made = 0
async function planOf({ schema, mapUser, user = base, options }: Case, change: (schema: Schema) => void = () => {}) {
  const built = schema()
  change(built)
  built.plugin(clerkSyncPlugin, { ...options, ...(mapUser && { mapUser }) })
  const connection = mongoose.createConnection()
  const target = targetOf(connection.model(`Plain${++made}`, built) as unknown as SyncModel)
  const incoming = toIncoming(target, user, {})
  return planWrite(target, incoming, undefined, { marks: { message: 'msg_1' } })
}

/** Without what differs between any two inserts. */
function comparable({ filter, update, upsert, refused, blocked }: WritePlan) {
  const isNow = (value: unknown) => {
    return (value instanceof Date || typeof value === 'number') && Math.abs(Number(value) - Date.now()) < 60_000
  }
  const withoutNow = (fields: object) =>
    Object.fromEntries(
      Object.entries(fields)
        .map(([path, value]) => [
          path,
          path === '_id' && path in fields ? 'an id' : isNow(value) ? 'now' : plain(value),
        ])
        .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
    )
  const operators = Object.entries(update).map(([operator, fields]) => [operator, withoutNow(fields as object)])
  return { filter, update: Object.fromEntries(operators), upsert, refused, blocked }
}

const plain = (value: unknown) => (Array.isArray(value) ? [...value] : value)

const ordinary: Record<string, Case> = {
  'the default names': { schema: () => new Schema(names) },
  timestamps: { schema: () => new Schema(names, { timestamps: true }) },
  'timestamps with other names and types': {
    schema: () => new Schema({ ...names, born: Number }, { timestamps: { createdAt: 'born', updatedAt: 'touched' } }),
  },
  'only one timestamp': { schema: () => new Schema(names, { timestamps: { createdAt: false } }) },
  'lower case, trim, enum, match, lengths': {
    schema: () =>
      new Schema({
        ...names,
        email: { type: String, required: true, lowercase: true, match: /@/ },
        username: { type: String, lowercase: true, minlength: 3, maxlength: 40 },
        firstName: { type: String, trim: true },
        role: { type: String, enum: ['user', 'admin'], default: 'user' },
      }),
  },
  'static defaults of all kinds, and null': {
    schema: () =>
      new Schema({
        ...names,
        plan: { type: String, default: 'FREE', lowercase: true },
        credits: { type: Number, default: '10' },
        isBeta: { type: Boolean, default: false },
        note: { type: String, default: null },
        joined: { type: Date, default: Date.now },
        tags: [String],
        devices: [{ name: String }],
        extra: Schema.Types.Mixed,
        picture: Buffer,
        prefs: { type: Map, of: String },
      }),
  },
  'a default at a mapped path': {
    schema: () => new Schema({ ...names, imageUrl: { type: String, default: '/none.png' } }),
    user: { ...base, image_url: '' },
  },
  'nested paths that nothing fills': { schema: () => new Schema({ ...names, address: { city: String, zip: String } }) },
  'numbers, dates and booleans of a map': {
    schema: () => new Schema({ ...names, since: Date, logins: Number, isBanned: Boolean }),
    mapUser: (user) => ({ ...mapClerkUser(user), since: user.created_at, logins: '7', isBanned: 'false' }),
  },
  'missing values': {
    schema: () => new Schema(names),
    user: { ...base, username: null, first_name: null, last_name: null },
  },
  'another version key, or none': { schema: () => new Schema(names, { versionKey: false }) },
  'Clerk’s id required and checked': {
    schema: () => new Schema({ ...names, clerkId: { type: String, required: true, match: /^user_/, unique: true } }),
  },
  'Clerk’s id as _id': { schema: () => new Schema({ ...names, _id: String }), options: { paths: { clerkId: '_id' } } },
  'virtuals, methods, statics, indexes and query middleware': {
    schema: () => {
      const schema = new Schema(names, { toJSON: { virtuals: true } })
      schema.virtual('fullName').get(() => 'x')
      schema.methods.greet = () => 'hi'
      schema.index({ email: 1 }, { unique: true })
      schema.pre('find', () => {})
      return schema
    },
  },
}

describe('a schema without code that could see a document', () => {
  it.each(Object.entries(ordinary))('%s: the same write as with a document', async (_, one) => {
    const quick = await planOf(one)
    expect(quick.isPlain).toBe(true)
    const slow = await planOf(one, (schema) => void schema.pre('validate', () => {}))
    expect(slow.isPlain).toBeUndefined()
    expect(comparable(quick)).toEqual(comparable(slow))
  })
})

const withPath = (definition: object): Case => ({ schema: () => new Schema({ ...names, ...definition } as never) })
const changed = (change: (schema: Schema) => void, options = {}): Case => ({
  schema: () => {
    const schema = new Schema(names, options)
    change(schema)
    return schema
  },
})

const special: Record<string, Case> = {
  'a setter': withPath({ firstName: { type: String, set: (value: string) => `${value}!` } }),
  'a validator': withPath({ firstName: { type: String, validate: () => true } }),
  'a validator of a path that is not mapped': withPath({ plan: { type: String, validate: () => true } }),
  'a default function': withPath({ code: { type: String, default: () => 'x' } }),
  'an array with a default function': withPath({ tags: { type: [String], default: () => ['a'] } }),
  'a condition of required': withPath({ phone: { type: String, required: () => false } }),
  'a path that only the app fills': withPath({ phone: { type: String, required: true } }),
  'a default that the schema refuses': withPath({ plan: { type: String, enum: ['a'], default: 'b' } }),
  'a value that the schema refuses': withPath({ firstName: { type: String, maxlength: 1 } }),
  'a value that cannot be cast': {
    ...withPath({ since: Date }),
    mapUser: (user) => ({ ...mapClerkUser(user), since: 'never' }),
  },
  'an immutable mapped path': withPath({ username: { type: String, immutable: true } }),
  'a mapped path beneath another': {
    ...withPath({ profile: { phone: String } }),
    mapUser: (user) => ({ ...mapClerkUser(user), profile: { phone: '1' } }),
  },
  'a default beneath another path': withPath({ profile: { plan: { type: String, default: 'free' } } }),
  'a subdocument with a default': withPath({ settings: { type: new Schema({ theme: String }), default: () => ({}) } }),
  'empty objects that are stored': changed(() => {}, { minimize: false }),
  'a clock of its own': changed(() => {}, { timestamps: { currentTime: () => 1 } }),
  'validate middleware': changed((schema) => void schema.post('validate', () => {})),
  'a method of documents that is replaced': changed((schema) => {
    schema.methods.toObject = () => ({})
  }),
}

describe('a schema with code or rules that need a document', () => {
  it.each(Object.entries(special))('%s', async (_, one) => {
    expect((await planOf(one)).isPlain).toBeUndefined()
  })
})
