import { createRequire } from 'node:module'
import { Schema } from 'mongoose'
import { expect } from 'vitest'
import '../same-mongoose'
import { dig } from '../app'
import type { PluginCase } from './plugin-case'

const require = createRequire(import.meta.url)
let counters = 0

interface PassportLocal {
  register(user: object, password: string): Promise<{ get(path: string): unknown }>
  authenticate(): (username: string, password: string) => Promise<{ user: unknown }>
}

/** Plugins that change how an app writes. */
export const writePlugins: PluginCase[] = [
  {
    name: 'mongoose-unique-validator',
    note: 'Nothing: on a path with a unique index, the index decides for users from Clerk. It validates your own saves as before.',
    apply: (schema) => void schema.plugin(require('mongoose-unique-validator').default),
    async expectAtWork({ users }, clerkId) {
      const doc = await users.findByClerkId(clerkId)
      await expect(users.create({ email: doc?.get('email') })).rejects.toThrow('to be unique')
    },
  },
  {
    name: 'mongoose-field-encryption',
    note: 'Encrypted fields are compared by what was last applied. Do not encrypt the e-mail path: a unique index cannot see equal addresses.',
    apply(schema) {
      const { fieldEncryption } = require('mongoose-field-encryption')
      schema.plugin(fieldEncryption, { fields: ['firstName', 'lastName'], secret: 'a secret of the app' })
    },
    app: { encoded: ['firstName', 'lastName'] },
    async expectAtWork(running, clerkId) {
      const raw = await running.raw(clerkId)
      expect(raw).toMatchObject({ __enc_firstName: true, firstName: expect.stringMatching(/^[0-9a-f]{32}:/) })
      expect((await running.users.findByClerkId(clerkId))?.get('firstName')).toMatch(/^Adaline/)
    },
  },
  {
    name: 'passport-local-mongoose',
    note: 'Local accounts keep `hash` and `salt`; users from Clerk have neither and cannot log in with a password.',
    apply: (schema) => void schema.plugin(require('passport-local-mongoose').default),
    async expectAtWork({ users }) {
      // The plugin's statics are not in the type of a model made at run time.
      const passport = users as unknown as PassportLocal
      const local = await passport.register(new users({ username: 'a_local_account' }), 'a password')
      expect(local.get('username')).toBe('a_local_account')
      expect(await passport.authenticate()('a_local_account', 'a password')).toMatchObject({ user: expect.anything() })
    },
  },
  {
    name: 'mongoose-sequence',
    note: 'It numbers documents in `save` middleware, which does not run for our writes: give users from Clerk their number in a `user.created` hook, with its `setNext()`.',
    verdict: { 9: 'broken by itself' },
    brokenBy: 'next is not a function',
    apply(schema, connection) {
      schema.add({ number: Number })
      const sequence = require('mongoose-sequence')(connection)
      const id = `sequence_${++counters}`
      schema.plugin(sequence, { inc_field: 'number', id, collection_name: id })
      schema.static('sequenceId', () => id)
    },
    app: { filledBySave: ['number'] },
    async expectAtWork({ users }, clerkId) {
      const doc = await users.findByClerkId(clerkId)
      expect(doc?.get('number')).toBeUndefined()
      // Statics and methods are not in the type of a model made at run time.
      const { sequenceId } = users as unknown as { sequenceId(): string }
      const numbered = doc as unknown as { setNext(id: string, done: (error: unknown) => void): void }
      await new Promise<void>((resolve, reject) =>
        numbered.setNext(sequenceId(), (error) => (error ? reject(error) : resolve())),
      )
      expect(await users.findByClerkId(clerkId).lean()).toMatchObject({ number: expect.any(Number) })
    },
  },
  {
    name: 'mongoose-slug-updater',
    note: 'The slug is made of what the update sets, at each update. It is yours: erase it in a function as `onDelete` if it is made of a name.',
    apply(schema) {
      schema.add({ slug: { type: String, slug: 'firstName' } })
      schema.plugin(require('mongoose-slug-updater'))
    },
    app: { derived: ['slug'] },
    async expectAtWork(running, clerkId) {
      const raw = await running.raw(clerkId)
      expect(dig(raw, 'slug')).toBe(String(dig(raw, 'firstName')).toLowerCase())
    },
  },
]

/** The schema with which every plugin is tested. */
export function commonSchema(): Schema {
  const text = { type: String }
  return new Schema(
    {
      email: { ...text, unique: true, sparse: true },
      username: { ...text, unique: true, sparse: true },
      firstName: text,
      lastName: text,
      plan: { ...text, default: 'free' },
    },
    { timestamps: true },
  )
}
