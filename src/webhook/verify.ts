import { WebhookVerificationError as SvixVerificationError, Webhook } from 'svix'
import { ClerkSyncError, isClerkSyncError, rawBodyUnavailable, WebhookVerificationError } from '../errors'
import { isClerkEvent, type VerifiedClerkEvent } from '../events/events'
import { count } from '../number-options'
import type { SigningSecret } from '../resolved-options'
import type { RawRequest } from './raw-request'
import {
  DEFAULT_MAX_BODY_BYTES,
  decodeBody,
  fromFetch,
  type HeadersInput,
  isRebuilt,
  judgeHeaders,
  judgeTime,
  readBody,
  type SvixHeaders,
} from './request'

/** Options of `verifyClerkWebhook`; `createClerkSync` accepts them too. */
export interface VerifyOptions {
  /**
   * The endpoint's secret from Clerk's dashboard (`whsec_…`), or several while rotating. A function is called for each
   * delivery, for example to read another environment variable that is set after this module was loaded.
   * @default process.env.CLERK_WEBHOOK_SIGNING_SECRET, else CLERK_WEBHOOK_SECRET; read at each call
   */
  signingSecret?: SigningSecret | undefined
  /** Limit of a `Request`'s body, in bytes. @default 1 MiB, Svix's own limit */
  maxBodyBytes?: number | undefined
}

/**
 * Verifies a delivery and returns its event with Svix's `messageId`. The signature covers the exact bytes: pass the
 * body as it arrived, not parsed and serialized again. Svix's own `Webhook` class checks the signature; a delivery may
 * be five minutes old or ahead.
 *
 * @throws {WebhookVerificationError} if headers, time or signature are wrong, or the body is no Clerk event.
 * @throws {ClerkSyncError} `secret_missing`, `secret_malformed`, `raw_body_unavailable`, `body_too_large`.
 * @see https://docs.svix.com/receiving/verifying-payloads/how-manual
 *
 * @example
 * const event = await verifyClerkWebhook(request)
 * if (event.type === 'user.created') console.log(event.data.id, event.messageId)
 */
export function verifyClerkWebhook(request: Request, options?: VerifyOptions): Promise<VerifiedClerkEvent>
export function verifyClerkWebhook(
  payload: string | Uint8Array,
  headers: HeadersInput,
  options?: VerifyOptions,
): Promise<VerifiedClerkEvent>
export async function verifyClerkWebhook(
  source: Request | string | Uint8Array,
  second?: HeadersInput | VerifyOptions,
  third?: VerifyOptions,
): Promise<VerifiedClerkEvent> {
  if (isRequest(source)) {
    const { signingSecret, maxBodyBytes = DEFAULT_MAX_BODY_BYTES } = (second ?? {}) as VerifyOptions
    return verifyRequest(fromFetch(source), signingSecret, count('maxBodyBytes', maxBodyBytes))
  }
  const headers = judgeHeaders((second ?? {}) as HeadersInput)
  const secrets = resolveSecrets(third?.signingSecret)
  return verify(decodeBody(source), headers, secrets)
}

/** Verifies a delivery, with a body of at most `maxBodyBytes`, as `verifyClerkWebhook` does. */
export async function verifyRequest(
  request: RawRequest,
  signingSecret: SigningSecret | undefined,
  maxBodyBytes: number,
): Promise<VerifiedClerkEvent> {
  const headers = judgeHeaders(request.headers)
  const secrets = resolveSecrets(signingSecret)
  const body = await readBody(request, maxBodyBytes)
  try {
    return verify(decodeBody(body), headers, secrets)
  } catch (error) {
    const isRefused = isClerkSyncError(error) && error.code === 'no_matching_signature'
    if (!isRefused || !isRebuilt(request, body)) throw error
    throw rawBodyUnavailable(
      'The body was parsed and written again before the webhook handler: its length has changed',
      request.remedy,
    )
  }
}

function verify(payload: string, headers: SvixHeaders, secrets: readonly string[]): VerifiedClerkEvent {
  if (!secrets.some((secret) => isSignedWith(secret, payload, headers))) {
    throw new WebhookVerificationError(
      'no_matching_signature',
      'No signature of this delivery matches the signing secret. Either it does not come from Clerk, the secret ' +
        'belongs to another endpoint, or the body was changed on its way (parsed and written again, re-encoded).',
    )
  }
  const event = parse(payload)
  if (!isClerkEvent(event)) {
    throw new WebhookVerificationError(
      'not_a_clerk_event',
      'The delivery is correctly signed, but its body is no Clerk event (JSON with a text `type` and an object `data`).',
    )
  }
  return { ...event, messageId: headers['svix-id'] }
}

function isSignedWith(secret: string, payload: string, headers: SvixHeaders): boolean {
  try {
    // `verify` returns nothing since svix 2.2, so the text it checked is parsed here.
    verifierOf(secret).verify(payload, headers)
    return true
  } catch (error) {
    // A slow body can outlast the tolerance; then svix rejected the time, not the signature.
    judgeTime(headers['svix-timestamp'])
    if (error instanceof SvixVerificationError) return false
    throw new ClerkSyncError('secret_malformed', 'The signature could not be computed.', { cause: error })
  }
}

/** Verifiers by secret. Few, because a secret lives for months, and one that changes all the time must not pile up. */
const verifiers = new Map<string, Webhook>()
const MAX_VERIFIERS = 32

function verifierOf(secret: string): Webhook {
  const known = verifiers.get(secret)
  if (known) return known
  if (verifiers.size >= MAX_VERIFIERS) verifiers.clear()
  const verifier = new Webhook(secret)
  verifiers.set(secret, verifier)
  return verifier
}

function parse(payload: string): unknown {
  try {
    return JSON.parse(payload)
  } catch {
    return undefined
  }
}

function isRequest(source: unknown): source is Request {
  return typeof source === 'object' && source !== null && 'headers' in source && 'arrayBuffer' in source
}

/**
 * Returns the signing secrets to try, from the option or the environment. Reads the environment at each call, because
 * some runtimes fill it per request.
 * @throws {ClerkSyncError} `secret_missing`, `secret_malformed`. Messages never contain the secret.
 */
export function resolveSecrets(option: SigningSecret | undefined): readonly string[] {
  const value = typeof option === 'function' ? option() : option
  const given = typeof value === 'string' ? [value] : value
  // Skips unset variables in a list (`process.env.OLD!`), which are undefined despite their type.
  const secrets = (given ?? fromEnvironment()).filter((secret) => Boolean(secret))
  if (secrets.length === 0) {
    throw new ClerkSyncError(
      'secret_missing',
      "No signing secret: set CLERK_WEBHOOK_SIGNING_SECRET (Clerk's dashboard, Webhooks, your endpoint, Signing Secret), " +
        'or pass `signingSecret`.',
    )
  }
  for (const [at, secret] of secrets.entries()) judgeSecret(secret, secrets.length > 1 ? ` number ${at + 1}` : '')
  return secrets
}

function fromEnvironment(): string[] {
  // Edge runtimes may have no `process`.
  const env = globalThis.process?.env ?? {}
  return [env.CLERK_WEBHOOK_SIGNING_SECRET || env.CLERK_WEBHOOK_SECRET || '']
}

function judgeSecret(secret: string, which: string): void {
  const why = verifiers.has(secret) ? undefined : fault(secret)
  if (why) throw new ClerkSyncError('secret_malformed', `The webhook signing secret${which} ${why}.`)
}

function fault(secret: string): string | undefined {
  if (/\s/.test(secret)) return 'contains white space, often a line break at its end. Remove it where the secret is set'
  if (/^[sp]k_(test|live)_/.test(secret))
    return "is one of Clerk's API keys. The signing secret starts with whsec_ and is shown with the webhook endpoint"
  if (!isBase64(secret.replace(/^whsec_/, '')))
    return 'is not base64 after whsec_. Copy it again, whole and without quotes'
  return undefined
}

function isBase64(text: string): boolean {
  try {
    return text !== '' && btoa(atob(text)) === text
  } catch {
    return false
  }
}
