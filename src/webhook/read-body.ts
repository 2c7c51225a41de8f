import { ClerkSyncError, isClerkSyncError, rawBodyUnavailable, WebhookVerificationError } from '../errors'
import { placeForLargeBody, SMALL_BODY_BYTES } from './large-bodies'

/** Svix sends payloads of up to 1 MiB. */
export const DEFAULT_MAX_BODY_BYTES = 1024 * 1024

/**
 * Reads a request's body as the exact text that was signed, at most `limit` bytes.
 * @throws {ClerkSyncError} `body_too_large`, `raw_body_unavailable`.
 */
export async function readBody(request: Request, limit: number): Promise<string> {
  if (request.bodyUsed || request.body?.locked)
    throw rawBodyUnavailable('Something in front of the webhook handler has already read the body')
  if (Number(request.headers.get('content-length') ?? 0) > limit) throw bodyTooLarge(limit)
  return request.body ? decodeBody(await readAll(request.body, limit)) : ''
}

async function readAll(body: ReadableStream<Uint8Array>, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  let leave: (() => void) | undefined
  // Uses a reader, because not every runtime's stream is async iterable.
  const reader = body.getReader()
  try {
    for (let part = await next(reader); !part.done; part = await next(reader)) {
      size += part.value.byteLength
      if (size > limit) throw bodyTooLarge(limit)
      chunks.push(part.value)
      if (size > SMALL_BODY_BYTES) leave ??= await placeForLargeBody()
    }
  } catch (error) {
    void reader.cancel().catch(() => {})
    throw error
  } finally {
    leave?.()
  }
  return concat(chunks, size)
}

async function next(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<ReadableStreamReadResult<Uint8Array>> {
  const part = await reader.read().catch((cause: unknown) => {
    if (isClerkSyncError(cause)) throw cause
    throw new ClerkSyncError('raw_body_unavailable', 'The body broke off before its end.', { cause })
  })
  if (part.done || ArrayBuffer.isView(part.value)) return part
  throw rawBodyUnavailable('The body reached the handler decoded, as text')
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
    `The body is larger than ${limit} bytes; raise \`maxBodyBytes\` if it must be.`,
  )
}

function concat(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.byteLength
  }
  return whole
}
