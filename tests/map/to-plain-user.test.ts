import { toPlainUser } from 'clerk-mongo-sync'
import { clerkModel, clerkSyncPlugin } from 'clerk-mongo-sync/mongoose'
import { fixtures } from 'clerk-mongo-sync/testing'
import mongoose, { Schema, Types } from 'mongoose'
import { describe, expect, expectTypeOf, it } from 'vitest'

const schema = new Schema({
  email: String,
  passwordHash: { type: String, required: true },
  born: Date,
  owner: Schema.Types.ObjectId,
  friends: [Schema.Types.ObjectId],
  prefs: { type: Map, of: String },
  visits: [{ at: Date, page: String }],
  address: { city: String, moved: Date },
  balance: Schema.Types.Decimal128,
  ratio: Schema.Types.Double,
  big: BigInt,
  avatar: Buffer,
  device: Schema.Types.UUID,
  anything: Schema.Types.Mixed,
})
schema.method('greet', () => 'hello')
schema.plugin(clerkSyncPlugin, { passwordPath: 'passwordHash' })
const User = clerkModel('PlainUser', schema, mongoose.createConnection())

const owner = new Types.ObjectId()
const born = new Date('1815-12-10T00:00:00.000Z')
const device = '09190f70-3d30-41e5-8814-0f4df9a59c41'

function document() {
  const doc = new User({
    ...fixtures.localUser({ email: 'ada@example.com' }),
    passwordHash: 'scrypt$secret',
    born,
    owner,
    friends: [owner],
    prefs: { theme: 'dark' },
    visits: [{ at: born, page: '/' }],
    address: { city: 'London', moved: born },
    balance: '10.50',
    ratio: 1.5,
    big: 9_007_199_254_740_993n,
    avatar: Buffer.from('png'),
    device,
    anything: { at: born, id: owner, run: () => {} },
  })
  doc.set('clerkHooksDue', ['msg_1'])
  doc.set('clerkId', 'user_1')
  return doc
}

const expected = {
  email: 'ada@example.com',
  born: born.toISOString(),
  owner: owner.toHexString(),
  friends: [owner.toHexString()],
  prefs: { theme: 'dark' },
  address: { city: 'London', moved: born.toISOString() },
  balance: '10.50',
  ratio: 1.5,
  big: '9007199254740993',
  avatar: btoa('png'),
  device,
  anything: { at: born.toISOString(), id: owner.toHexString() },
  clerkId: 'user_1',
  authProvider: 'local',
}

describe('toPlainUser', () => {
  it('returns a document as plain values, with ids and dates as text', () => {
    const plain = toPlainUser(document())
    expect(plain).toMatchObject(expected)
    expect(plain.visits).toMatchObject([
      { at: born.toISOString(), page: '/', _id: expect.stringMatching(/^[0-9a-f]{24}$/) },
    ])
  })

  it('returns a lean result in the same form', () => {
    expect(toPlainUser(document().toObject())).toMatchObject(expected)
  })

  it('returns what reaches a client unchanged', () => {
    const plain = toPlainUser(document())
    expect(structuredClone(plain)).toEqual(plain)
    expect(JSON.parse(JSON.stringify(plain))).toEqual(plain)
    for (const inner of [plain, plain.address, plain.prefs]) expect(Object.getPrototypeOf(inner)).toBe(Object.prototype)
  })

  it('omits the password and our own marks', () => {
    const doc = document()
    const said = JSON.stringify(toPlainUser(doc))
    expect(doc.get('passwordHash')).toContain('secret')
    for (const hidden of ['secret', 'passwordHash', 'clerkHooksDue', '__v']) expect(said).not.toContain(hidden)
    expect(JSON.stringify(toPlainUser({ __v: 0, clerkHooksDue: ['msg_1'], clerkPushToken: 'x' }))).toBe('{}')
  })

  it('omits from a lean result every path that is private in the schema', () => {
    const lean = document().toObject()
    const { privatePaths } = schema.get('clerkSync' as never) as { privatePaths: string[] }
    // Which path the password is at, only a document knows.
    const ours = privatePaths.filter((path) => path !== 'passwordHash')
    expect(ours.length).toBeGreaterThan(5)
    const marked = Object.fromEntries(ours.map((path) => [path, 'ours']))
    expect(Object.keys(toPlainUser({ ...lean, ...marked })).filter((path) => path in marked)).toEqual([])
  })

  it('leaves the document unchanged', () => {
    const doc = document()
    toPlainUser(doc)
    expect(doc.get('passwordHash')).toBe('scrypt$secret')
    expect(doc.get('born')).toEqual(born)
  })

  it('treats a key named __proto__ as a key', () => {
    const plain = toPlainUser(JSON.parse('{"unsafe":{"__proto__":{"polluted":1}}}') as { unsafe: object })
    expect(Object.getPrototypeOf(plain.unsafe)).toBe(Object.prototype)
    expect(JSON.stringify(plain)).toBe('{"unsafe":{"__proto__":{"polluted":1}}}')
  })

  it('returns bytes as base64', () => {
    expect(toPlainUser({ buffer: Buffer.from('png'), bytes: new Uint8Array([255]) })).toEqual({
      buffer: 'cG5n',
      bytes: '/w==',
    })
  })

  it('returns null for an invalid date', () => {
    expect(toPlainUser({ at: new Date(Number.NaN) })).toEqual({ at: null })
  })
})

describe('the type of toPlainUser', () => {
  it('describes each value of a document', () => {
    const plain = toPlainUser(document())
    expectTypeOf(plain.email).toEqualTypeOf<string | null | undefined>()
    expectTypeOf(plain.born).toEqualTypeOf<string | null | undefined>()
    expectTypeOf(plain.owner).toEqualTypeOf<string | null | undefined>()
    expectTypeOf(plain._id).toEqualTypeOf<string>()
    expectTypeOf(plain.clerkId).toEqualTypeOf<string | undefined>()
    expectTypeOf(plain.address?.moved).toEqualTypeOf<string | null | undefined>()
    expectTypeOf(plain.balance).toEqualTypeOf<string | null | undefined>()
    expectTypeOf(plain).not.toHaveProperty('save')
  })

  it('accepts what toObject returns, and other documents', () => {
    const plain = toPlainUser({ toObject: () => ({ at: born }) })
    expectTypeOf(plain).toEqualTypeOf<{ at: string }>()
    expect(plain).toEqual({ at: born.toISOString() })
  })

  it('describes each value of a plain object', () => {
    const id = { toHexString: () => 'x' }
    const plain = toPlainUser({
      id,
      at: born,
      tags: new Map([['a', born]]),
      deep: [{ at: born }],
      run: () => {},
      big: 1n,
    })
    expectTypeOf(plain).toEqualTypeOf<{
      id: string
      at: string
      tags: Record<string, string>
      deep: { at: string }[]
      big: string
    }>()
  })
})
