import { clerkSyncPlugin } from 'clerk-mongo-sync/mongoose'
import { fixtures } from 'clerk-mongo-sync/testing'
import { Schema } from 'mongoose'
import { describe, expect, it } from 'vitest'
import { useDatabase } from '../../support/database'
import { delivery, stored, syncOf, waysIn } from './ways-in'

const db = useDatabase('rules_first_contact')
const required = { type: String, required: true }

function listening() {
  const lines: { level: string; text: string }[] = []
  const at = (level: string) => (fields: object, problem: string) =>
    void lines.push({ level, text: JSON.stringify({ ...fields, problem }) })
  return { lines, logger: { debug: () => {}, info: () => {}, warn: at('warn'), error: at('error') } }
}

describe('a required password of the app', () => {
  const forms: Record<string, object> = {
    passwordHash: { email: String, passwordHash: required },
    password: { email: String, password: { type: String, required: [true, 'A password!'], select: false } },
    hashedPassword: { email: String, hashedPassword: required },
    'passwordHash, with a rule for its length': { email: String, passwordHash: { ...required, minlength: 20 } },
  }

  it.each(Object.entries(forms).flatMap(([name, form]) => waysIn.map(([way, bring]) => ({ name, form, way, bring }))))(
    'is found without the option and required of local accounts only: $name, by $way',
    async ({ form, bring }) => {
      const users = await db.users({ schema: new Schema(form) })
      expect(await bring(users, fixtures.user())).toMatchObject({ outcome: 'created' })
      await expect(users.create({ email: 'local@example.com' })).rejects.toThrow(/password/i)
    },
  )
})

describe('a required path that nothing fills', () => {
  const schema = () => new Schema({ email: String, company: required })

  it('is logged at start-up as an error that names path and remedy', async () => {
    const users = await db.users({ schema: schema() })
    const { lines, logger } = listening()
    syncOf(users, { logger })
    expect(lines).toMatchObject([{ level: 'error', text: expect.stringMatching(/company.*(default|map)/s) }])
  })

  it('makes start-up throw with strict: true', async () => {
    const users = await db.users({ schema: schema() })
    expect(() => syncOf(users, { strict: true })).toThrow(
      expect.objectContaining({ code: 'schema_unfit', message: expect.stringContaining('company') }),
    )
  })

  it.each(waysIn)('is a conflict that names it, by %s', async (_, bring) => {
    const users = await db.users({ schema: schema() })
    const user = fixtures.user()
    expect(await bring(users, user)).toMatchObject({ outcome: 'conflict', conflict: { path: 'company' } })
    expect(await stored(users, user)).toBeNull()
  })

  it('is named in one log line per delivery that stored nothing', async () => {
    const users = await db.users({ schema: schema() })
    const { lines, logger } = listening()
    const clerkSync = syncOf(users, { logger })
    lines.splice(0)
    for (let count = 0; count < 3; count++) await clerkSync.sync(fixtures.userCreated(), delivery())
    expect(lines).toHaveLength(3)
    for (const { text } of lines) expect(text).toContain('company')
  })
})

const unfitFor: Record<string, { path: RegExp; schema: () => Schema }> = {
  'a required path that nothing fills': {
    path: /company/,
    schema: () => new Schema({ email: String, company: required }),
  },
  'a validator that refuses every user': {
    path: /firstName/,
    schema: () => new Schema({ email: String, firstName: { type: String, validate: async () => false } }),
  },
  'a validator that throws': {
    path: /firstName/,
    schema: () =>
      new Schema({
        email: String,
        firstName: {
          type: String,
          validate() {
            throw new TypeError('not here')
          },
        },
      }),
  },
  'middleware that throws': {
    path: /updateOne/,
    schema: () => {
      const schema = new Schema({ email: String })
      schema.pre('updateOne', () => {
        throw new Error('not here')
      })
      return schema
    },
  },
  'a unique index that counts missing values': {
    path: /walletAddress/,
    schema: () => new Schema({ email: String, walletAddress: { type: String, unique: true } }),
  },
}

describe('doctor', () => {
  it.each(Object.entries(unfitFor))('does not accept it: %s', async (_, { path, schema }) => {
    const users = await db.users({ schema: schema() })
    const findings = await syncOf(users).diagnose({ probe: true })
    const told = findings.filter(({ verdict }) => verdict !== 'ok')
    expect(told.map(({ message, remedy }) => `${message} ${remedy}`).join('\n')).toMatch(path)
    expect(await users.collection.countDocuments()).toBe(0)
  })

  it('accepts a schema that fits', async () => {
    const users = await db.users({ definition: { email: { type: String, unique: true, sparse: true }, plan: String } })
    const findings = await syncOf(users).diagnose({ probe: true })
    expect(await users.collection.countDocuments()).toBe(0)
    expect(findings.filter(({ verdict, check }) => verdict !== 'ok' && !/secret|clerk/.test(check))).toEqual([])
  })
})

describe('a schema that refuses what the plugin needs', () => {
  it('is refused when the plugin is applied, with the remedy', () => {
    const schema = new Schema({ authProvider: { type: String, enum: ['google', 'github'] } })
    expect(() => schema.plugin(clerkSyncPlugin)).toThrow(
      expect.objectContaining({ code: 'schema_unfit', message: expect.stringContaining('paths') }),
    )
  })

  it('is refused with a clear error if mapUser is async', async () => {
    const users = await db.users({ definition: { email: String } })
    const mapUser = (async () => ({ email: 'a@example.com' })) as never
    expect(() => syncOf(users, { mapUser })).toThrow(
      expect.objectContaining({ code: 'schema_unfit', message: expect.stringMatching(/mapUser.*(async|promise)/is) }),
    )
  })
})
