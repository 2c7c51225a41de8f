import { type ClerkStore, type ClerkSyncOptions, createClerkSync, type Logger } from 'clerk-mongo-sync'
import { createMemoryStore, fixtures, signClerkWebhook } from 'clerk-mongo-sync/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'

const signingSecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const user = fixtures.user({ email: 'private@example.org', first_name: 'Privatissima', username: 'hidden_name' })
const secrets = [
  signingSecret.slice(6, 20),
  'private@',
  'Privatissima',
  'hidden_name',
  'otp-123456',
  'sk_test',
  '    at ',
]

/** A driver's error, which quotes the document and says where it happened. */
const driverError = Object.assign(new Error('E11000 dup key: { email: "private@example.org" } otp-123456'), {
  code: 11000,
})
const conflicting: ClerkStore = {
  ...createMemoryStore(),
  upsertFromClerk: async () => ({
    outcome: 'conflict',
    clerkId: user.id,
    conflict: { code: 'conflict', path: 'email', message: 'Another account has it.' },
  }),
}
const throwing: ClerkStore = { ...createMemoryStore(), upsertFromClerk: () => Promise.reject(driverError) }

function recordingLogger() {
  const lines: string[] = []
  const record = (level: string) => (fields: object, message: string) => {
    lines.push(`${level} ${message} ${JSON.stringify(fields)}`)
  }
  const logger: Logger = { debug: record('debug'), info: record('info'), warn: record('warn'), error: record('error') }
  return { lines, logger }
}

function delivery(body = JSON.stringify(fixtures.userCreated(user)), changed: Record<string, string> = {}): Request {
  const { headers } = signClerkWebhook(body, { signingSecret, messageId: 'msg_seen' })
  return new Request('http://localhost/', { method: 'POST', headers: { ...headers, ...changed }, body })
}

const mail =
  '{"type":"email.created","data":{"id":"ema_1","to_email_address":"private@example.org","body":"otp-123456"}}'

afterEach(() => {
  vi.restoreAllMocks()
})

describe('nothing private is in an answer or a log line', () => {
  it.each<[string, number, () => Request, Partial<ClerkSyncOptions>]>([
    ['an applied event', 200, delivery, {}],
    ['a conflict', 200, delivery, { users: conflicting }],
    ['an ignored event', 200, () => delivery(mail), {}],
    ["another instance's event", 200, delivery, { instanceId: 'ins_mine' }],
    ['a forged delivery', 400, () => delivery(undefined, { 'svix-signature': 'v1,c2tfdGVzdA==' }), {}],
    ['a signed body that is no event', 400, () => delivery('{"private@example.org":"otp-123456"}'), {}],
    ['a body over the limit', 413, delivery, { maxBodyBytes: 10 }],
    ["a driver's error", 500, delivery, { users: throwing }],
    ['a secret with a line break', 500, delivery, { signingSecret: `${signingSecret}\n` }],
    ['an API key for a secret', 500, delivery, { signingSecret: `sk_test_${signingSecret.slice(6)}` }],
    ['a connection that fails', 500, delivery, { connect: () => Promise.reject(driverError) }],
    ['too little time', 503, delivery, { timeoutMs: 5, connect: () => new Promise(() => {}) }],
  ])('of %s', async (_, status, request, options) => {
    const { lines, logger } = recordingLogger()
    const clerk = { secretKey: 'sk_test_key' }
    const { handler } = createClerkSync({ users: createMemoryStore(), signingSecret, clerk, logger, ...options })
    const response = await handler(request())
    expect(response.status).toBe(status)
    const said = [...lines, ...[...response.headers].flat(), await response.text()].join('\n')
    for (const secret of secrets) expect(said).not.toContain(secret)
    // The log still tells which message it was, and what happened.
    expect(lines.join('\n')).toContain('msg_seen')
  })
})

describe('the log', () => {
  it('names code and cause of a failure', async () => {
    const { lines, logger } = recordingLogger()
    const { handler } = createClerkSync({ users: throwing, signingSecret: '', logger })
    await handler(delivery())
    expect(lines).toEqual([expect.stringMatching(/^error .*secret_missing.*CLERK_WEBHOOK_SIGNING_SECRET/)])
  })

  it.each([
    ['TypeError', 'E_MAIL_AWAY', { cause: 'TypeError', causeCode: 'E_MAIL_AWAY' }],
    ['MongoServerError', 11000, { cause: 'MongoServerError', causeCode: 11000 }],
    ['To private@example.org', 'otp-123456', { cause: 'Error' }],
    ['otp_'.repeat(17), { email: 'private@example.org' }, { cause: 'Error' }],
    [{ email: 'private@example.org' }, 'X'.repeat(41), { cause: 'Error' }],
  ])('contains only a plausible name and code of a foreign error: %j, %j', async (name, code, seen) => {
    const cause = Object.assign(new Error('otp-123456'), { code })
    Object.defineProperty(cause, 'name', { value: name })
    const fail = () => Promise.reject(cause)
    const { lines, logger } = recordingLogger()
    const hooked = createClerkSync({ users: createMemoryStore(), signingSecret, logger, on: { 'user.created': fail } })
    await hooked.handler(delivery())
    const { cause: loggedCause, causeCode } = JSON.parse(lines[0]?.slice(lines[0].indexOf('{')) ?? '{}')
    expect({ cause: loggedCause, ...(causeCode !== undefined && { causeCode }) }).toEqual(seen)
    lines.length = 0
    const failing = createClerkSync({ users: createMemoryStore(), signingSecret, logger, connect: fail })
    await failing.handler(delivery())
    expect(lines[0]).toContain(`"error":"${seen.cause}"`)
  })

  it('is empty with logger: false', async () => {
    const write = (['debug', 'info', 'log', 'warn', 'error'] as const).map((name) => vi.spyOn(console, name))
    const [out, err] = [vi.spyOn(process.stdout, 'write'), vi.spyOn(process.stderr, 'write')]
    for (const users of [createMemoryStore(), conflicting, throwing]) {
      const { handler } = createClerkSync({ users, signingSecret, logger: false })
      await handler(delivery())
    }
    for (const spy of [...write, out, err]) expect(spy).not.toHaveBeenCalled()
  })
})

describe('onError and onConflict', () => {
  const listeners: [string, () => unknown][] = [
    [
      'throws',
      () => {
        throw new Error('listener')
      },
    ],
    ['rejects', () => Promise.reject(new Error('listener'))],
  ]

  it.each(listeners)('are called, and change nothing if they %s', async (_, misbehave) => {
    const unhandled = vi.fn()
    process.on('unhandledRejection', unhandled)
    const onError = vi.fn(misbehave)
    const onConflict = vi.fn(misbehave)
    const failed = createClerkSync({ users: throwing, signingSecret, onError, onConflict })
    expect((await failed.handler(delivery())).status).toBe(500)
    const conflicted = createClerkSync({ users: conflicting, signingSecret, onError, onConflict })
    expect((await conflicted.handler(delivery())).status).toBe(200)
    await new Promise((resolve) => setTimeout(resolve, 10))
    process.off('unhandledRejection', unhandled)
    expect(unhandled).not.toHaveBeenCalled()
    expect(onError.mock.calls).toEqual([[driverError, { messageId: 'msg_seen' }]])
    const conflict = { code: 'conflict', path: 'email', type: 'user.created', clerkId: user.id, messageId: 'msg_seen' }
    expect(onConflict.mock.calls).toEqual([[expect.objectContaining(conflict)]])
  })

  it('are not called for successful deliveries', async () => {
    const [onError, onConflict] = [vi.fn(), vi.fn()]
    const { handler } = createClerkSync({ users: createMemoryStore(), signingSecret, onError, onConflict })
    expect((await handler(delivery())).status).toBe(200)
    expect(onError).not.toHaveBeenCalled()
    expect(onConflict).not.toHaveBeenCalled()
  })

  it('cannot delay an answer', async () => {
    const never = () => new Promise<void>(() => {})
    const { handler } = createClerkSync({ users: throwing, signingSecret, onError: never, timeoutMs: 60_000 })
    expect((await handler(delivery())).status).toBe(500)
  })
})
