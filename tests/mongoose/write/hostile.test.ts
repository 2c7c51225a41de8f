import { type ClerkUserJSON, createClerkSync, isClerkSyncError, verifyClerkWebhook } from 'clerk-mongo-sync'
import { fixtures, signClerkWebhook } from 'clerk-mongo-sync/testing'
import { Schema } from 'mongoose'
import { describe, expect, it } from 'vitest'
import { useDatabase } from '../../support/database'

const db = useDatabase('hostile')
const signingSecret = 'whsec_plJ3nmyCDGBKInavdOK15jsl'

/** Delivers a signed body to the handler, so that any JSON can be tested. */
async function deliver(users: Awaited<ReturnType<typeof db.users>>, body: string) {
  const clerkSync = createClerkSync({ users, signingSecret })
  const { headers } = signClerkWebhook(body, { signingSecret })
  const response = await clerkSync.handler(new Request('http://localhost', { method: 'POST', headers, body }))
  return { status: response.status, body: await response.json() }
}

const eventText = (data: object, type = 'user.created') => JSON.stringify({ object: 'event', type, data })

const profile = () =>
  db.users({
    schema: new Schema({
      email: String,
      username: String,
      firstName: String,
      lastName: String,
      role: { type: String, default: 'user' },
      meta: {},
      unsafe: Schema.Types.Mixed,
    }),
    mapUser: (user: ClerkUserJSON) => ({
      firstName: user.first_name,
      meta: user.public_metadata,
      unsafe: user.unsafe_metadata,
    }),
  })

describe('text that could be an operator or a path', () => {
  const texts = [
    '$set',
    '$password',
    '$where: 1',
    'a.b',
    '__proto__',
    'constructor',
    '{"$gt":""}',
    '\u0000',
    '👩🏽‍🚀 Ωλ',
    '\ud800',
    'x'.repeat(8192),
  ]

  it.each(texts)('%j is stored as text in every field', async (text) => {
    const users = await db.users({
      definition: { username: String, firstName: String, lastName: String, email: String },
    })
    const user = fixtures.user({ username: text, first_name: text, last_name: text, image_url: text, email: text })
    expect((await deliver(users, eventText(user))).status).toBe(200)
    const doc = await users.collection.findOne({ clerkId: user.id })
    // MongoDB stores UTF-8, which cannot encode half a surrogate pair.
    const stored = Buffer.from(text).toString()
    expect(doc).toMatchObject({
      username: stored,
      firstName: stored,
      lastName: stored,
      imageUrl: stored,
      email: stored,
    })
  })
})

describe('metadata', () => {
  const nasty = `{"$set":{"role":"admin"},"a.b":1,"$where":"sleep(1)","constructor":{"prototype":{"polluted":1}},"__proto__":{"polluted":true},"deep":{"$inc":{"x":1},"x.y":[{"$ne":null}]},"emoji":"🦊","null":null}`

  it('full of operators, paths and prototypes is stored as it is, never executed', async () => {
    const users = await profile()
    const user = fixtures.user()
    const body = eventText(user)
      .replace('"public_metadata":{}', `"public_metadata":${nasty}`)
      .replace('"unsafe_metadata":{}', `"unsafe_metadata":${nasty}`)
    expect(body).toContain('"$where"')
    const { status } = await deliver(users, body)
    expect(status).toBe(200)
    const doc = await users.collection.findOne({ clerkId: user.id })
    expect(doc?.role).toBe('user')
    expect(doc?.meta).toMatchObject({ $set: { role: 'admin' }, 'a.b': 1, emoji: '🦊' })
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })

  it('of 8 KB is stored whole', async () => {
    const users = await profile()
    const meta = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`key${i}`, 'x'.repeat(30)]))
    const user = fixtures.user({ public_metadata: meta })
    expect((await deliver(users, eventText(user))).status).toBe(200)
    expect((await users.collection.findOne({ clerkId: user.id }))?.meta).toEqual(meta)
  })

  it('spread by a careless mapUser writes no internal path, unknown path or operator', async () => {
    const users = await db.users({
      definition: { firstName: String },
      mapUser: (user: ClerkUserJSON) => ({ firstName: user.first_name, ...user.unsafe_metadata }),
    })
    const spread = {
      clerkId: 'user_victim',
      _id: 'x',
      $set: { firstName: 'Evil' },
      clerkUpdatedAt: 0,
      syncStatus: 'active',
      nosuch: 1,
      'firstName.$x': 1,
    }
    const user = fixtures.user({ unsafe_metadata: spread })
    expect((await deliver(users, eventText(user))).status).toBe(200)
    const doc = await users.collection.findOne({ clerkId: user.id })
    expect(doc).toMatchObject({ firstName: 'Ada', clerkUpdatedAt: new Date(user.updated_at as number) })
    expect(doc).not.toHaveProperty('nosuch')
  })
})

describe('fields of the wrong type', () => {
  const kinds: [string, unknown][] = [
    ['null', null],
    ['an object', { $gt: '' }],
    ['an array', [['$ne', null]]],
    ['a number', 7],
    ['a boolean', true],
  ]

  it.each(kinds)('%s everywhere are treated as missing', async (_, value) => {
    const users = await db.users()
    const { id } = fixtures.user()
    const fields = [
      'username',
      'first_name',
      'last_name',
      'image_url',
      'primary_email_address_id',
      'email_addresses',
      'updated_at',
      'created_at',
      'public_metadata',
    ]
    const data = { ...Object.fromEntries(fields.map((field) => [field, value])), id }
    expect(await deliver(users, eventText(data))).toMatchObject({ status: 200, body: { outcome: 'created' } })
    const doc = await users.collection.findOne({ clerkId: id })
    for (const path of ['username', 'firstName', 'lastName', 'email', 'imageUrl']) expect(doc).not.toHaveProperty(path)
  })

  it.each([{ $gt: '' }, { $ne: null }, ['user_1'], 7, true, '', null])('an id that is %j is refused', async (id) => {
    const users = await db.users()
    for (const type of ['user.created', 'user.updated']) {
      expect(await deliver(users, eventText({ id }, type))).toMatchObject({
        status: 400,
        body: { error: { code: 'not_a_clerk_event' } },
      })
    }
    if (id !== null) expect((await deliver(users, eventText({ id }, 'user.deleted'))).status).toBe(400)
    expect(await users.collection.countDocuments()).toBe(0)
    await expect(users.upsertFromClerk({ id } as never)).rejects.toSatisfy(isClerkSyncError)
  })

  it.each([{ $ne: null }, { $gt: '' }, null, undefined, '', 7, ['user_1']])(
    'findByClerkId(%j) returns null',
    async (id) => {
      const users = await db.users()
      await users.create(fixtures.localUser())
      await deliver(users, eventText(fixtures.user()))
      expect(await users.findByClerkId(id as never)).toBeNull()
    },
  )
})

describe('a body that JSON.parse and JSON.stringify change', () => {
  it('is verified by its bytes and stored by its meaning', async () => {
    const users = await db.users()
    const { id } = fixtures.user()
    const body = `{ "type" : "user.created",\n "data": {"first_name":"\\u003cAda\\u003e","id":"${id}","image_url":"https:\\/\\/img","updated_at":1.7e12,"public_metadata":{"b":1,"10":2,"9":1.0}} }`
    expect(JSON.stringify(JSON.parse(body))).not.toBe(body)
    expect((await deliver(users, body)).status).toBe(200)
    const expected = { firstName: '<Ada>', imageUrl: 'https://img', clerkUpdatedAt: new Date(1.7e12) }
    expect(await users.collection.findOne({ clerkId: id })).toMatchObject(expected)
    const { headers } = signClerkWebhook(body, { signingSecret })
    await expect(
      verifyClerkWebhook(JSON.stringify(JSON.parse(body)), headers, { signingSecret }),
    ).rejects.toMatchObject({ code: 'no_matching_signature' })
  })
})
