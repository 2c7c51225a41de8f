import { createFakeClerk, fixtures } from 'clerk-mongo-sync/testing'
import { Schema } from 'mongoose'
import { describe, expect, it } from 'vitest'
import { useDatabase } from '../../support/database'
import { delivery, stored, syncOf, waysIn } from './ways-in'

const db = useDatabase('rules_map_keys')

/** Keys that users can write into their own metadata. */
const keys: Record<string, string> = {
  'with a dot': 'app.example.com',
  'with a leading dollar': '$where',
  'of a dollar alone': '$',
  'of dots alone': '..',
  'that is empty': '',
  'of a prototype': '__proto__',
  'of a constructor': 'constructor',
  'with a null byte': 'a\u0000b',
  'of an operator with a dot': '$set.a',
}
const withKey = (key: string) =>
  JSON.parse(`{${JSON.stringify(key)}:"value","plain":"kept"}`) as Record<string, unknown>

const holders: Record<string, object> = {
  'a Map of texts': { type: Map, of: String },
  'a Map of anything': { type: Map, of: Schema.Types.Mixed },
  'an object': { type: Object },
}

/** Copying an object drops `__proto__`, which only JSON.parse creates. */
const keysOf = (holder: string) =>
  Object.entries(keys).filter(([, key]) => holder !== 'an object' || key !== '__proto__')

const every = Object.entries(holders).flatMap(([holder, meta]) =>
  keysOf(holder).flatMap(([name, key]) => waysIn.map(([way, bring]) => ({ holder, meta, name, key, way, bring }))),
)

describe('metadata with a key', () => {
  it.each(every)(
    '$name, in $holder: stores the user or is a conflict that names the path, by $way',
    async ({ meta, key, bring }) => {
      const users = await db.users({
        schema: new Schema({ email: String, meta }),
        mapUser: (user) => ({ email: user.email_addresses?.[0]?.email_address, meta: user.unsafe_metadata }),
      })
      const user = fixtures.user({ unsafe_metadata: withKey(key) })
      const { outcome, conflict, error } = await bring(users, user)
      expect(error).toBeUndefined()
      if (outcome === 'conflict') return expect(conflict).toMatchObject({ code: 'host_rule', path: 'meta' })
      expect(outcome).toBe('created')
      const doc = await stored(users, user)
      expect(doc?.meta).toMatchObject({ plain: 'kept' })
      expect(Object.values(doc?.meta)).toContain('value')
      expect(await users.findByClerkId(user.id)).toMatchObject({ clerkId: user.id })
      expect((await bring(users, user)).outcome).toBe('duplicate')
      return expect((await bring(users, fixtures.changedUser(user, { unsafe_metadata: {} }))).outcome).toBe('updated')
    },
  )

  it.each(waysIn)('affects only that path of a stored user, by %s', async (_, bring) => {
    const users = await db.users({
      schema: new Schema({ email: String, firstName: String, meta: { type: Map, of: String } }),
      mapUser: (user) => ({ firstName: user.first_name, meta: user.unsafe_metadata }),
    })
    const user = fixtures.user()
    await bring(users, user)
    const changed = fixtures.changedUser(user, { first_name: 'Augusta', unsafe_metadata: withKey('$where') })
    expect((await bring(users, changed)).error).toBeUndefined()
    expect(await stored(users, user)).toMatchObject({ firstName: 'Augusta', clerkUpdatedAt: expect.any(Date) })
  })

  it('is in step for reconcile, and is deleted with the user', async () => {
    const users = await db.users({
      onDelete: 'anonymize',
      schema: new Schema({ email: String, meta: { type: Map, of: String } }),
      mapUser: (user) => ({ email: user.email_addresses?.[0]?.email_address, meta: user.unsafe_metadata }),
    })
    const clerk = await createFakeClerk()
    await db.connection.collection('clerk_jobs').deleteMany({})
    try {
      const clerkSync = syncOf(users, { clerk: { secretKey: clerk.secretKey, apiUrl: clerk.url } })
      const user = clerk.users.create({ email_address: 'a@example.com', unsafe_metadata: withKey('a.b') })
      expect(await clerkSync.backfill()).toMatchObject({ created: 1, failed: 0 })
      expect(await clerkSync.reconcile()).toMatchObject({ checked: 1, inStep: 1 })
      await clerkSync.sync(fixtures.userDeleted(user), delivery())
      expect(JSON.stringify(await stored(users, user))).not.toContain('value')
    } finally {
      await clerk.close()
    }
  })
})
