import { type ClerkSyncOptions, createClerkSync, type MapUser, primaryEmail } from 'clerk-mongo-sync'
import { type ClerkSyncPluginOptions, clerkSyncPlugin } from 'clerk-mongo-sync/mongoose'
import { Schema } from 'mongoose'
import { describe, expect, it } from 'vitest'
import { useDatabase } from '../support/database'
import { person } from './person'
import { recorder } from './recorder'

const db = useDatabase('apps_start_up')
const text = { type: String }
const email = { ...text, unique: true, sparse: true }

/** A schema with which no user, or not every user, can be stored. */
interface Unfit {
  name: string
  definition: Record<string, unknown>
  options?: ClerkSyncPluginOptions
  path: string
  /** What the message must contain besides the path. */
  remedy: RegExp
}

describe('a schema that no user from Clerk fits', () => {
  const unfits: Unfit[] = [
    {
      name: 'a photo is required, and the image goes to imageUrl',
      definition: { email, photo: { ...text, required: true } },
      path: 'photo',
      remedy: /paths|map|default/,
    },
    {
      name: 'a telephone number is required, and nothing maps it',
      definition: { email, profile: { phone: { ...text, required: true } } },
      path: 'profile.phone',
      remedy: /map|default/,
    },
    {
      name: 'the finding of a password is switched off',
      definition: { email, passwordHash: { ...text, required: true } },
      // The types of an older version do not have `false`.
      options: { passwordPath: false } as unknown as ClerkSyncPluginOptions,
      path: 'passwordHash',
      remedy: /passwordPath/,
    },
    {
      name: 'an enum refuses what mapUser returns for every user',
      definition: { email, role: { ...text, enum: ['buyer', 'seller'], required: true } },
      options: { mapUser: () => ({ role: 'member' }) },
      path: 'role',
      remedy: /enum|refuse|map/i,
    },
  ]

  const named = unfits.map((unfit) => [unfit.name, unfit] as const)

  it.each(named)(
    '%s: logs an error at start-up that names path and remedy',
    async (_, { definition, options, path, remedy }) => {
      const users = await db.users({ definition, ...options })
      const { logger, entries } = recorder()
      createClerkSync({ users, logger })
      const errors = entries.filter(({ level }) => level === 'error')
      expect(errors).toMatchObject([{ path, message: expect.stringMatching(remedy) }])
    },
  )

  it.each(named)(
    '%s: makes strict start-up throw, and doctor reports a problem',
    async (_, { definition, options, path }) => {
      const users = await db.users({ definition, ...options })
      const strict: Partial<ClerkSyncOptions> & { strict: boolean } = { strict: true }
      expect(() => createClerkSync({ users, ...strict })).toThrow(
        expect.objectContaining({ code: 'schema_unfit', message: expect.stringContaining(path) }),
      )
      const findings = await createClerkSync({ users, logger: recorder().logger }).diagnose()
      expect(findings).toContainEqual(
        expect.objectContaining({ verdict: 'problem', message: expect.stringContaining(path) }),
      )
    },
  )

  it.each(named)('%s: makes each delivery a conflict with one log line', async (_, { definition, options, path }) => {
    const users = await db.users({ definition, ...options })
    const { logger, entries } = recorder()
    const clerkSync = createClerkSync({ users, logger })
    entries.splice(0)
    const result = await clerkSync.sync({ type: 'user.created', data: person() }, { messageId: 'msg_unfit' })
    expect(result).toMatchObject({ outcome: 'conflict', conflict: { code: 'host_rule', path } })
    expect(entries.filter(({ level }) => level === 'warn' || level === 'error')).toHaveLength(1)
    expect(await users.collection.countDocuments()).toBe(0)
  })
})

describe('a unique index at a path that nothing fills', () => {
  const forms = {
    'without a default': { ...text, unique: true },
    'with the default empty': { ...text, unique: true, default: '' },
    'with the default null': { ...text, unique: true, default: null },
  }

  it.each(Object.entries(forms))(
    '%s: is reported at start-up and by doctor before it refuses users',
    async (_, walletAddress) => {
      const users = await db.users({ definition: { email, walletAddress } })
      const { logger, entries } = recorder()
      const clerkSync = createClerkSync({ users, logger })
      const told = entries.filter(({ level }) => level === 'warn' || level === 'error')
      expect(told).toMatchObject([{ path: 'walletAddress', message: expect.stringMatching(/unique|index/) }])
      const findings = await clerkSync.diagnose()
      expect(findings.filter(({ message }) => message.includes('walletAddress'))).toMatchObject([
        { verdict: expect.toBeOneOf(['warning', 'problem']), remedy: expect.any(String) },
      ])
      for (const data of [person(), person()]) await clerkSync.sync({ type: 'user.created', data })
      const third = await clerkSync.sync({ type: 'user.created', data: person() })
      expect(third).toMatchObject({ outcome: 'conflict', conflict: { path: 'walletAddress' } })
    },
  )

  it('is reported by doctor if it is left over from a renamed field', async () => {
    const users = await db.users({ definition: { email } })
    await users.collection.createIndex({ nickname: 1 }, { unique: true })
    const findings = await createClerkSync({ users, logger: recorder().logger }).diagnose()
    expect(findings.filter(({ message }) => message.includes('nickname'))).toMatchObject([
      { verdict: expect.toBeOneOf(['warning', 'problem']) },
    ])
  })
})

describe('an app that already uses our names', () => {
  it.each([
    ['imageUrl', { small: text, large: text }],
    ['authProvider', { name: text, id: text }],
    ['syncStatus', { crm: text, mail: text }],
    ['syncError', { at: Date, message: text }],
    ['clerkId', { id: text, instance: text }],
    ['lastClerkSync', { at: Date }],
  ])('is refused if the name is a nested object (%s), with the option paths', async (name, nested) => {
    const started = async () => createClerkSync({ users: await db.users({ definition: { email, [name]: nested } }) })
    await expect(started()).rejects.toMatchObject({
      code: 'schema_unfit',
      message: expect.stringMatching(new RegExp(`(?=.*${name})(?=.*paths)`, 's')),
    })
  })

  it('can move our paths elsewhere if the name is a nested object', async () => {
    const definition = { email, imageUrl: { small: { ...text, default: 'blank.png' }, large: text } }
    const users = await db.users({ definition, paths: { imageUrl: 'clerkImage' } })
    const data = person()
    await createClerkSync({ users }).sync({ type: 'user.created', data })
    const raw = await users.collection.findOne({ clerkId: data.id })
    expect(raw).toMatchObject({ clerkImage: data.image_url, imageUrl: { small: 'blank.png' } })
  })

  it.each(['findByClerkId', 'createClerkUser', 'updateFromClerkData', 'upsertFromClerk', 'deleteFromClerk'])(
    'is refused if the name is a static (%s), in either order',
    async (name) => {
      for (const side of ['before', 'after']) {
        const schema = new Schema({ email })
        const start = async () => {
          if (side === 'after') schema.plugin(clerkSyncPlugin)
          schema.static(name, () => 'of the app')
          return createClerkSync({ users: await db.users({ schema }) })
        }
        const refusal = { code: 'schema_unfit', message: expect.stringContaining(name) }
        await expect(start(), side).rejects.toMatchObject(refusal)
      }
    },
  )

  it.each(['jobs', 'pushes', 'diagnose', 'checkFit', 'deliveryLog', 'clerkIdOf'])(
    'keeps a static with the name of an internal one (%s), and ours works',
    async (name) => {
      for (const side of ['before', 'after']) {
        const schema = new Schema({ email })
        if (side === 'after') schema.plugin(clerkSyncPlugin)
        schema.static(name, () => 'of the app')
        const users = await db.users({ schema })
        const clerkSync = createClerkSync({ users, logger: recorder().logger })
        const result = await clerkSync.sync(
          { type: 'user.created', data: person() },
          { messageId: `msg_${side}_${name}` },
        )
        expect(result, side).toMatchObject({ outcome: 'created' })
        expect(await clerkSync.diagnose(), side).toContainEqual(
          expect.objectContaining({ check: 'id_index', verdict: 'ok' }),
        )
        expect(Reflect.get(users, name)(), side).toBe('of the app')
      }
    },
  )
})

describe('a rule of the app', () => {
  it('is refused at start-up if it is an async mapUser', async () => {
    const users = await db.users({ definition: { email } })
    // TypeScript refuses it, but JavaScript apps can pass it.
    const mapUser = (async () => ({ email: 'a@example.com' })) as unknown as () => Record<string, unknown>
    expect(() => createClerkSync({ users, mapUser })).toThrow(
      expect.objectContaining({ code: 'schema_unfit', message: expect.stringMatching(/mapUser.*(promise|async)/is) }),
    )
  })

  it('is warned of at start-up if it is a mapUser that throws for some users', async () => {
    const users = await db.users({ definition: { email } })
    const { logger, entries } = recorder()
    const mapUser: MapUser = (user) => ({ email: primaryEmail(user)?.toLowerCase() ?? fail() })
    createClerkSync({ users, mapUser, logger })
    expect(entries).toContainEqual(expect.objectContaining({ message: expect.stringContaining('mapUser') }))
  })
})

function fail(): never {
  throw new TypeError('There is no address.')
}
