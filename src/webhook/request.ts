import { ClerkSyncError, isClerkSyncError, rawBodyUnavailable, WebhookVerificationError } from '../errors'
import { SMALL_BODY_BYTES, slotForLargeBody } from './large-bodies'
import type { BodyReader, RawRequest } from './raw-request'

/** Fetch `Headers`, or a record of headers as in Node and its frameworks. */
export type HeadersInput = Headers | Readonly<Record<string, string | readonly string[] | undefined>>

type AnyHeaders = HeadersInput | RawRequest['headers']

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
export function judgeHeaders(input: AnyHeaders): SvixHeaders {
  const [id, timestamp, signature] = pick(input)
  // The id becomes a key in databases and logs: printable, without spaces, of limited length.
  requireForm('id', id, /^[\x21-\x7e]{1,256}$/)
  requireForm('timestamp', timestamp, /^\d{1,12}$/)
  // A comma within a signature means that the header was sent twice: Fetch `Headers` join values with commas.
  requireForm('signature', signature, /^v\d+[a-z]?,[^\s,]{1,256}(?: v\d+[a-z]?,[^\s,]{1,256})*$/)
  if (signature.split(' ').length > MAX_SIGNATURES)
    malformed('signature', `contains more than ${MAX_SIGNATURES} signatures`)
  judgeTime(timestamp)
  return { 'svix-id': id, 'svix-timestamp': timestamp, 'svix-signature': signature }
}

function pick(input: AnyHeaders): [string, string, string] {
  for (const prefix of ['svix', 'webhook']) {
    const [id, timestamp, signature] = names.map((name) => read(input, `${prefix}-${name}`))
    if (id && timestamp && signature) return [id, timestamp, signature]
  }
  throw new WebhookVerificationError(
    'missing_headers',
    'The headers svix-id, svix-timestamp and svix-signature are required. Clerk sends them with every delivery.',
  )
}

function read(input: AnyHeaders, name: string): string | undefined {
  // Checks for the method, because a runtime can have several `Headers` classes, or none.
  if (typeof input.get === 'function') return (input as Headers).get(name) ?? undefined
  const entries: [string, unknown][] = Object.entries(input)
  const values = entries.flatMap(([key, value]) => (key.toLowerCase() === name ? (value ?? []) : []))
  if (values.length > 1) malformed(name, 'was sent more than once')
  return typeof values[0] === 'string' ? values[0].trim() : undefined
}

function requireForm(name: string, value: string, form: RegExp): void {
  if (!form.test(value)) malformed(name, 'does not have the format that Svix uses')
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

/** Svix sends payloads of up to 1 MiB. */
export const DEFAULT_MAX_BODY_BYTES = 1024 * 1024

/** A Fetch request, as the handler takes it. */
export function fromFetch(request: Request): RawRequest {
  return {
    method: request.method,
    headers: request.headers,
    open() {
      if (request.bodyUsed || request.body?.locked)
        throw rawBodyUnavailable('The body was already read before the webhook handler')
      return request.body?.getReader()
    },
  }
}

/**
 * Reads a request's body, at most `limit` bytes.
 * @throws {ClerkSyncError} `body_too_large`, `raw_body_unavailable`.
 */
export async function readBody({ headers, open }: RawRequest, limit: number): Promise<Uint8Array> {
  if (Number(headers.get('content-length') ?? 0) > limit) throw bodyTooLarge(limit)
  const body = open()
  return body ? readAll(body, limit) : new Uint8Array()
}

async function readAll(body: BodyReader, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  let leave: (() => void) | undefined
  try {
    for (let chunk = await next(body); chunk; chunk = await next(body)) {
      size += chunk.byteLength
      if (size > limit) throw bodyTooLarge(limit)
      chunks.push(chunk)
      if (size > SMALL_BODY_BYTES) leave ??= await slotForLargeBody()
    }
  } catch (error) {
    void Promise.resolve(body.cancel()).catch(() => {})
    throw error
  } finally {
    leave?.()
  }
  return concat(chunks, size)
}

async function next(body: BodyReader): Promise<Uint8Array | undefined> {
  const { done, value } = await body.read().catch((cause: unknown) => {
    if (isClerkSyncError(cause)) throw cause
    if (isTooLarge(cause))
      throw new ClerkSyncError('body_too_large', "The body is larger than the framework's limit.", { cause })
    throw new ClerkSyncError('raw_body_unavailable', 'The body ended early.', { cause })
  })
  if (done) return undefined
  if (ArrayBuffer.isView(value)) return value as Uint8Array
  throw rawBodyUnavailable('The body reached the handler decoded, as text')
}

/** Whether a framework refused the body for its size while it was read, as SvelteKit does. */
const isTooLarge = (cause: unknown): boolean => cause instanceof Error && 'status' in cause && cause.status === 413

/**
 * Whether something has put another body in place of the one that was sent: its length is not the one that the sender
 * gave. An encoded body, such as a compressed one, tells nothing.
 */
export function isRebuilt({ headers }: RawRequest, body: Uint8Array): boolean {
  const length = headers.get('content-length')
  return Boolean(length) && !headers.get('content-encoding') && Number(length) !== body.byteLength
}

/**
 * Decodes bytes to text that encodes to the same bytes, so that verifying the text verifies the bytes.
 * @throws {WebhookVerificationError} `no_matching_signature` if the bytes are not valid UTF-8.
 */
export function decodeBody(payload: string | Uint8Array): string {
  if (typeof payload === 'string') return payload
  if (!ArrayBuffer.isView(payload)) throw rawBodyUnavailable('A parsed object was given instead of the raw body')
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(payload)
  } catch (cause) {
    throw new WebhookVerificationError('no_matching_signature', 'The body is not valid UTF-8.', { cause })
  }
}

function bodyTooLarge(limit: number): ClerkSyncError {
  return new ClerkSyncError(
    'body_too_large',
    `The body is larger than ${limit} bytes; raise \`maxBodyBytes\` to accept it.`,
  )
}

function concat(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const [first] = chunks
  if (first && chunks.length === 1) return first
  const whole = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.byteLength
  }
  return whole
}
