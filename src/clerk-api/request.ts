import { ClerkSyncError } from '../errors'
import { backOff } from '../time/back-off'
import { sleep } from '../time/sleep'
import { rateLimitFor } from './rate-limit'
import { refusalOf } from './refusal'
import { type Attempt, send } from './send'

/** Address of the API, and the key to send. */
export interface ClerkConnection {
  secretKey: string
  /** Address without `/v1`. */
  apiUrl: string
}

/** A request, with its time limits and retries. */
export interface ClerkRequest extends Omit<Attempt, 'timeoutMs'> {
  /** Time limit of one attempt, in milliseconds. @default 5_000 */
  timeoutMs?: number
  /** Number of retries after no response, 429 or 5xx. @default 2 */
  retries?: number
  /**
   * Whether the request may be sent twice, so that it is retried even if the first may have succeeded. @default all but
   * POST
   */
  isRepeatable?: boolean
  /** Time, in milliseconds since the epoch, after which the response is no longer needed. */
  deadline?: number
}

/**
 * Sends a JSON request to Clerk's Backend API within the rate limit, with retries. The only access to that API.
 * Resolves with `null` if Clerk has no object with that id.
 *
 * @throws {ClerkSyncError} `clerk_key_invalid`, `clerk_unreachable`, `clerk_api_failed`; `timed_out` if nothing was
 * sent because the rate limit would exceed the deadline. If Clerk refused the request, `cause` is the `ClerkRefusal`.
 * If `signal` aborts, its reason.
 */
export async function clerkRequest(connection: ClerkConnection, request: ClerkRequest): Promise<unknown> {
  const { method = 'GET', isRepeatable = method !== 'POST', retries = 2, timeoutMs = 5_000 } = request
  const { deadline = Number.POSITIVE_INFINITY, signal } = request
  for (let attempt = 0; ; attempt += 1) {
    await waitForRateLimit(connection, request)
    try {
      const timeLeft = Math.max(1, Math.min(timeoutMs, deadline - Date.now()))
      return await send(connection, { ...request, timeoutMs: timeLeft })
    } catch (error) {
      const wait = waitBeforeRetry(error, attempt, isRepeatable)
      if (wait === undefined || attempt >= retries || Date.now() + wait >= deadline) throw error
      await sleep(wait, signal)
    }
  }
}

async function waitForRateLimit(
  connection: ClerkConnection,
  { deadline, signal, ...request }: ClerkRequest,
): Promise<void> {
  const maxWait = (deadline ?? Number.POSITIVE_INFINITY) - Date.now()
  const wait = rateLimitFor(connection).take(performance.now(), maxWait)
  if (wait === undefined) {
    throw new ClerkSyncError(
      'timed_out',
      `${request.method ?? 'GET'} ${request.path} was not sent: the deadline has passed, or the rate limit delays it past the deadline.`,
    )
  }
  if (wait > 0) await sleep(wait, signal)
}

/** Clerk usually blocks for seconds. A longer `Retry-After` than this is not waited for. */
const MAX_WAIT_MS = 5 * 60_000

/** Wait before a retry, in milliseconds; `undefined` if a retry cannot help, or could repeat an effect. */
function waitBeforeRetry(error: unknown, attempt: number, isRepeatable: boolean): number | undefined {
  if (!(error instanceof ClerkSyncError)) return undefined
  const refusal = refusalOf(error)
  if ((refusal?.retryAfterMs ?? 0) > MAX_WAIT_MS) return undefined
  // The rate limit refuses a request before it has any effect.
  if (refusal?.status === 429) return (refusal.retryAfterMs ?? 0) + backOff(refusal.retryAfterMs ? 0 : attempt)
  if (refusal) {
    if (refusal.status < 500 || !isRepeatable) return undefined
    return Math.max(refusal.retryAfterMs ?? 0, backOff(attempt))
  }
  if (error.code !== 'clerk_unreachable') return undefined
  return isRepeatable || wasNeverSent(error.cause) ? backOff(attempt) : undefined
}

/** Error codes of Node's fetch if no connection was established. */
const connectFailures = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT'])

function wasNeverSent(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined
  return cause instanceof Error && 'code' in cause && connectFailures.has(String(cause.code))
}
