import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { createFakeClerk, fixtures } from 'clerk-mongo-sync/testing'
import { Schema } from 'mongoose'
import { describe, expect, it } from 'vitest'
import { useDatabase } from '../../support/database'
import { stored, syncOf, waysIn } from './ways-in'

const db = useDatabase('rules_not_as_given')
const key = randomBytes(32)

function encrypt(text: string): string {
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, iv)
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return [iv, sealed, cipher.getAuthTag()].map((part) => part.toString('base64')).join(':')
}

function decrypt(text: string): string {
  const [iv, sealed, tag] = text.split(':').map((part) => Buffer.from(part, 'base64')) as [Buffer, Buffer, Buffer]
  return createDecipheriv('aes-256-gcm', key, iv).setAuthTag(tag).update(sealed).toString('utf8')
}

type Query = { getUpdate(): { $set?: Record<string, unknown> }; set(path: string, value: unknown): void }

const salted = (value: unknown) => {
  if (typeof value !== 'string' || value.startsWith('salt$')) return value
  const salt = randomBytes(4).toString('hex')
  return `salt$${salt}$${createHash('sha256')
    .update(salt + value)
    .digest('hex')}`
}

const withHook =
  (change: (query: Query) => void, definition: object = {}) =>
  () => {
    const schema = new Schema({ email: { type: String, unique: true, sparse: true }, firstName: String, ...definition })
    schema.pre(/^(updateOne|findOneAndUpdate)$/, function () {
      change(this as unknown as Query)
    })
    return schema
  }
const withPath = (firstName: object) => () =>
  new Schema({ email: { type: String, unique: true, sparse: true }, firstName: { type: String, ...firstName } })

const hosts: Record<string, () => Schema> = {
  'middleware that encrypts with a random vector, by this.set': withHook((query) => {
    const { $set } = query.getUpdate()
    if (typeof $set?.firstName === 'string') query.set('firstName', encrypt($set.firstName))
  }),
  'middleware that encrypts within $set': withHook((query) => {
    const { $set } = query.getUpdate()
    if (typeof $set?.firstName === 'string') $set.firstName = encrypt($set.firstName)
  }),
  'a setter that encrypts with a random vector, and its getter': withPath({
    set: (value: unknown) => (typeof value === 'string' ? encrypt(value) : value),
    get: (value: unknown) => (typeof value === 'string' && value.includes(':') ? decrypt(value) : value),
  }),
  'a setter that adds salt': withPath({ set: salted }),
  'a getter that masks': withPath({ get: (value: unknown) => (value ? '***' : value) }),
  'an immutable path': withPath({ immutable: true }),
  'a setter that is deterministic': withPath({ set: (value: unknown) => `${value}`.toUpperCase() }),
  'middleware that moves the value to another path': withHook(
    (query) => {
      const { $set } = query.getUpdate()
      if ($set && 'firstName' in $set) {
        $set.hidden = $set.firstName
        delete $set.firstName
      }
    },
    { hidden: String },
  ),
  'validate middleware that tidies the value': () => {
    const schema = new Schema({ email: { type: String, unique: true, sparse: true }, firstName: String })
    schema.pre('validate', function () {
      if (this.get('firstName')) this.set('firstName', `~${String(this.get('firstName')).replace(/^~+/, '')}`)
    })
    return schema
  },
}

const every = Object.entries(hosts).flatMap(([name, host]) =>
  waysIn.map(([way, bring]) => ({ name, host, way, bring })),
)

describe('a value that is not stored as Clerk sent it', () => {
  it.each(every)('is recognised when it arrives again: $name, by $way', async ({ host, bring }) => {
    const users = await db.users({ schema: host() })
    const user = fixtures.user()
    const changed = fixtures.changedUser(user, { first_name: 'Augusta' })
    expect(await bring(users, user)).toMatchObject({ outcome: 'created' })
    const first = await stored(users, user)
    expect(await bring(users, user)).toMatchObject({ outcome: 'duplicate' })
    expect(await stored(users, user)).toEqual(first)
    expect(await bring(users, changed)).toMatchObject({ outcome: 'updated' })
    expect(await bring(users, changed)).toMatchObject({ outcome: 'duplicate' })
    expect(await bring(users, user)).toMatchObject({ outcome: 'stale' })
  })

  it.each(waysIn)(
    'is recognised when it was written with its whole parent, which was null, by %s',
    async (_, bring) => {
      const first = { type: String, set: (value: unknown) => (typeof value === 'string' ? encrypt(value) : value) }
      const users = await db.users({
        definition: { email: String, name: { first } },
        mapUser: ({ first_name }) => ({ 'name.first': first_name }),
      })
      const user = fixtures.user()
      await users.collection.insertOne({ clerkId: user.id, name: null })
      expect(await bring(users, user)).toMatchObject({ outcome: 'updated' })
      const before = await stored(users, user)
      expect(decrypt(before?.name.first)).toBe('Ada')
      expect(await bring(users, user)).toMatchObject({ outcome: 'duplicate' })
      expect(await stored(users, user)).toEqual(before)
    },
  )

  it.each(Object.entries(hosts))('does not make a repeated delivery run a completed hook: %s', async (_, host) => {
    const users = await db.users({ schema: host() })
    const ran: string[] = []
    const clerkSync = syncOf(users, { on: { 'user.created': ({ messageId }) => void ran.push(String(messageId)) } })
    const event = fixtures.userCreated()
    for (const messageId of ['msg_first', 'msg_first', 'msg_resent']) await clerkSync.sync(event, { messageId })
    expect(ran).toEqual(['msg_first'])
  })

  it.each(Object.entries(hosts))('is in step for reconcile, which finds a local change: %s', async (name, host) => {
    const users = await db.users({ schema: host() })
    const clerk = await createFakeClerk()
    await db.connection.collection('clerk_jobs').deleteMany({})
    try {
      clerk.seed(4)
      const clerkSync = syncOf(users, { clerk: { secretKey: clerk.secretKey, apiUrl: clerk.url } })
      await clerkSync.backfill()
      expect(await clerkSync.reconcile()).toMatchObject({ checked: 4, inStep: 4, drift: { changed: 0 } })
      // Written once and never updated, or not there at all.
      if (/immutable|elsewhere/.test(name)) return
      const [user] = clerk.users.values()
      await users.collection.updateOne({ clerkId: user?.id as string }, { $set: { firstName: 'Meddled' } })
      expect(await clerkSync.reconcile({ apply: true })).toMatchObject({
        drift: { changed: 1 },
        after: { inStep: 4 },
      })
    } finally {
      await clerk.close()
    }
  })

  it('cannot be read from its stored fingerprint', async () => {
    const users = await db.users({ schema: (hosts['a setter that adds salt'] as () => Schema)() })
    const user = fixtures.user({ first_name: 'Secretname' })
    await users.upsertFromClerk(user)
    const { firstName: _, ...rest } = { firstName: '', ...(await stored(users, user)) }
    expect(JSON.stringify(rest)).not.toContain('Secretname')
    const plain = createHash('sha256').update('"Secretname"').digest('base64url').slice(0, 22)
    expect(JSON.stringify(rest)).not.toContain(plain)
  })

  it('is not recognised at the next version if the app restores it', async () => {
    const users = await db.users({ schema: (hosts['a setter that adds salt'] as () => Schema)() })
    const user = fixtures.user()
    await users.upsertFromClerk(user)
    const old = (await stored(users, user))?.firstName
    const changed = fixtures.changedUser(user, { first_name: 'Augusta' })
    await users.upsertFromClerk(changed)
    await users.collection.updateOne({ clerkId: user.id }, { $set: { firstName: old } })
    const { outcome } = await users.upsertFromClerk(changed)
    expect(outcome).not.toBe('duplicate')
  })
})

describe('middleware that changes the update', () => {
  const changes: Record<string, [change: (query: Query & Record<string, never>) => void, stored: object]> = {
    'takes a path out of $set': [
      (query) => {
        delete query.getUpdate().$set?.lastName
      },
      { firstName: 'Ada' },
    ],
    'sets a path of the app by this.set': [(query) => query.set('shout', 'ADA'), { shout: 'ADA', firstName: 'Ada' }],
    'counts with $inc': [
      (query) => {
        Object.assign(query.getUpdate(), { $inc: { writes: 1 } })
      },
      { writes: 1, firstName: 'Ada' },
    ],
    'adds to a list with $addToSet': [
      (query) => {
        Object.assign(query.getUpdate(), { $addToSet: { seen: 'clerk' } })
      },
      { seen: ['clerk'], firstName: 'Ada' },
    ],
    'replaces the whole update': [
      (query) => {
        const update = query.getUpdate()
        ;(query as unknown as { setUpdate(update: object): void }).setUpdate({
          ...update,
          $set: { ...update.$set, shout: 'all' },
        })
      },
      { shout: 'all', firstName: 'Ada' },
    ],
    'overwrites a path of ours': [(query) => query.set('firstName', 'ADA'), { firstName: 'ADA' }],
    'adds a path beneath one of ours': [(query) => query.set('meta.seen', true), { firstName: 'Ada' }],
    'tries to change the Clerk id': [
      (query) => {
        query.set('clerkId', 'user_other')
        query.set('clerkUpdatedAt', new Date(0))
      },
      { firstName: 'Ada', syncStatus: 'active' },
    ],
    'adds to $setOnInsert': [
      (query) => {
        Object.assign(query.getUpdate(), { $setOnInsert: { origin: 'hook' } })
      },
      { firstName: 'Ada', origin: 'hook', plan: 'free' },
    ],
    'empties the update': [
      (query) => {
        ;(query as unknown as { setUpdate(update: object): void }).setUpdate({})
      },
      { syncStatus: undefined },
    ],
  }

  it.each(
    Object.entries(changes).flatMap(([name, [change, expected]]) =>
      waysIn.map(([way, bring]) => ({ name, change, expected, way, bring })),
    ),
  )('$name: keeps both changes and does not loop, by $way', async ({ name, change, expected, bring }) => {
    const schema = withHook(change as never, {
      lastName: String,
      shout: String,
      writes: Number,
      seen: { type: [String], default: undefined },
      origin: String,
      plan: { type: String, default: 'free' },
      meta: { type: Object },
    })()
    const users = await db.users({
      schema,
      mapUser: (user) => ({
        email: user.email_addresses?.[0]?.email_address,
        firstName: user.first_name,
        lastName: user.last_name,
        meta: { plan: 'pro' },
      }),
    })
    const user = fixtures.user()
    const { outcome, error } = await bring(users, user)
    if (name === 'empties the update')
      return expect(error?.code ?? outcome).toMatch(/created|conflict|host_code_failed/)
    expect({ outcome, error }).toEqual({ outcome: 'created', error: undefined })
    const doc = await stored(users, user)
    expect(doc).toMatchObject({ ...expected, clerkId: user.id, clerkUpdatedAt: new Date(user.updated_at as number) })
    if (name === 'takes a path out of $set') expect(doc).not.toHaveProperty('lastName')
    expect((await bring(users, fixtures.changedUser(user))).outcome).toBe('updated')
    return expect((await stored(users, user))?.clerkId).toBe(user.id)
  })

  it('runs for our writes if it is registered for documents and queries', async () => {
    const schema = new Schema({ email: String, ran: Number })
    schema.pre('updateOne', { document: true, query: true }, function () {
      ;(this as unknown as Query).set('ran', 1)
    })
    const users = await db.users({ schema })
    const user = fixtures.user()
    await users.upsertFromClerk(user)
    expect(await stored(users, user)).toMatchObject({ ran: 1 })
  })
})
