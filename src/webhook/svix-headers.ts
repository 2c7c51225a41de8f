import { WebhookVerificationError } from '../errors'

/** Fetch `Headers`, or a record as Node and its frameworks have it. */
export type HeadersInput = Headers | Readonly<Record<string, string | readonly string[] | undefined>>

export interface SvixHeaders extends Record<string, string> {
  'svix-id': string
  'svix-timestamp': string
  'svix-signature': string
}

/** Svix sends one signature a secret; more than a few means somebody wants us to compare all day. */
const MAX_SIGNATURES = 16
/** Fixed by Svix, in every one of its libraries. */
const TOLERANCE_SECONDS = 5 * 60

const names = ['id', 'timestamp', 'signature'] as const

/**
 * The three headers of a delivery, judged by form and time before any signature is computed.
 * They are named `svix-…`, or `webhook-…` where Svix sends under the Standard Webhooks names; all of one kind.
 *
 * @throws {WebhookVerificationError} `missing_headers`, `malformed_headers`, `timestamp_too_old`, `timestamp_too_new`.
 */
export function judgeHeaders(input: HeadersInput): SvixHeaders {
  const [id, timestamp, signature] = pick(input)
  // The id becomes a key in databases and logs: printable, without spaces, of bounded length.
  requireForm('id', id, /^[\x21-\x7e]{1,256}$/)
  requireForm('timestamp', timestamp, /^\d{1,12}$/)
  // No comma within a signature: it would be the header sent twice, as Fetch `Headers` join it.
  requireForm('signature', signature, /^v\d+[a-z]?,[^\s,]{1,256}(?: v\d+[a-z]?,[^\s,]{1,256})*$/)
  if (signature.split(' ').length > MAX_SIGNATURES)
    malformed('signature', `holds more than ${MAX_SIGNATURES} signatures`)
  judgeTime(timestamp)
  return { 'svix-id': id, 'svix-timestamp': timestamp, 'svix-signature': signature }
}

function pick(input: HeadersInput): [string, string, string] {
  for (const prefix of ['svix', 'webhook']) {
    const [id, timestamp, signature] = names.map((name) => read(input, `${prefix}-${name}`))
    if (id && timestamp && signature) return [id, timestamp, signature]
  }
  throw new WebhookVerificationError(
    'missing_headers',
    'The headers svix-id, svix-timestamp and svix-signature are required. Clerk sends them with every delivery.',
  )
}

function read(input: HeadersInput, name: string): string | undefined {
  // By its method, since there can be several `Headers` classes, or none.
  if (typeof input.get === 'function') return (input as Headers).get(name) ?? undefined
  const entries: [string, unknown][] = Object.entries(input)
  const values = entries.flatMap(([key, value]) => (key.toLowerCase() === name ? (value ?? []) : []))
  if (values.length > 1) malformed(name, 'was sent more than once')
  return typeof values[0] === 'string' ? values[0].trim() : undefined
}

function requireForm(name: string, value: string, form: RegExp): void {
  if (!form.test(value)) malformed(name, 'does not have the form that Svix gives it')
}

/** @throws {WebhookVerificationError} `timestamp_too_old`, `timestamp_too_new`. */
export function judgeTime(timestamp: string): void {
  const age = Math.floor(Date.now() / 1000) - Number(timestamp)
  if (Math.abs(age) <= TOLERANCE_SECONDS) return
  throw new WebhookVerificationError(
    age > 0 ? 'timestamp_too_old' : 'timestamp_too_new',
    `The delivery's timestamp is ${Math.abs(age)} s ${age > 0 ? 'old' : 'ahead'}; ${TOLERANCE_SECONDS} s are allowed. ` +
      'If it is genuine, the clock of this server or of the sender is wrong.',
  )
}

function malformed(name: string, why: string): never {
  throw new WebhookVerificationError('malformed_headers', `The header for the delivery's ${name} ${why}.`)
}
