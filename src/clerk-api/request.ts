import { ClerkSyncError } from '../errors'
import { backOff } from '../time/back-off'
import { sleep } from '../time/sleep'
import { rateLimitFor } from './rate-limit'
import { refusalOf } from './refusal'
import { type Attempt, send } from './send'

/** Whom to ask, as whom. */
export interface ClerkConnection {
  secretKey: string
  /** Without `/v1`. */
  apiUrl: string
}

/** A request, and how much trouble to take over it. */
export interface ClerkRequest extends Omit<Attempt, 'timeoutMs'> {
  /** For one attempt. @default 5_000 */
  timeoutMs?: number
  /** How often to try again what may work then: no answer, 429, 5xx. @default 2 */
  retries?: number
  /** Whether sending it twice does no harm, so that it is tried again when nobody knows what became of it. @default all but POST */
  isRepeatable?: boolean
  /** Point in time, in milliseconds, after which nobody waits for the answer. */
  deadline?: number
}

/**
 * The one way to Clerk's Backend API: JSON in and out, at the pace Clerk allows, tried again where that may help.
 * `null`: Clerk has nothing by that id.
 *
 * @throws {ClerkSyncError} `clerk_key_invalid`, `clerk_unreachable`, `clerk_api_failed`, `timed_out` where nothing was sent as its
 * turn would have come too late; where Clerk refused, `cause` is the `ClerkRefusal`. With `signal`, its reason.
 */
export async function clerkRequest(connection: ClerkConnection, request: ClerkRequest): Promise<unknown> {
  const { method = 'GET', isRepeatable = method !== 'POST', retries = 2, timeoutMs = 5_000 } = request
  const { deadline = Number.POSITIVE_INFINITY, signal } = request
  for (let attempt = 0; ; attempt += 1) {
    await takeTurn(connection, request)
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

async function takeTurn(connection: ClerkConnection, { deadline, signal, ...request }: ClerkRequest): Promise<void> {
  const patience = (deadline ?? Number.POSITIVE_INFINITY) - Date.now()
  const wait = rateLimitFor(connection).take(performance.now(), patience)
  if (wait === undefined) {
    throw new ClerkSyncError(
      'timed_out',
      `There was no turn in time for ${request.method ?? 'GET'} ${request.path}: the deadline is past, or too many requests wait.`,
    )
  }
  if (wait > 0) await sleep(wait, signal)
}

/** Clerk blocks for seconds; whoever asks for more than this is not worth waiting for. */
const MAX_WAIT_MS = 5 * 60_000

/** `undefined` where trying again cannot help, or might do a thing twice. */
function waitBeforeRetry(error: unknown, attempt: number, isRepeatable: boolean): number | undefined {
  if (!(error instanceof ClerkSyncError)) return undefined
  const refusal = refusalOf(error)
  if ((refusal?.retryAfterMs ?? 0) > MAX_WAIT_MS) return undefined
  // Refused before anything was done.
  if (refusal?.status === 429) return (refusal.retryAfterMs ?? 0) + backOff(refusal.retryAfterMs ? 0 : attempt)
  if (refusal) {
    if (refusal.status < 500 || !isRepeatable) return undefined
    return Math.max(refusal.retryAfterMs ?? 0, backOff(attempt))
  }
  if (error.code !== 'clerk_unreachable') return undefined
  return isRepeatable || wasNeverSent(error.cause) ? backOff(attempt) : undefined
}

/** Codes of Node's fetch for a connection that never came to be. */
const connectFailures = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT'])

function wasNeverSent(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined
  return cause instanceof Error && 'code' in cause && connectFailures.has(String(cause.code))
}
