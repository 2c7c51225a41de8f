import mongoose, { Schema } from 'mongoose'
import { afterAll, beforeAll, describe } from 'vitest'
import { useDatabase } from '../support/database'
import type { App } from './app'
import { liveThrough } from './run-apps'

const db = useDatabase('apps_settings')
const text = { type: String }

/** A schema that each of the settings affects. */
function demandingSchema(): Schema {
  const schema = new Schema(
    {
      email: { ...text, unique: true, sparse: true, lowercase: true },
      username: { ...text, unique: true, sparse: true },
      name: { first: { ...text, alias: 'givenName' }, last: text },
      role: { ...text, required: true, enum: ['member', 'admin'], default: 'member' },
      settings: { theme: { ...text, required: true, default: 'light' } },
      tags: [text],
    },
    { timestamps: true },
  )
  schema.virtual('label').get(() => 'a label')
  return schema
}

const withoutId = {
  virtuals: true,
  transform: (_doc: unknown, json: object) => ({ ...json, _id: undefined, email: '***' }),
}

const settings: { name: string; values: Parameters<typeof mongoose.set>[0] & object }[] = [
  { name: 'runValidators', values: { runValidators: true } },
  { name: 'setDefaultsOnInsert: false', values: { setDefaultsOnInsert: false } },
  { name: "strictQuery: 'throw'", values: { strictQuery: 'throw' } },
  { name: 'strictQuery and sanitizeFilter', values: { strictQuery: true, sanitizeFilter: true } },
  { name: 'transforms of toJSON and toObject', values: { toJSON: withoutId, toObject: withoutId } },
  { name: 'strict off', values: { strict: false } },
  { name: 'aliases translated, updated documents returned', values: { translateAliases: true, returnOriginal: false } },
  { name: 'createdAt that may be changed', values: { 'timestamps.createdAt.immutable': false } },
]

for (const { name, values } of settings)
  describe(`mongoose set to ${name}`, () => {
    const keys = Object.keys(values) as (keyof typeof values)[]
    const before = Object.fromEntries(keys.map((key) => [key, mongoose.get(key)]))
    beforeAll(() => void mongoose.set(values))
    afterAll(() => void mongoose.set(before))
    const app: App = {
      name,
      schema: demandingSchema,
      options: { paths: { firstName: 'name.first', lastName: 'name.last' } },
      defaults: { role: 'member', 'settings.theme': 'light', tags: [] },
    }
    liveThrough(app, db)
  })
