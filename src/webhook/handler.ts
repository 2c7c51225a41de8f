import { type ClerkSyncErrorCode, errorCodeOf, isClerkSyncError, type WebhookVerificationCode } from '../errors'
import type { ResolvedClerkSyncOptions } from '../resolved-options'
import { syncEvent } from '../sync/sync-event'
import { withDeadline } from '../time/deadline'
import { answerRaw, type RawHandler, type RawRequest, type RawResponse } from './raw-request'
import { fromFetch } from './request'
import { verifyRequest } from './verify'

/** Codes in the JSON body of a refusal. They help the sender and reveal nothing about the app. */
export type RefusalCode =
  | WebhookVerificationCode
  | 'method_not_allowed'
  | 'body_too_large'
  | 'raw_body_unavailable'
  | 'timed_out'
  | 'internal_error'

interface Refusal {
  status: 400 | 405 | 413 | 500 | 503
  message: string
  headers?: Record<string, string>
}

const verificationFailed: Refusal = { status: 400, message: 'The delivery could not be verified.' }

/** The one table from error code to response. Svix retries after 4xx and 5xx alike. */
const refusals: Record<RefusalCode, Refusal> = {
  missing_headers: verificationFailed,
  malformed_headers: verificationFailed,
  timestamp_too_old: verificationFailed,
  timestamp_too_new: verificationFailed,
  no_matching_signature: verificationFailed,
  not_a_clerk_event: verificationFailed,
  method_not_allowed: { status: 405, message: 'Only POST is accepted.', headers: { allow: 'POST' } },
  body_too_large: { status: 413, message: 'The body is too large.' },
  raw_body_unavailable: { status: 500, message: 'The raw body did not reach the handler.' },
  timed_out: { status: 503, message: 'The time limit was exceeded; please retry.', headers: { 'retry-after': '30' } },
  internal_error: { status: 500, message: 'The event could not be processed; please retry.' },
}

/** Creates the function that answers deliveries. It never rejects. */
export function createHandler(
  options: ResolvedClerkSyncOptions,
): ((request: Request) => Promise<Response>) & Required<RawHandler> {
  const answer = answering(options)
  const handler = async (request: Request) => {
    const { body, ...init } = await answer(fromFetch(request))
    return new Response(body, init)
  }
  return Object.assign(handler, { [answerRaw]: answer })
}

function answering(options: ResolvedClerkSyncOptions): (request: RawRequest) => Promise<RawResponse> {
  return async (request) => {
    if (request.method !== 'POST') return refuse('method_not_allowed')
    const deadline = Date.now() + options.timeoutMs
    return options.meter.delivery(async (add) => {
      try {
        const work = () => verifyRequest(request, options.signingSecret, options.maxBodyBytes)
        const event = await options.meter.span('verify', {}, () => withDeadline(deadline, work()))
        const { type, messageId } = event
        add({ type, messageId })
        const { outcome, conflict } = await syncEvent(options, event, { messageId, deadline })
        add({ outcome, code: conflict?.code })
        // A redelivery would change nothing: this prevents 28 hours of retries by Svix.
        // https://docs.svix.com/receiving/delivery-control
        const headers: Record<string, string> = outcome === 'conflict' ? { 'webhook-delivery': 'abort-message' } : {}
        return json(200, { outcome }, headers)
      } catch (error) {
        add({ code: errorCodeOf(error) })
        return refuseFor(options, request, error)
      }
    })
  }
}

/** Logs and reports an error, and answers with its refusal. */
function refuseFor(options: ResolvedClerkSyncOptions, request: RawRequest, error: unknown): RawResponse {
  const messageId = claimedMessageId(request.headers)
  const code = refusalCode(error)
  if (refusals[code].status < 500) options.logger.warn({ messageId, code, ...textOf(error) }, 'delivery refused')
  else options.logger.error({ messageId, ...describe(error) }, 'delivery failed')
  options.onError(error, { messageId })
  return refuse(code)
}

/** The message id as sent, sanitized for the log: it is not verified yet. */
function claimedMessageId(headers: RawRequest['headers']): string | undefined {
  const id = headers.get('svix-id') ?? headers.get('webhook-id') ?? undefined
  return id?.slice(0, 256).replace(/[^ -~]/g, '?')
}

function refusalCode(error: unknown): RefusalCode {
  const code: ClerkSyncErrorCode | undefined = isClerkSyncError(error) ? error.code : undefined
  return code !== undefined && Object.hasOwn(refusals, code) ? (code as RefusalCode) : 'internal_error'
}

/**
 * Fields to log about an error. Messages are logged only for our own errors, because a driver's can quote a document's
 * values.
 */
function describe(error: unknown): Record<string, unknown> {
  if (!isClerkSyncError(error)) {
    return {
      code: 'unexpected',
      error: nameOf(error),
      hint: 'the error message may be private and is not logged; onError receives the error',
    }
  }
  const { cause } = error
  const beneath = cause instanceof Error ? { cause: nameOf(cause), causeCode: codeOf(cause) } : {}
  return { code: error.code, error: error.message, ...beneath }
}

const textOf = (error: unknown) => (isClerkSyncError(error) ? { error: error.message } : {})

/** Names and codes of foreign errors can contain arbitrary text; only those that look like names are logged. */
function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error
  return typeof error.name === 'string' && /^\w{1,64}$/.test(error.name) ? error.name : 'Error'
}

function codeOf(error: object): number | string | undefined {
  const code = 'code' in error ? error.code : undefined
  return typeof code === 'number' || (typeof code === 'string' && /^[A-Z0-9_]{1,40}$/.test(code)) ? code : undefined
}

function refuse(code: RefusalCode): RawResponse {
  const { status, message, headers } = refusals[code]
  return json(status, { error: { code, message } }, headers)
}

function json(status: number, body: object, headers: Record<string, string> = {}): RawResponse {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) }
}
