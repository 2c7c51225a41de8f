import { ClerkSyncError, isClerkSyncError } from '../errors'

/**
 * Status and code of a request that Clerk refused: the `cause` of the error. Does not contain the body, which can have
 * addresses.
 */
export class ClerkRefusal extends Error {
  override name = 'ClerkRefusal'
  readonly status: number
  /** Clerk's code, such as `form_identifier_exists`. */
  readonly clerkCode: string | undefined
  readonly traceId: string | undefined
  /** From `Retry-After`. */
  readonly retryAfterMs: number | undefined

  constructor(status: number, body: unknown, headers: Headers) {
    const { clerkCode, traceId } = readBody(body)
    super(`${status} ${clerkCode ?? ''}`.trim())
    this.status = status
    this.clerkCode = clerkCode
    this.traceId = traceId ?? plain(headers.get('cf-ray'))
    const seconds = headers.get('retry-after') ?? ''
    // Clerk documents seconds. A date would require synchronized clocks.
    this.retryAfterMs = /^\d{1,6}$/.test(seconds) ? Number(seconds) * 1000 : undefined
  }
}

/** Returns Clerk's refusal if it caused `error`. */
export function refusalOf(error: unknown): ClerkRefusal | undefined {
  return isClerkSyncError(error) && error.cause instanceof ClerkRefusal ? error.cause : undefined
}

/**
 * Creates the error for a request that Clerk refused.
 * @param what Method and path.
 */
export function refused(what: string, refusal: ClerkRefusal): ClerkSyncError {
  const { status, clerkCode, traceId } = refusal
  const details = [clerkCode, traceId && `trace ${traceId}`].filter(Boolean).join(', ')
  const answer = `Clerk's API answered ${status} to ${what}${details && ` (${details})`}.`
  if (status === 401 || status === 403) {
    const hint = 'Check that CLERK_SECRET_KEY is the secret key (sk_…) of this instance.'
    return new ClerkSyncError('clerk_key_invalid', `${answer} ${hint}`, { cause: refusal })
  }
  return new ClerkSyncError('clerk_api_failed', `${answer} ${hintFor(status)}`, { cause: refusal })
}

function hintFor(status: number): string {
  if (status === 404 || (status >= 300 && status < 400)) {
    return 'Clerk itself does not give this answer. Check apiUrl (CLERK_API_URL).'
  }
  if (status === 429) return 'Too many requests in ten seconds, by this process or others with the same key.'
  return status >= 500 ? 'Try again later.' : 'Clerk does not accept the request.'
}

function readBody(body: unknown): { clerkCode: string | undefined; traceId: string | undefined } {
  const { errors, clerk_trace_id } = (isRecord(body) ? body : {}) as { errors?: unknown; clerk_trace_id?: unknown }
  const first: unknown = Array.isArray(errors) ? errors[0] : undefined
  return { clerkCode: isRecord(first) ? plain(first.code) : undefined, traceId: plain(clerk_trace_id) }
}

/** Admits only codes and ids to messages, because any server could be listening at `apiUrl`. */
function plain(value: unknown): string | undefined {
  return typeof value === 'string' && /^[\w.-]{1,80}$/.test(value) ? value : undefined
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
