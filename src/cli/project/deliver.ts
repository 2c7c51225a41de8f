import type { SignedDelivery } from '../../testing/sign'
import { timeLimit } from '../../time/abort-with'

/** Result of one delivery. */
export interface Delivered {
  /** Absent without a response. */
  status?: number
  /** The first two thousand characters of the response body. */
  body: string
  /** `outcome` in the body of our handler's response. */
  outcome?: string
  /** `error.code` in the body of our handler's refusal. */
  code?: string
  durationMs: number
  /** Whether Svix counts it as delivered: only 2xx. */
  isDelivered: boolean
  /** The probable cause of an unexpected response, and what to change. */
  hint?: string
}

/** Svix's time limit. https://docs.svix.com/retries */
const TIMEOUT_MS = 15_000

/** Sends a delivery as Svix does: without following redirects, with a time limit of 15 s. */
export async function deliver(
  url: string,
  { headers, body }: SignedDelivery,
  signal?: AbortSignal,
): Promise<Delivered> {
  const started = performance.now()
  const limit = timeLimit(TIMEOUT_MS, signal)
  try {
    const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal: limit.signal })
    const text = (await response.text()).slice(0, 2_000)
    const { status } = response
    const outcome = outcomeOf(text)
    const code = codeOf(text)
    const hint = explainAnswer(status, { body: text, location: response.headers.get('location') })
    return {
      status,
      body: text,
      ...(outcome !== undefined && { outcome }),
      ...(code !== undefined && { code }),
      durationMs: Math.round(performance.now() - started),
      isDelivered: response.ok,
      ...(hint !== undefined && { hint }),
    }
  } catch (error) {
    const hint = explainFailure(url, error, limit.isLate)
    return { body: '', durationMs: Math.round(performance.now() - started), isDelivered: false, hint }
  } finally {
    limit.clear()
  }
}

/** The probable cause of a response to a signed delivery, and what to change. `undefined` for an expected response. */
export function explainAnswer(
  status: number,
  { body, location }: { body: string; location: string | null },
): string | undefined {
  if (status >= 200 && status < 300) return explainSuccess(body)
  if (status >= 300 && status < 400) {
    const to = location ? ` to ${location}` : ''
    return `A redirect${to}. Svix does not follow redirects: use the final address (trailing slash, https, www), and let sign-in redirects leave this route alone.`
  }
  const ours = status === 400 || status === 500 ? refusals[codeOf(body) ?? ''] : undefined
  return ours ?? answers[status] ?? serverFailure(status)
}

const answers: Record<number, string> = {
  400: 'Refused as not genuine, or not by this handler. Is the secret the one the app uses? Does anything read the body before the handler?',
  401: 'Something in front of the handler wants a signed-in user: leave this route out in clerkMiddleware, or in the deployment protection of your host. Svix cannot sign in.',
  403: 'Something in front of the handler forbids it: CSRF protection, a firewall, an IP allow list, or the deployment protection of your host.',
  404: 'No route there: check path and port. auth.protect() in clerkMiddleware answers 404 as well: leave this route out there.',
  405: 'There is a route, but it takes no POST: export POST (`export const { POST } = toNextHandler(clerkSync)`), or use post/all.',
  413: 'The body is larger than something on the way accepts: raise the limit of the proxy or body parser to 1 MiB.',
  415: 'Something in front of the handler refuses the content type: mount the handler before body parsers and validators.',
  429: 'Something in front of the handler limits requests: leave this route out there.',
  500: 'The app failed. Its log says why (unless createClerkSync has `logger: false`); `clerk-mongo-sync doctor` looks for the usual causes.',
  502: 'The proxy did not reach the app. Is it running?',
  503: 'Not done in time, or the app is not ready. Is MongoDB reachable from it?',
  504: 'The proxy did not wait for the app. Is MongoDB reachable from it?',
}

/** By the code in our handler's refusal. */
const refusals: Record<string, string | undefined> = {
  raw_body_unavailable:
    'A body parser has read the body, and the signature covers the bytes as they were sent: mount the handler before it (in Express before express.json()).',
  no_matching_signature:
    'The signature does not match: the app has another secret than this command, or the body was changed on its way (a body parser in front of the handler).',
  timestamp_too_old:
    'The time is too old: compare the clocks of this machine and of the app, five minutes are allowed.',
  timestamp_too_new: 'The time is ahead: compare the clocks of this machine and of the app, five minutes are allowed.',
  missing_headers: 'The svix- headers did not reach the handler: something on the way takes them away.',
  malformed_headers: 'The svix- headers were changed on their way.',
  not_a_clerk_event: 'The signature is right, but the body is no Clerk event: it needs `type`, and `data` with an id.',
}

function serverFailure(status: number): string {
  return status >= 500 ? (answers[500] as string) : 'Not an answer of our handler: look at what is in front of it.'
}

function explainSuccess(body: string): string | undefined {
  const outcome = outcomeOf(body)
  if (outcome === undefined) {
    return 'Answered 2xx, but not by this library: another handler has this address, and MongoDB was not written by us.'
  }
  if (outcome === 'conflict')
    return 'The event cannot be applied as it is. The log of the app names the path and the setting; `clerk-mongo-sync status` names stored users.'
  return undefined
}

function explainFailure(url: string, error: unknown, isTimeout: boolean): string {
  if (isTimeout) return `No answer within ${TIMEOUT_MS / 1_000} s. Svix gives up then, and tries again.`
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  if (code === 'ECONNREFUSED') return `Nothing listens at ${new URL(url).origin}. Is the app running, and on this port?`
  if (code === 'ENOTFOUND') return `There is no host ${new URL(url).hostname}.`
  return `${new URL(url).origin} did not answer${code ? ` (${code})` : ''}.`
}

function outcomeOf(body: string): string | undefined {
  const { outcome } = parse(body)
  return typeof outcome === 'string' ? outcome : undefined
}

function codeOf(body: string): string | undefined {
  const { error } = parse(body)
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : undefined
}

function parse(body: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
