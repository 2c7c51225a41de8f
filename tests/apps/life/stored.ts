import { fixtures } from 'clerk-mongo-sync/testing'
import { expect } from 'vitest'
import { type App, dig, pathOf } from '../app'
import { person, phonePerson, renamed } from '../person'
import { recorder } from '../recorder'
import { comparable } from './comparable'
import type { Stage } from './stage'

const canBePhoneOnly = (app: App) => app.needs === undefined

/** Stages in which users are created and updated. */
export const storedStages: Stage[] = [
  {
    name: 'start-up has no error for a schema that can store users',
    async run(running) {
      const { logger, entries } = recorder()
      const clerkSync = running.sync({ logger })
      expect(entries.filter(({ level }) => level === 'error')).toEqual([])
      const findings = await clerkSync.diagnose()
      const ofDatabase = findings.filter(({ check }) => !/secret|clerk/.test(check))
      expect(ofDatabase.filter(({ verdict }) => verdict === 'problem')).toEqual([])
    },
  },
  {
    name: 'a created user is stored with the defaults that save() would store',
    async run(running) {
      const user = person()
      const saved = await running.saved(user)
      await running.created(user)
      const raw = await running.expectInStep(user)
      for (const [path, value] of Object.entries(running.app.defaults ?? {}))
        expect(dig(raw, path), path).toEqual(value)
      expect(comparable(running.app, raw)).toEqual(comparable(running.app, saved))
    },
  },
  {
    name: 'the same delivery twice is a duplicate that changes nothing',
    async run(running) {
      const user = person()
      await running.created(user)
      const before = await running.raw(user.id)
      expect(await running.deliver('user.created', user)).toMatchObject({ outcome: 'duplicate' })
      expect(await running.raw(user.id)).toEqual(before)
    },
  },
  {
    name: 'an update is stored, a late event and a redelivery change nothing',
    async run(running) {
      const user = person()
      await running.created(user)
      const now = renamed(user)
      expect(await running.deliver('user.updated', now)).toMatchObject({ outcome: 'updated' })
      const before = await running.expectInStep(now)
      expect(await running.deliver('user.created', user)).toMatchObject({ outcome: 'stale' })
      expect(await running.deliver('user.updated', now)).toMatchObject({ outcome: 'duplicate' })
      expect(await running.raw(user.id)).toEqual(before)
      expect(await running.rawAll()).toHaveLength(1)
    },
  },
  {
    name: 'an update that comes first creates the user, and the creation is late',
    async run(running) {
      const user = person()
      const now = renamed(user)
      expect(await running.deliver('user.updated', now)).toMatchObject({ outcome: 'created' })
      expect(await running.deliver('user.created', user)).toMatchObject({ outcome: 'stale' })
      await running.expectInStep(now)
    },
  },
  {
    name: 'an update that leaves address and username as they are is no conflict',
    async run(running) {
      const user = person()
      await running.created(user)
      const now = fixtures.changedUser(user, { first_name: 'Augusta' })
      expect(await running.deliver('user.updated', now)).toMatchObject({ outcome: 'updated' })
      await running.expectInStep(now)
    },
  },
  {
    name: 'what a user loses at Clerk is unset, or a placeholder',
    appliesTo: canBePhoneOnly,
    async run(running) {
      const user = person()
      await running.created(user)
      const now = fixtures.changedUser(user, { email: null, username: null, first_name: null, last_name: null })
      expect(await running.deliver('user.updated', now)).toMatchObject({ outcome: 'updated' })
      await running.expectInStep(now)
    },
  },
  {
    name: 'users with nothing but a telephone are stored, any number of them',
    appliesTo: canBePhoneOnly,
    async run(running) {
      const people = [phonePerson(), phonePerson(), phonePerson()]
      await running.created(...people)
      for (const user of people) await running.expectInStep(user)
    },
  },
  {
    name: 'a user who lacks a required value is a conflict that names the path, and start-up warns of it',
    appliesTo: (app) => !canBePhoneOnly(app),
    async run(running) {
      const { logger, entries } = recorder()
      running.sync({ logger })
      const path = expect.toBeOneOf([...(running.app.needs ?? [])])
      expect(entries).toContainEqual(expect.objectContaining({ level: 'warn', path }))
      const result = await running.deliver('user.created', phonePerson())
      expect(result).toMatchObject({ outcome: 'conflict', conflict: { code: 'host_rule', path } })
      expect(await running.rawAll()).toEqual([])
    },
  },
  {
    name: 'a row that was stored before the plugin takes the next event',
    async run(running) {
      const user = person()
      await running.users.collection.insertOne({ ...running.app.legacy, [pathOf(running.app, 'clerkId')]: user.id })
      expect(await running.deliver('user.updated', user)).toMatchObject({ outcome: 'updated' })
      await running.expectInStep(user)
      expect(await running.rawAll()).toHaveLength(1)
    },
  },
  {
    name: 'the app reads and changes the document as its own',
    async run(running) {
      const user = person()
      await running.created(user)
      const doc = await running.users.findByClerkId(user.id)
      await doc?.save({ validateModifiedOnly: true })
      await running.expectInStep(user)
      const idPath = pathOf(running.app, 'clerkId')
      expect(await running.users.countDocuments({ [idPath]: user.id })).toBe(1)
    },
  },
]
