import { signClerkWebhook } from '../../endpoint/sign'
import { type ClerkWebhookEvent, isClerkEvent } from '../../events/events'

/** A recorded delivery. */
export interface Recorded {
  messageId: string
  event: ClerkWebhookEvent
  /** The exact bytes, as text. */
  body: string
  /** Whether its signature was made with the secret, however old; `undefined` without a secret. */
  isGenuine: boolean | undefined
}

/**
 * Parses a line of `clerk webhooks listen --json`: `{ "type": "event", "headers": { … }, "body_b64": "…" }`.
 * @returns `undefined` for other lines.
 * @throws {Error} if a line that should be a delivery is invalid.
 */
export function readRecorded(line: string, secret: string | undefined): Recorded | undefined {
  const entry = object(parse(line, 'the line'))
  if (!entry) throw new Error('not a JSON object')
  if (entry.type !== 'event') return undefined
  if (typeof entry.body_b64 !== 'string') throw new Error('no body_b64')
  const body = Buffer.from(entry.body_b64, 'base64').toString('utf8')
  const headers = lowerCased(object(entry.headers) ?? {})
  const header = (name: string) => headers.get(`svix-${name}`) ?? headers.get(`webhook-${name}`)
  const [messageId, timestamp, signature] = [header('id'), header('timestamp'), header('signature')]
  if (messageId === undefined) throw new Error('no svix-id among the headers')
  const event = parse(body, 'its body')
  if (!isClerkEvent(event)) throw new Error('its body is not a Clerk event')
  const isGenuine = secret === undefined ? undefined : isSigned({ messageId, timestamp, signature, body }, secret)
  return { messageId, event, body, isGenuine }
}

/** The parser's own message quotes the invalid text, which can contain an address. */
function parse(text: string, what: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Error(`${what} is not JSON`)
  }
}

interface Signed {
  messageId: string
  timestamp: string | undefined
  signature: string | undefined
  body: string
}

/** Signs it again with its original time, because Svix's verifier refuses anything older than five minutes. */
function isSigned({ messageId, timestamp, signature, body }: Signed, signingSecret: string): boolean {
  const time = new Date(Number(timestamp) * 1_000)
  if (!signature || Number.isNaN(time.getTime())) return false
  const { headers } = signClerkWebhook(body, { signingSecret, messageId, timestamp: time })
  return signature.split(' ').includes(headers['svix-signature'] as string)
}

/** Header names can have any case, and a value can be a list of one. */
function lowerCased(headers: Record<string, unknown>): Map<string, string> {
  const first = (value: unknown): unknown => (Array.isArray(value) ? value[0] : value)
  return new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(first(value))]))
}

function object(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
}
