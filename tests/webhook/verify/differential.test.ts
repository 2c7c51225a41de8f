import { verifyWebhook } from '@clerk/backend/webhooks'
import { verifyClerkWebhook } from 'clerk-mongo-sync'
import * as fc from 'fast-check'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { type Delivery, mutatedDelivery, mutation } from './mutated-delivery'

const RUNS = 5_000
const now = 1_800_000_000

/** What a verifier made of a delivery: `event` as text, or `code` why not. */
type Verdict = { event: string } | { code: string }

interface Difference {
  name: string
  /** Which of the others differ from us here. */
  from: readonly Other[]
  /** Why it is right that they do. */
  why: string
  applies(delivery: Delivery, ours: Verdict): boolean
}

const others = { standardwebhooks, '@clerk/backend': clerkBackend }
type Other = keyof typeof others
const both = ['standardwebhooks', '@clerk/backend'] as const

const header = ({ headers }: Delivery, name: string) =>
  (headers.get(`svix-${name}`) || headers.get(`webhook-${name}`)) ?? ''
const isWhole = ({ headers }: Delivery, prefix: string) =>
  ['id', 'timestamp', 'signature'].every((name) => headers.get(`${prefix}-${name}`))
const refusedAs = (ours: Verdict, code: string) => 'code' in ours && ours.code === code
const entries = (delivery: Delivery) => header(delivery, 'signature').split(' ')
const startsWithMark = ({ bytes }: Delivery) => bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf

/** Every way in which we are known to differ. Anything else is a mistake, of ours or of this list. */
const differences: readonly Difference[] = [
  {
    name: 'timestamps that are no whole number',
    from: both,
    why: 'They take `123abc` for 123. Svix sends digits.',
    applies: (delivery, ours) =>
      refusedAs(ours, 'malformed_headers') && !/^\d{1,12}$/.test(header(delivery, 'timestamp')),
  },
  {
    name: 'more than sixteen signatures',
    from: both,
    why: 'They compare as many as are sent. Svix sends one for each secret in use.',
    applies: (delivery, ours) => refusedAs(ours, 'malformed_headers') && entries(delivery).length > 16,
  },
  {
    name: 'signature lists of another form',
    from: both,
    why: 'They skip what they cannot read, and a header sent twice is one of these. Svix sends neither.',
    applies: (delivery, ours) =>
      refusedAs(ours, 'malformed_headers') && entries(delivery).some((entry) => !/^v\d+[a-z]?,[\w+/=]+$/.test(entry)),
  },
  {
    name: 'message ids of another form',
    from: both,
    why: 'The id becomes a key in databases and logs: printable, without spaces, of bounded length.',
    applies: (delivery, ours) => refusedAs(ours, 'malformed_headers') && !/^[!-~]{1,256}$/.test(header(delivery, 'id')),
  },
  {
    name: 'signed bodies that are no events',
    from: both,
    why: 'They give back whatever was signed; we promise an event.',
    applies: (delivery, ours) => refusedAs(ours, 'not_a_clerk_event') && !delivery.isEvent,
  },
  {
    name: 'bytes that are no UTF-8',
    from: both,
    why: 'They check the signature of the text with replacement letters, not of the bytes that came.',
    applies: ({ bytes }, ours) => refusedAs(ours, 'no_matching_signature') && bytes.includes(0xff),
  },
  {
    name: 'a byte order mark that nobody signed',
    from: ['@clerk/backend'],
    why: '`Request.text()` drops it before the signature is checked; we check the bytes that came.',
    applies: (delivery, ours) => refusedAs(ours, 'no_matching_signature') && startsWithMark(delivery),
  },
  {
    name: 'secrets that are nearly base64',
    from: both,
    why: 'They decode what lacks its padding, or has bits to spare: a sign of a secret that was not copied whole.',
    applies: ({ secret }, ours) =>
      refusedAs(ours, 'secret_malformed') &&
      Buffer.from(secret.slice(6), 'base64').toString('base64') !== secret.slice(6),
  },
  {
    name: 'one set of headers put together from two',
    from: ['standardwebhooks'],
    why: "svix's class fills gaps in `svix-…` from `webhook-…`. Nobody sends half a set.",
    applies: (delivery, ours) =>
      refusedAs(ours, 'missing_headers') && !isWhole(delivery, 'svix') && !isWhole(delivery, 'webhook'),
  },
  {
    name: 'a whole webhook-… set beside part of a svix-… set',
    from: ['standardwebhooks'],
    why: "The same mixing by svix's class, now to the loss of a set that is whole.",
    applies: (delivery, ours) =>
      'event' in ours && delivery.headers.has('svix-id') && !isWhole(delivery, 'svix') && isWhole(delivery, 'webhook'),
  },
  {
    name: 'the names of Standard Webhooks',
    from: ['@clerk/backend'],
    why: 'It reads `svix-…` alone; Svix can be told to send `webhook-…`.',
    applies: (delivery, ours) => 'event' in ours && !isWhole(delivery, 'svix') && isWhole(delivery, 'webhook'),
  },
]

function told(event: unknown): Verdict {
  const { type, data } = (event ?? {}) as { type?: unknown; data?: unknown }
  return { event: JSON.stringify({ type, data }) }
}

async function ours({ bytes, headers, secret }: Delivery): Promise<Verdict> {
  const given = { signingSecret: secret }
  return verifyClerkWebhook(bytes, headers, given).then(told, ({ code }: { code: string }) => ({ code }))
}

async function oursByRequest({ bytes, headers, secret }: Delivery): Promise<Verdict> {
  const request = new Request('http://localhost/', { method: 'POST', headers, body: bytes })
  const given = { signingSecret: secret }
  return verifyClerkWebhook(request, given).then(told, ({ code }: { code: string }) => ({ code }))
}

/** With the headers as svix's `Webhook` hands them on. */
async function standardwebhooks({ bytes, headers, secret }: Delivery): Promise<Verdict> {
  const named = ['id', 'timestamp', 'signature'].map((name) => {
    return [`webhook-${name}`, headers.get(`svix-${name}`) ?? headers.get(`webhook-${name}`) ?? ''] as const
  })
  try {
    return told(new Webhook(secret).verify(Buffer.from(bytes), Object.fromEntries(named)))
  } catch (error) {
    return { code: String(error) }
  }
}

async function clerkBackend({ bytes, headers, secret }: Delivery): Promise<Verdict> {
  const request = new Request('http://localhost/', { method: 'POST', headers, body: bytes })
  return verifyWebhook(request, { signingSecret: secret }).then(told, (error: unknown) => ({ code: String(error) }))
}

beforeAll(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: now * 1000 })
})

afterAll(() => {
  vi.useRealTimers()
})

it(`judges ${RUNS} mutated deliveries as standardwebhooks and @clerk/backend do, but for the listed reasons`, async () => {
  const seen = new Map<string, number>()
  const count = (name: string) => seen.set(name, (seen.get(name) ?? 0) + 1)

  // A failure prints its seed, and the smallest delivery that shows it.
  await fc.assert(
    fc.asyncProperty(mutation, async (given) => {
      const delivery = mutatedDelivery(given, now)
      const mine = await ours(delivery)
      expect(await oursByRequest(delivery)).toEqual(mine)
      if ('code' in mine) expect(mine.code).toMatch(/^[a-z_]+$/)
      for (const [name, verify] of Object.entries(others)) {
        const theirs = await verify(delivery)
        count(`${name} ${'event' in mine ? 'accepted' : 'refused'} ${'event' in theirs ? 'accepted' : 'refused'}`)
        if ('event' in mine && 'event' in theirs) expect(theirs).toEqual(mine)
        if ('event' in mine === 'event' in theirs) continue
        const reasons = differences.filter(({ from, applies }) => {
          return from.includes(name as Other) && applies(delivery, mine)
        })
        if (reasons.length === 0) throw new Error(`Unlisted: ${JSON.stringify({ name, mine, theirs })}`)
        // Counted where it is the only reason, so that one cannot hide that another no longer occurs.
        if (reasons.length === 1) count(`${name}: ${reasons[0]?.name}`)
      }
    }),
    { numRuns: RUNS },
  )

  for (const { from, name } of differences) {
    for (const other of from) expect(seen.get(`${other}: ${name}`) ?? 0, `${other}: ${name}`).toBeGreaterThan(0)
  }
  for (const name of Object.keys(others)) {
    expect(seen.get(`${name} accepted accepted`)).toBeGreaterThan(RUNS / 50)
    expect(seen.get(`${name} refused refused`)).toBeGreaterThan(RUNS / 50)
  }
}, 60_000)
