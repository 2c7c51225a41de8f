import { createClerkSync, toPlainUser } from 'clerk-mongo-sync'
import { type ClerkSyncPluginOptions, clerkModel, clerkSyncPlugin } from 'clerk-mongo-sync/mongoose'
import { fixtures } from 'clerk-mongo-sync/testing'
import { Schema } from 'mongoose'
import { describe, expect, it } from 'vitest'
import { useDatabase } from '../../support/database'

const db = useDatabase('password_path')
const required = { type: String, required: true }
let made = 0

/** The path that the plugin of a model uses as the password. */
function passwordPathOf(users: object): string | undefined {
  const { schema } = users as { schema: { options: { clerkSync?: { passwordPath?: string } } } }
  return schema.options.clerkSync?.passwordPath
}

async function outcomes(users: Awaited<ReturnType<typeof db.users>>) {
  const { sync } = createClerkSync({ users, logger: false })
  const { outcome, conflict } = await sync(fixtures.userCreated())
  const local = await users.create({ email: `local${++made}@example.com` } as never).then(
    () => 'stored',
    () => 'refused',
  )
  return { clerk: conflict?.path ?? outcome, local }
}

describe('a required password path is found', () => {
  it.each(['passwordHash', 'password', 'hashedPassword'])(
    'at %s, and required of local accounts only',
    async (path) => {
      const users = await db.users({ definition: { email: String, [path]: required } })
      expect(await outcomes(users)).toEqual({ clerk: 'created', local: 'refused' })
      const doc = await users.create({ email: 'kept@example.com', [path]: 'hash' } as never)
      expect(toPlainUser(doc as object)).not.toHaveProperty(path)
    },
  )

  it('with the hash before the password', async () => {
    const users = await db.users({ definition: { email: String, passwordHash: required, password: String } })
    expect(passwordPathOf(users)).toBe('passwordHash')
  })

  it('with a rule of the app, which still holds for local accounts', async () => {
    const rule = { type: String, required: [(): boolean => true, 'No password.'] }
    const users = await db.users({ definition: { email: String, password: rule } })
    expect(await outcomes(users)).toEqual({ clerk: 'created', local: 'refused' })
    await expect(users.create({ email: 'x@example.com' } as never)).rejects.toThrow('No password.')
    const never = await db.users({ definition: { email: String, password: { type: String, required: () => false } } })
    expect(await outcomes(never)).toEqual({ clerk: 'created', local: 'stored' })
  })

  it('if it was required by a call, or added, after the plugin', async () => {
    const schema = new Schema({ email: String, password: String })
    schema.plugin(clerkSyncPlugin)
    schema.path('password').required(true, 'No password.')
    expect(await outcomes(await db.users({ schema }))).toEqual({ clerk: 'created', local: 'refused' })

    const later = new Schema({ email: String })
    later.plugin(clerkSyncPlugin)
    later.add({ passwordHash: required })
    const users = clerkModel(`Later${++made}`, later, db.connection)
    await users.init()
    expect(await outcomes(users as never)).toEqual({ clerk: 'created', local: 'refused' })
    expect(passwordPathOf(users)).toBe('passwordHash')
  })

  it('in a cloned schema', async () => {
    const schema = new Schema({ email: String })
    schema.plugin(clerkSyncPlugin)
    const clone = schema.clone()
    clone.add({ password: required })
    const users = clerkModel(`Cloned${++made}`, clone, db.connection)
    await users.init()
    expect(await outcomes(users as never)).toEqual({ clerk: 'created', local: 'refused' })
  })
})

describe('no path is taken for a password', () => {
  it.each<[string, Record<string, unknown>, ClerkSyncPluginOptions]>([
    ['that is not required', { password: String }, {}],
    ['that has a default', { password: { type: String, required: true, default: 'none' } }, {}],
    ['that is no String', { password: { type: Buffer, required: true } }, {}],
    ['that is nested', { auth: { password: required } }, {}],
    ['with passwordPath: false', { password: required }, { passwordPath: false }],
  ])('%s', async (_, definition, options) => {
    const users = await db.users({ definition: { email: String, ...definition }, ...options })
    expect(passwordPathOf(users)).toBeUndefined()
  })

  it('with passwordPath: false, and the rule of the app holds for all users', async () => {
    const users = await db.users({ definition: { email: String, password: required }, passwordPath: false })
    expect(await outcomes(users)).toEqual({ clerk: 'password', local: 'refused' })
  })

  it('if the option names another', async () => {
    const definition = { email: String, password: String, secret: required }
    const users = await db.users({ definition, passwordPath: 'secret' })
    expect(passwordPathOf(users)).toBe('secret')
    expect(await outcomes(users)).toEqual({ clerk: 'created', local: 'refused' })
  })
})
