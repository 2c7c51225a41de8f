import { type ClerkSyncOptions, createClerkSync, type Logger } from 'clerk-mongo-sync'
import { fixtures, signClerkWebhook } from 'clerk-mongo-sync/testing'
import mongoose, { Schema } from 'mongoose'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { defaultDefinition, useDatabase } from '../support/database'
import { signingSecret } from './adapters'

const db = useDatabase('security_logs')
const ownKey = 'sk_test_ownkeyofthetest'
const anothers = 'whsec_plJ3nmyCDGBKInavdOK15jsl'
const person = { email: 'privata@example.org', first_name: 'Privatissima', last_name: 'Geheim', username: 'hiddenname' }

/** Personal data and secrets that must not leave the database. */
const confidential = [
  /privata|Privatissima|Geheim|hiddenname|example\.org|555\d{4}|otp-123456|img\.clerk\.com/i,
  new RegExp([signingSecret, anothers].map((secret) => secret.slice(6, 20)).join('|')),
  /sk_test_|hunter2|mongodb(\+srv)?:\/\//,
  /\n\s+at |node_modules|\.ts:\d/,
]
/** Characters that split a line or control a terminal. */
const control = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u

let said: { fields: object; message: string }[] = []
const say = (fields: object, message: string) => void said.push({ fields, message })
const logger: Logger = { debug: say, info: say, warn: say, error: say }

/** Every string in a value: what a console prints that does not escape an attacker's bytes. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (value instanceof Error) return [value.message, ...textsIn(value.cause)]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => [key, ...textsIn(inner)])
}

type Users = Awaited<ReturnType<typeof db.users>>
type Case = {
  options?: (users: Users) => Partial<ClerkSyncOptions>
  prepare?: (users: Users) => unknown
  body?: () => string
  headers?: Record<string, string>
  schema?: () => Schema
}

const created = (more: object = {}) => JSON.stringify(fixtures.userCreated(fixtures.user({ ...person, ...more })))
const quoting = Object.assign(new Error('E11000 dup key: { email: "privata@example.org" } mongodb://root:hunter2@db'), {
  code: 11000,
})
const tooStrict = () => {
  return new Schema({ ...defaultDefinition, firstName: { type: String, enum: ['Nobody'] }, lastName: Number })
}

const cases: Record<string, Case> = {
  'an applied event': {},
  'an address that a local account holds': { prepare: (users) => users.create({ email: person.email }) },
  'a username that a local account holds': { prepare: (users) => users.create({ username: person.username }) },
  'a local account that is linked': {
    prepare: (users) => users.create({ email: person.email }),
    options: () => ({ linkBy: 'verified-email' }),
  },
  'an address that another user holds': {
    prepare: (users) => users.upsertFromClerk(fixtures.user({ email: person.email })),
  },
  'a value the schema refuses': { schema: tooStrict },
  'two states at one version': {
    prepare: (users) => users.upsertFromClerk(fixtures.user({ ...person, id: 'user_tie', updated_at: 5 })),
    body: () => created({ id: 'user_tie', updated_at: 5, first_name: 'Privatissima II' }),
  },
  'a deletion without an id': { body: () => '{"type":"user.deleted","data":{"deleted":true}}' },
  'a mail with a one-time code': {
    body: () =>
      '{"type":"email.created","data":{"id":"ema_1","to_email_address":"privata@example.org","body":"otp-123456"}}',
  },
  "another instance's event": { options: () => ({ instanceId: 'ins_ours' }) },
  'a forged delivery': { headers: { 'svix-signature': 'v1,cHJpdmF0YUBleGFtcGxlLm9yZw==' } },
  'no headers': { headers: { 'svix-id': '', 'svix-signature': 'privata@example.org' } },
  'a signed body that is no event': { body: () => '{"privata@example.org":"otp-123456"}' },
  'a signed body that is no JSON': { body: () => 'privata@example.org' },
  'a body over the limit': { options: () => ({ maxBodyBytes: 10 }) },
  'a secret that is malformed': { options: () => ({ signingSecret: `${signingSecret}!` }) },
  'an API key in place of the secret': { options: () => ({ signingSecret: ownKey }) },
  'no secret': { options: () => ({ signingSecret: [] }) },
  'a connection that fails': { options: () => ({ connect: () => Promise.reject(quoting) }) },
  'a mapUser that throws': {
    options: () => ({
      mapUser: (user) => {
        if (user.username !== person.username) return {}
        throw new TypeError(`cannot map ${person.email}`)
      },
    }),
  },
  'a linkBy that throws': {
    prepare: (users) => users.create({ email: person.email }),
    options: () => ({ linkBy: () => Promise.reject(quoting) }),
  },
  'a hook that throws': { options: () => ({ on: { 'user.created': () => Promise.reject(quoting) } }) },
  'an event without a document, whose hook throws': {
    body: () => '{"type":"email.created","data":{"id":"ema_1","body":"otp-123456"}}',
    options: () => ({ on: { 'email.created': () => Promise.reject(quoting) }, deliveries: true }),
  },
  'no time': { options: () => ({ timeoutMs: 20, connect: () => new Promise(() => {}) }) },
}

const written: string[] = []
beforeAll(() => {
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, 'write').mockImplementation((text) => written.push(String(text)) > 0)
  }
})
afterAll(() => {
  vi.restoreAllMocks()
  expect(written.filter((text) => confidential.some((pattern) => pattern.test(text)))).toEqual([])
})
afterEach(() => {
  said = []
})

async function answerTo(
  users: Users,
  body: string,
  headers: Record<string, string>,
  options: Partial<ClerkSyncOptions>,
) {
  const clerk = { secretKey: ownKey, apiUrl: 'http://127.0.0.1:9' }
  const { handler } = createClerkSync({ users, signingSecret, logger, clerk, ...options })
  const messageId = headers['svix-id'] || 'msg_seen'
  const signed = signClerkWebhook(body, { signingSecret, messageId }).headers
  const response = await handler(
    new Request('http://localhost/', { method: 'POST', headers: { ...signed, ...headers }, body }),
  )
  return [String(response.status), ...[...response.headers].flat(), await response.text()]
}

describe('personal data and secrets are in no answer and no log line', () => {
  test.each(Object.entries(cases))('of %s', async (_, given) => {
    const users = await db.users(given.schema ? { schema: given.schema() } : {})
    await given.prepare?.(users)
    const conflicts: object[] = []
    const onConflict = (conflict: object) => void conflicts.push(conflict)
    const options = { onConflict, ...given.options?.(users) }
    const answered = await answerTo(users, (given.body ?? created)(), given.headers ?? {}, options)
    expect(said.length).toBeGreaterThan(0)
    for (const text of [...answered, ...textsIn([said, conflicts])]) {
      for (const pattern of confidential) expect(text).not.toMatch(pattern)
      expect(text).not.toMatch(control)
    }
  })

  test('of a database that refuses the password', async () => {
    const uri = 'mongodb://root:hunter2@127.0.0.1:9/app?serverSelectionTimeoutMS=200'
    const options = { connect: () => mongoose.createConnection(uri).asPromise(), timeoutMs: 2_000 }
    const answered = await answerTo(await db.users(), created(), {}, options)
    expect(answered[0]).toMatch(/50[03]/)
    for (const text of [...answered, ...textsIn(said)])
      for (const pattern of confidential) expect(text).not.toMatch(pattern)
  })
})

test('of a delivery in the delivery log', async () => {
  const collection = 'security_deliveries'
  const users = await db.users()
  const options = { deliveries: { collection } }
  const events = Object.values(cases).flatMap(({ body }) => body?.() ?? created())
  // At once, as most ask Clerk about the holder of the address, again and again.
  await Promise.all(events.map((body, at) => answerTo(users, body, { 'svix-id': `msg_${at}` }, options)))
  const odd = { type: 'session.created', data: { id: { privata: 'privata' } }, instance_id: { $privata: 'privata' } }
  await answerTo(users, JSON.stringify(odd), {}, options)
  const entries = await db.connection.collection(collection).find().toArray()
  expect(entries.length).toBeGreaterThan(20)
  for (const text of textsIn(JSON.parse(JSON.stringify(entries))))
    for (const pattern of confidential) expect(text).not.toMatch(pattern)
})

describe('sent text cannot forge a log line or control a terminal', () => {
  const evil = ['\u001b[2Jgone', '\u009b31mred', 'a\u0007b', 'a\tb', '\u202eevil', 'a\u0085b', 'x'.repeat(5_000)]
  // The characters that a Fetch `Request` accepts in a header: Latin-1 without NUL and line breaks.
  const inHeader = evil.filter((text) => [...text].every((letter) => letter <= '\u00ff'))
  const clean = () => {
    for (const text of textsIn(said)) {
      expect(text).not.toMatch(control)
      expect(text.length).toBeLessThan(1_000)
    }
    expect(said.length).toBeGreaterThan(0)
  }

  test.each(inHeader)('by the id of a delivery: %j', async (id) => {
    await answerTo(await db.users(), created(), { 'svix-id': id }, {})
    clean()
  })

  test.each([...evil, 'a\r\nlevel=error forged', 'a\u2028b'])('by the fields of a signed event: %j', async (text) => {
    const users = await db.users()
    const events = [
      { type: text, data: {} },
      { type: 'user.created', data: { id: text } },
      { type: 'user.deleted', data: { id: text } },
      { type: 'session.created', data: { id: text }, instance_id: text },
      { type: 'session.created', data: { id: { privata: text } }, instance_id: { privata: text } },
    ]
    for (const event of events) {
      await answerTo(users, JSON.stringify(event), {}, {})
      await answerTo(users, JSON.stringify(event), {}, { instanceId: 'ins_ours' })
    }
    clean()
    for (const said of textsIn(await users.find().lean())) expect(said).not.toMatch(control)
  })
})
