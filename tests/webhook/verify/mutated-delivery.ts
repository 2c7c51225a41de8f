import { fixtures } from 'clerk-mongo-sync/testing'
import * as fc from 'fast-check'
import { Webhook } from 'svix'

/** A delivery as it arrives: what the sender signed, and what became of it on its way. */
export interface Delivery {
  bytes: Uint8Array<ArrayBuffer>
  headers: Headers
  /** The secret the receiver has. */
  secret: string
  /** Whether the text that was signed is an event of Clerk's. */
  isEvent: boolean
}

/** Mostly `usual`, so that most deliveries have one or two things wrong with them and many have none. */
function mostly<T>(usual: T, ...others: T[]): fc.Arbitrary<T> {
  return fc.oneof(
    { weight: 3 * others.length, arbitrary: fc.constant(usual) },
    { weight: others.length, arbitrary: fc.constantFrom(...others) },
  )
}

const clean = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const padded = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwDA=='

const bodies: Record<string, string> = {
  user: JSON.stringify(fixtures.userCreated(fixtures.user({ first_name: 'Zoë 🦆 \ufffd', email: null }))),
  hostile: '{"type":"user.updated","data":{"id":"user_1","unsafe_metadata":{"__proto__":{"a":1},"10":2,"9":1.0}}}',
  deletion: JSON.stringify(fixtures.userDeleted(), null, 2),
}
const noEvents = [
  '',
  'null',
  '[]',
  '"x"',
  '{}',
  '{"type":1,"data":{}}',
  '{"type":"user.created","data":{"id":{}}}',
  'no JSON',
]

const body = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...Object.keys(bodies)) },
  { weight: 1, arbitrary: fc.constantFrom(...noEvents) },
)

const changes = ['append', 'cut', 'letter', 'mark', 'invalid', 'rewrite'] as const
const secrets = [
  'bare',
  'other',
  'line break',
  'space',
  'quoted',
  'unpadded',
  'loose bits',
  'empty',
  'prefix only',
  'words',
] as const
const ids = ['space', 'long', 'latin', 'bounds', 'empty'] as const
const times = ['abc', '.5', ',1', ' 9', 'e3', 'x', 'zero', 'plus', 'empty', 'words', 'long'] as const
const offsets = [-301, -300, -299, 299, 300, 301, 86_400, -86_400] as const
const lists = [
  '16',
  '17',
  '400',
  'two spaces',
  'tab',
  'empty entry',
  'comma',
  'no version',
  'v2',
  'V1',
  'v1a',
  'cut',
  'none',
  'missing',
] as const
const names = ['webhook', 'upper', 'mixed', 'both', 'forged svix', 'stray svix', 'twice'] as const

/** What is done to a delivery; small, so that a failing one can be read. */
export const mutation = fc.record({
  body,
  signedMark: mostly(false, true),
  change: mostly<(typeof changes)[number] | 'none'>('none', ...changes),
  signedWith: fc.constantFrom(clean, padded),
  secret: mostly<(typeof secrets)[number] | 'same'>('same', ...secrets),
  id: mostly<(typeof ids)[number] | 'usual'>('usual', ...ids),
  time: mostly<(typeof times)[number] | 'usual'>('usual', ...times),
  offset: mostly<number>(0, ...offsets),
  list: mostly<(typeof lists)[number] | 'one'>('one', ...lists),
  name: mostly<(typeof names)[number] | 'svix'>('svix', ...names),
})
export type Mutation = typeof mutation extends fc.Arbitrary<infer S> ? S : never

/** The delivery that a mutation makes, signed around `now` (in seconds). */
export function mutatedDelivery(given: Mutation, now: number): Delivery {
  const unmarked = bodies[given.body] ?? given.body
  const text = given.signedMark ? `\ufeff${unmarked}` : unmarked
  const time = now + given.offset
  const id = idOf(given.id)
  const signature = new Webhook(given.signedWith).sign(id.trim(), new Date(time * 1000), text)
  const values: Values = [id, timeText(given.time, time), listOf(given.list, signature)]
  return {
    bytes: changedBytes(given.change, text),
    headers: new Headers(namedHeaders(given.name, values)),
    secret: receiversSecret(given.secret, given.signedWith),
    isEvent: given.body in bodies && !given.signedMark,
  }
}

function changedBytes(change: Mutation['change'], text: string): Uint8Array<ArrayBuffer> {
  const encode = (changed: string) => new TextEncoder().encode(changed)
  const bytes = encode(text)
  if (change === 'append') return encode(`${text} `)
  if (change === 'cut') return bytes.slice(0, -1)
  if (change === 'letter') return encode(text.replace('user', 'User'))
  if (change === 'mark') return encode(`\ufeff${text}`)
  if (change === 'rewrite') return encode(text.replace(/[{:,]/g, '$& '))
  if (change !== 'invalid') return bytes
  // The replacement letter back into a byte that every lenient decoder replaces by it.
  return new Uint8Array(
    Buffer.from(Buffer.from(bytes).toString('latin1').replace('\u00ef\u00bf\u00bd', '\u00ff'), 'latin1'),
  )
}

function receiversSecret(kind: Mutation['secret'], secret: string): string {
  const made: Record<Mutation['secret'], string> = {
    same: secret,
    bare: secret.slice(6),
    other: 'whsec_plJ3nmyCDGBKInavdOK15jsl',
    'line break': `${secret}\n`,
    space: ` ${secret}`,
    quoted: `"${secret}"`,
    unpadded: secret.replace(/=+$/, ''),
    'loose bits': secret.replace('DA==', 'DB=='),
    empty: '',
    'prefix only': 'whsec_',
    words: 'whsec_not a secret',
  }
  return made[kind]
}

function idOf(kind: Mutation['id']): string {
  const made = { usual: 'msg_1', space: 'msg 1', long: 'm'.repeat(257), latin: 'msg_é', bounds: ' msg_1 ', empty: '' }
  return made[kind]
}

function timeText(kind: Mutation['time'], time: number): string {
  const made: Partial<Record<Mutation['time'], string>> = {
    usual: `${time}`,
    zero: `00${time}`,
    plus: `+${time}`,
    empty: '',
    words: 'now',
    long: `000${time}`,
  }
  return made[kind] ?? `${time}${kind}`
}

function listOf(kind: Mutation['list'], signature: string): string {
  const forged = (count: number) => Array.from({ length: count }, (_, i) => `v1,${btoa(`forged ${i}`)}`)
  const made: Record<Mutation['list'], string> = {
    one: signature,
    16: [...forged(15), signature].join(' '),
    17: [...forged(16), signature].join(' '),
    400: [...forged(399), signature].join(' '),
    'two spaces': `${signature}  v1,bm9uZQ==`,
    tab: `v1,bm9uZQ==\t${signature}`,
    'empty entry': `v1, ${signature}`,
    comma: `${signature},more`,
    'no version': `${signature.slice(3)} ${signature}`,
    v2: signature.replace('v1,', 'v2,'),
    V1: signature.replace('v1,', 'V1,'),
    v1a: signature.replace('v1,', 'v1a,'),
    cut: signature.slice(0, -2),
    none: 'v1,bm9uZQ==',
    missing: '',
  }
  return made[kind]
}

type Values = [id: string, time: string, list: string]

function namedHeaders(kind: Mutation['name'], values: Values): [string, string][] {
  const [id, time, list] = values
  const named = (prefix: string, [a, b, c]: Values = values): [string, string][] => [
    [`${prefix}-id`, a],
    [`${prefix}-timestamp`, b],
    [`${prefix}-signature`, c],
  ]
  const made: Record<Mutation['name'], [string, string][]> = {
    svix: named('svix'),
    webhook: named('webhook'),
    upper: named('SVIX'),
    mixed: [
      ['svix-id', id],
      ['webhook-timestamp', time],
      ['webhook-signature', list],
    ],
    both: [...named('svix'), ...named('webhook', ['msg_2', '1', 'v1,bm9uZQ=='])],
    'forged svix': [...named('svix', ['msg_2', time, 'v1,bm9uZQ==']), ...named('webhook')],
    'stray svix': [['svix-id', 'msg_2'], ...named('webhook')],
    twice: [...named('svix'), ['svix-signature', list]],
  }
  return made[kind]
}
