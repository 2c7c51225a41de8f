import { WebhookVerificationError } from '../errors'

/** Fetch `Headers`, or a record of headers as in Node and its frameworks. */
export type HeadersInput = Headers | Readonly<Record<string, string | readonly string[] | undefined>>

/** The three headers that Svix signs with, under their `svix-…` names. */
export interface SvixHeaders extends Record<string, string> {
  'svix-id': string
  'svix-timestamp': string
  'svix-signature': string
}

/** Limits the work of one request. Svix sends one signature per secret. */
const MAX_SIGNATURES = 16
/** The tolerance of all Svix libraries. */
const TOLERANCE_SECONDS = 5 * 60

const names = ['id', 'timestamp', 'signature'] as const

/**
 * Validates the three headers of a delivery, their format and time, before any signature is computed. All three are
 * named `svix-…`, or all `webhook-…` as in Standard Webhooks.
 *
 * @throws {WebhookVerificationError} `missing_headers`, `malformed_headers`, `timestamp_too_old`, `timestamp_too_new`.
 */
export function judgeHeaders(input: HeadersInput): SvixHeaders {
  const [id, timestamp, signature] = pick(input)
  // The id becomes a key in databases and logs: printable, without spaces, of limited length.
  requireForm('id', id, /^[\x21-\x7e]{1,256}$/)
  requireForm('timestamp', timestamp, /^\d{1,12}$/)
  // A comma within a signature means that the header was sent twice: Fetch `Headers` join values with commas.
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
  // Checks for the method, because a runtime can have several `Headers` classes, or none.
  if (typeof input.get === 'function') return (input as Headers).get(name) ?? undefined
  const entries: [string, unknown][] = Object.entries(input)
  const values = entries.flatMap(([key, value]) => (key.toLowerCase() === name ? (value ?? []) : []))
  if (values.length > 1) malformed(name, 'was sent more than once')
  return typeof values[0] === 'string' ? values[0].trim() : undefined
}

function requireForm(name: string, value: string, form: RegExp): void {
  if (!form.test(value)) malformed(name, 'does not have the form that Svix gives it')
}

/**
 * Checks that a timestamp (seconds since the epoch) is at most five minutes old or ahead.
 * @throws {WebhookVerificationError} `timestamp_too_old`, `timestamp_too_new`.
 */
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
