import { clerkSyncPlugin } from 'clerk-mongo-sync/mongoose'
import { fixtures } from 'clerk-mongo-sync/testing'
import { Schema } from 'mongoose'
import { describe, expect, it } from 'vitest'
import { useDatabase } from '../../support/database'
import { stored, waysIn } from './ways-in'

const db = useDatabase('rules_nested_names')

const unfit = (name: string) =>
  expect.objectContaining({ code: 'schema_unfit', message: expect.stringMatching(new RegExp(`paths.*${name}`, 's')) })

const taken: Record<string, [name: string, definition: object]> = {
  'two sizes of a picture': ['imageUrl', { imageUrl: { small: String, large: String } }],
  'the name and id of a provider': ['authProvider', { authProvider: { name: String, id: String } }],
  'a status of several parts': ['syncStatus', { syncStatus: { state: String, at: Date } }],
  'an error with a code': ['syncError', { syncError: { code: String, message: String } }],
  'the id in parts': ['clerkId', { clerkId: { instance: String, user: String } }],
  'a date in parts': ['lastClerkSync', { lastClerkSync: { at: Date } }],
  'a subdocument': ['imageUrl', { imageUrl: new Schema({ small: String }) }],
  'a list': ['imageUrl', { imageUrl: [String] }],
  'a Map': ['imageUrl', { imageUrl: { type: Map, of: String } }],
  'anything at all': ['syncStatus', { syncStatus: Schema.Types.Mixed }],
}

describe('a schema that uses a name of ours for something else', () => {
  it.each(Object.entries(taken))('is refused with the remedy: %s', (_, [name, definition]) => {
    expect(() => new Schema(definition).plugin(clerkSyncPlugin)).toThrow(unfit(name))
  })

  it.each(waysIn)('keeps its path if the option paths moves ours, by %s', async (_, bring) => {
    const schema = new Schema({ email: String, imageUrl: { small: String, large: { type: String, default: 'l.png' } } })
    const users = await db.users({ schema, paths: { imageUrl: 'clerkImageUrl' } })
    const user = fixtures.user({ image_url: 'https://img.clerk.com/a' })
    expect((await bring(users, user)).outcome).toBe('created')
    await users.collection.updateOne({ clerkId: user.id }, { $set: { 'imageUrl.small': 's.png' } })
    await bring(users, fixtures.changedUser(user))
    expect(await stored(users, user)).toMatchObject({
      clerkImageUrl: 'https://img.clerk.com/a',
      imageUrl: { small: 's.png', large: 'l.png' },
    })
  })

  it('is refused if our path would lie beneath a String of its own', () => {
    const schema = new Schema({ email: String, photo: String })
    const options = { paths: { imageUrl: 'photo.url' } }
    expect(() => schema.plugin(clerkSyncPlugin, options)).toThrow(expect.objectContaining({ code: 'schema_unfit' }))
  })

  const profile: Record<string, object> = {
    email: { email: { address: String, verified: Boolean } },
    username: { username: { shown: String, lower: String } },
    firstName: { firstName: { en: String, fr: String } },
    lastName: { lastName: { en: String, fr: String } },
  }
  it.each(Object.entries(profile).flatMap(([name, own]) => waysIn.map(([way, bring]) => ({ name, own, way, bring }))))(
    'never has its path overwritten: $name, by $way',
    async ({ name, own, bring }) => {
      const users = await db.users({ schema: new Schema(own) })
      const user = fixtures.user({ username: `name-${Date.now()}` })
      await users.collection.insertOne({ clerkId: user.id, [name]: { en: 'kept', address: 'kept', shown: 'kept' } })
      expect((await bring(users, user)).outcome).toBe('updated')
      expect(await stored(users, user)).toMatchObject({
        [name]: { en: 'kept', address: 'kept', shown: 'kept' },
        syncStatus: 'active',
      })
    },
  )
})

describe('a schema with an alias or virtual that has a name of ours', () => {
  const aliased = {
    imageUrl: { email: String, photo: { type: String, alias: 'imageUrl' } },
    firstName: { email: String, photo: { type: String, alias: 'firstName' } },
  }
  it.each(Object.entries(aliased))(
    'is refused with the remedy, or the path behind the alias %s is written',
    async (name, own) => {
      const made = await db.users({ schema: new Schema(own) }).catch((error: unknown) => ({ error }))
      if ('error' in made) return expect(made.error).toEqual(unfit(name))
      const user = fixtures.user({ image_url: 'Ada' })
      await made.upsertFromClerk(user)
      expect(await stored(made, user)).toMatchObject({ photo: 'Ada' })
    },
  )

  it('is refused with the remedy if it is a virtual of the app', () => {
    const schema = new Schema({ email: String, key: String })
    schema.virtual('imageUrl').get(() => 'https://cdn.example/key')
    expect(() => schema.plugin(clerkSyncPlugin)).toThrow(unfit('imageUrl'))
  })
})
