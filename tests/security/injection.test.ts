import { createClerkSync } from 'clerk-mongo-sync'
import { fixtures, signClerkWebhook } from 'clerk-mongo-sync/testing'
import { Schema } from 'mongoose'
import { afterEach, expect, test } from 'vitest'
import { type TestModel, useDatabase } from '../support/database'
import { signingSecret } from './adapters'

const db = useDatabase('security_injection')

/** As JSON, because `__proto__` in an object literal is not a key. */
const poisons: Record<string, string> = {
  'a comparison': '{"$gt":""}',
  'a pipeline': '[{"$set":{"role":"admin"}}]',
  'an update': '{"$set":{"role":"admin"},"$unset":{"email":1}}',
  'an expression': '{"$function":{"body":"while(1);","args":[],"lang":"js"}}',
  'a prototype': '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}',
  'extended JSON': '{"$oid":"507f1f77bcf86cd799439011","_bsontype":"ObjectId"}',
  'a toString of its own': '{"toString":"x","valueOf":1,"toJSON":null,"length":-1,"then":1}',
  'a text like an operator': '"$role"',
}

/** The paths of all values in a JSON value, including the value itself. */
function pathsOf(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [path]
  return [path, ...Object.entries(value).flatMap(([key, inner]) => pathsOf(inner, [...path, key]))]
}

const MARK = '"<poison>"'

/** The value as JSON, with the payload at the path. */
function poisoned(value: unknown, path: string[], poison: string): string {
  const copy = structuredClone(value)
  const [last = '', ...front] = [...path].reverse()
  const holder = front.reverse().reduce<unknown>((inner, key) => (inner as Record<string, unknown>)[key], copy)
  ;(holder as Record<string, unknown>)[last] = JSON.parse(MARK)
  return JSON.stringify(copy).replace(MARK, poison)
}

const isPlain = (value: unknown) => value === null || typeof value !== 'object' || value instanceof Date

async function modelWithBystanders() {
  // Mixed paths accept any value, so mongoose's casting does not help there.
  const open = { firstName: Schema.Types.Mixed, lastName: Schema.Types.Mixed }
  const schema = new Schema({ email: String, username: String, role: String, ...open })
  schema.index({ email: 1 }, { unique: true, sparse: true })
  const users = await db.users({ schema, linkBy: 'verified-email' })
  await users.create(fixtures.localUser(), fixtures.localUser())
  await users.upsertFromClerk(fixtures.user({ email: 'bystander@example.com', username: 'bystander' }))
  return users
}

const stored = async (users: TestModel) => users.collection.find().sort({ _id: 1 }).toArray()

afterEach(() => {
  const polluted: Record<string, unknown> = {}
  expect(polluted.polluted).toBeUndefined()
  expect(Object.keys(Object.prototype)).toEqual([])
})

const whole = fixtures.userUpdated(fixtures.oauthUser({ username: 'mallory' }))
const events = [whole, fixtures.userDeleted(whole.data)]

test.each(Object.entries(poisons))(
  '%s in any field of an event affects no other user and is stored in no internal path',
  async (_, poison) => {
    const users = await modelWithBystanders()
    const bystanders = await stored(users)
    const { handler } = createClerkSync({ users, signingSecret, instanceId: fixtures.instanceId })
    const isBystander = ({ _id }: { _id: unknown }) => bystanders.some((one) => one._id.equals(_id as never))
    let version = whole.data.updated_at ?? 0
    let applied = 0
    for (const event of events) {
      for (const path of pathsOf(event).slice(1)) {
        // A newer version each time; otherwise only the first would be applied.
        version += 1_000
        const newer = event === whole ? { ...whole, data: { ...whole.data, updated_at: version } } : event
        const { headers, body } = signClerkWebhook(poisoned(newer, path, poison), { signingSecret })
        const answer = await handler(new Request('http://localhost/', { method: 'POST', headers, body }))
        expect([200, 400], path.join('.')).toContain(answer.status)
        if ((await answer.json()).outcome === 'updated') applied++
        for (const { _id, ...doc } of (await stored(users)).filter((one) => !isBystander(one))) {
          expect([whole.data.id, '$role']).toContain(doc.clerkId)
          for (const [key, value] of Object.entries(doc))
            expect(isPlain(value), `${path.join('.')} in ${key}`).toBe(true)
          expect(doc).not.toHaveProperty('role')
        }
      }
    }
    expect(applied).toBeGreaterThan(50)
    expect((await stored(users)).filter(isBystander)).toEqual(bystanders)
  },
)

test('keys of an event that look like ours, like operators or like prototypes are not read', async () => {
  const users = await modelWithBystanders()
  const { handler } = createClerkSync({ users, signingSecret })
  const keys = [
    'clerkId',
    '_id',
    'role',
    'authProvider',
    'syncStatus',
    '$set',
    '$where',
    'a.b',
    '__proto__',
    'constructor',
    'messageId',
    'save',
    '$__',
  ]
  const extra = keys.map((key) => `${JSON.stringify(key)}:{"role":"admin","polluted":true}`).join()
  const text = JSON.stringify(whole)
  const body = text.replace('"data":{', `"data":{${extra},`).replace('{', `{${extra},`)
  const { headers } = signClerkWebhook(body, { signingSecret })
  const answer = await handler(new Request('http://localhost/', { method: 'POST', headers, body }))
  expect(await answer.json()).toEqual({ outcome: 'created' })
  const own = await users.collection.findOne({ clerkId: whole.data.id })
  expect(own).not.toHaveProperty('role')
  expect(own).toMatchObject({ username: 'mallory', authProvider: 'clerk', syncStatus: 'active' })
})
