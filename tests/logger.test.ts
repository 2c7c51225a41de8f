import { existsSync } from 'node:fs'
import { type ClerkStore, type ClerkSyncOptions, createClerkSync } from 'clerk-mongo-sync'
import { createMemoryStore, fixtures, signClerkWebhook } from 'clerk-mongo-sync/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

const signingSecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const user = fixtures.user({ email: 'private@example.org', first_name: 'Privatissima' })

/** What the library prints while `run` runs. */
async function printed(run: () => unknown): Promise<{ level: string; line: string }[]> {
  const lines: { level: string; line: string }[] = []
  for (const level of ['debug', 'info', 'log', 'warn', 'error'] as const) {
    vi.spyOn(console, level).mockImplementation((...given) => void lines.push({ level, line: given.join(' ') }))
  }
  await run()
  vi.restoreAllMocks()
  return lines
}

function deliver(options: Partial<ClerkSyncOptions>, { headers: changed = {}, body }: Sent = {}): Promise<Response> {
  const text = body ?? JSON.stringify(fixtures.userCreated(user))
  const { headers } = signClerkWebhook(text, { signingSecret, messageId: 'msg_1' })
  const { handler } = createClerkSync({ users: createMemoryStore(), signingSecret, ...options })
  return handler(new Request('http://localhost/', { method: 'POST', headers: { ...headers, ...changed }, body: text }))
}
interface Sent {
  headers?: Record<string, string>
  body?: string
}

const conflict = { code: 'conflict', path: 'email', message: 'A local account\nhas it.' } as const
const conflicting: ClerkStore = {
  ...createMemoryStore(),
  upsertFromClerk: async () => ({ outcome: 'conflict', clerkId: user.id, conflict }),
}
const failing: ClerkStore = { ...createMemoryStore(), upsertFromClerk: () => Promise.reject(new Error('private@')) }
const unwritableLog = (users: ClerkStore): Partial<ClerkSyncOptions> => ({
  deliveries: true,
  users: {
    ...users,
    deliveryLog: () => ({ isHookDone: async () => false, record: () => Promise.reject(new Error('away')) }),
  },
})

/** Whether a line links to a page of the docs that is there. */
function hasPage(line = ''): boolean {
  const [, page] = /"docs":"https:\/\/unpkg\.com\/clerk-mongo-sync\/(docs\/errors\/\w+\.md)"/.exec(line) ?? []
  return page !== undefined && existsSync(new URL(`../${page}`, import.meta.url))
}

afterEach(() => {
  vi.restoreAllMocks()
})

describe('the default logger prints one line for a delivery that stored nothing', () => {
  it.each<[string, string, RegExp, Partial<ClerkSyncOptions>, Sent]>([
    [
      'a conflict',
      'warn',
      /conflicts with stored data: A local account has it\. \{.*"path":"email"/,
      { users: conflicting },
      {},
    ],
    [
      'a deletion without an id',
      'warn',
      /"code":"missing_id"/,
      {},
      { body: JSON.stringify({ ...fixtures.userDeleted(user), data: { deleted: true, object: 'user' } }) },
    ],
    ["another instance's event", 'warn', /another Clerk instance ignored /, { instanceId: 'ins_mine' }, {}],
    [
      'a forged delivery',
      'warn',
      /delivery refused: No signature .*no_matching/,
      {},
      { headers: { 'svix-signature': 'v1,c2s=' } },
    ],
    ['a body over the limit', 'warn', /delivery refused: The body .*body_too_large/, { maxBodyBytes: 10 }, {}],
    [
      'a missing secret',
      'error',
      /delivery failed: No signing secret: set CLERK_.* \{.*secret_missing/,
      { signingSecret: [] },
      {},
    ],
    ['a store that fails', 'error', /delivery failed: Error: .*onError receives the error \{/, { users: failing }, {}],
    ['a budget that runs out', 'error', /timed_out/, { timeoutMs: 5, connect: () => new Promise(() => {}) }, {}],
    ['a conflict that the delivery log misses', 'warn', /"isNoted":false/, unwritableLog(conflicting), {}],
    ['a failure that the delivery log misses', 'error', /delivery failed/, unwritableLog(failing), {}],
    [
      "another instance's event that the delivery log misses",
      'warn',
      /another Clerk instance .*"isNoted":false/,
      { ...unwritableLog(createMemoryStore()), instanceId: 'ins_mine' },
      {},
    ],
  ])('%s', async (_, level, text, options, sent) => {
    const lines = await printed(() => deliver(options, sent))
    expect(lines).toEqual([{ level, line: expect.stringMatching(text) }])
    expect(lines[0]?.line).toMatch(/^clerk-mongo-sync: [a-z]/)
    expect(lines[0]?.line).not.toMatch(/\n|private@|Privatissima/)
    expect(hasPage(lines[0]?.line)).toBe(true)
  })

  it('and none for one that was applied, repeated or ignored', async () => {
    const users = createMemoryStore()
    const mail = '{"type":"email.created","data":{"id":"ema_1"}}'
    const lines = await printed(async () => {
      await deliver({ users })
      await deliver({ users })
      await deliver({ users }, { body: mail })
    })
    expect(lines).toEqual([])
  })

  it('and one for an applied delivery that is missing in the delivery log', async () => {
    const lines = await printed(() => deliver(unwritableLog(createMemoryStore())))
    expect(lines).toEqual([{ level: 'warn', line: expect.stringMatching(/could not be recorded in the delivery log/) }])
    expect(hasPage(lines[0]?.line)).toBe(true)
  })
})

describe('a repeated problem', () => {
  async function deliverTimes(n: number, options: Partial<ClerkSyncOptions>, everyMs = 0): Promise<void> {
    const { handler } = createClerkSync({ users: createMemoryStore(), signingSecret, ...options })
    for (let sent = 0; sent < n; sent++) {
      const { headers, body } = signClerkWebhook(fixtures.userCreated(), { signingSecret, messageId: `msg_${sent}` })
      await handler(new Request('http://localhost/', { method: 'POST', headers, body }))
      vi.advanceTimersByTime(everyMs)
    }
  }
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('is printed three times and then counted once a minute: 1,000 deliveries in an hour stay readable', async () => {
    const lines = await printed(async () => {
      await deliverTimes(1_000, { signingSecret: [] }, 3_600)
      vi.advanceTimersByTime(60_000)
    })
    const [first, second, third, ...counts] = lines.map(({ line }) => line)
    expect([first, second, third]).toEqual([
      expect.stringContaining('"msg_0"'),
      expect.stringContaining('"msg_1"'),
      expect.stringMatching(/"msg_2".*\(further repeats are counted\)$/),
    ])
    expect(counts.length).toBeLessThanOrEqual(60)
    const more = counts.map((line) => Number(/No signing secret.*\((\d+) more in the last minute\)$/.exec(line)?.[1]))
    expect(more.reduce((sum, n) => sum + n, 0)).toBe(997)
  })

  it('is printed again after a minute without it', async () => {
    const lines = await printed(async () => {
      const { handler } = createClerkSync({ users: createMemoryStore(), signingSecret: [] })
      const send = () => handler(new Request('http://localhost/', { method: 'POST', body: '{}' }))
      for (let sent = 0; sent < 4; sent++) await send()
      vi.advanceTimersByTime(120_000)
      await send()
    })
    expect(lines.map(({ line }) => /\(.*\)$/.exec(line)?.[0])).toEqual([
      undefined,
      undefined,
      '(further repeats are counted)',
      '(1 more in the last minute)',
      undefined,
    ])
  })

  it('does not hide another problem, or one of another user', async () => {
    const other = (): ClerkStore => ({
      ...createMemoryStore(),
      upsertFromClerk: async (given) => ({ outcome: 'conflict', clerkId: (given as { id: string }).id, conflict }),
    })
    expect(await printed(() => deliverTimes(5, { users: other() }))).toHaveLength(5)
  })
})

describe('the option logger', () => {
  it('false prints nothing', async () => {
    expect(await printed(() => deliver({ users: conflicting, logger: false }))).toEqual([])
  })

  it('accepts an object with the methods of pino, which are called on it', async () => {
    class Recorder {
      readonly lines: string[] = []
      debug(_: object, message: string) {
        this.lines.push(`debug ${message}`)
      }
      info(_: object, message: string) {
        this.lines.push(`info ${message}`)
      }
      warn(_: object, message: string) {
        this.lines.push(`warn ${message}`)
      }
      error(_: object, message: string) {
        this.lines.push(`error ${message}`)
      }
    }
    const logger = new Recorder()
    expect(await printed(() => deliver({ users: conflicting, logger }))).toEqual([])
    expect(logger.lines).toEqual(['info clerk event synced', 'warn clerk event conflicts with stored data'])
  })

  it('prints the problems found at start-up by default', async () => {
    const users: ClerkStore = {
      ...createMemoryStore(),
      checkSchema: () => [
        {
          check: 'schema',
          verdict: 'problem',
          path: 'phone',
          message: 'a required path stays empty',
          remedy: 'Map it.',
        },
      ],
    }
    const lines = await printed(() => createClerkSync({ users }))
    const line = 'clerk-mongo-sync: phone: a required path stays empty. Map it. {"path":"phone",'
    expect(lines).toEqual([{ level: 'error', line: expect.stringContaining(line) }])
    expect(hasPage(lines[0]?.line)).toBe(true)
  })
})
