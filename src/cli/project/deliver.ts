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
    return `A redirect${to}. Svix does not follow redirects: use the final address (trailing slash, https, www), and exclude this route from sign-in redirects.`
  }
  const ours = status === 400 || status === 500 ? refusals[codeOf(body) ?? ''] : undefined
  return ours ?? answers[status] ?? serverFailure(status)
}

const answers: Record<number, string> = {
  400: 'Refused as not genuine, or not by this handler. Check that the app uses the same secret, and that nothing reads the body before the handler.',
  401: 'Something in front of the handler requires a signed-in user. Svix cannot sign in: exclude this route in clerkMiddleware, or from the deployment protection of your host.',
  403: 'Something in front of the handler blocks the request: CSRF protection, a firewall, an IP allow list, or the deployment protection of your host.',
  404: 'There is no route at this address: check path and port, and that the path has no slash at its end. auth.protect() in clerkMiddleware also answers 404: exclude this route from it.',
  405: 'The route does not accept POST: export POST (`export const { POST } = toNextHandler(clerkSync)`), or use post/all.',
  413: 'A proxy or body parser refuses a body of this size: raise the limit of the proxy or body parser to 1 MiB.',
  415: 'Something in front of the handler refuses the content type: mount the handler before body parsers and validators.',
  429: 'Something in front of the handler limits requests: exclude this route from the limit.',
  500: 'The app failed. See its log (unless createClerkSync has `logger: false`). `clerk-mongo-sync doctor` checks the usual causes.',
  502: 'The proxy did not reach the app. Check that the app is running.',
  503: 'The app took too long, or is not ready. Check that it can reach MongoDB.',
  504: 'The app took too long for the proxy. Check that it can reach MongoDB.',
}

/** By the code in our handler's refusal. */
const refusals: Record<string, string | undefined> = {
  raw_body_unavailable:
    'A body parser has already read the body, but the signature covers the original bytes: mount the handler before it (in Express, before express.json(); in NestJS, create the app with rawBody: true).',
  no_matching_signature:
    'The signature does not match: the app and this command have different secrets, or the body was changed before it reached the handler (by a body parser).',
  timestamp_too_old:
    'The timestamp is too old: compare the clocks of this machine and of the app. The limit is five minutes.',
  timestamp_too_new:
    'The timestamp is in the future: compare the clocks of this machine and of the app. The limit is five minutes.',
  missing_headers: 'The svix- headers did not reach the handler: a proxy or middleware removes them.',
  malformed_headers: 'The svix- headers were changed by a proxy or middleware.',
  not_a_clerk_event:
    'The signature is valid, but the body is not a Clerk event: it needs `type`, and `data` with an id.',
}

function serverFailure(status: number): string {
  return status >= 500
    ? (answers[500] as string)
    : 'This response is not from the handler of this library: check what runs before it.'
}

function explainSuccess(body: string): string | undefined {
  const outcome = outcomeOf(body)
  if (outcome === undefined) {
    return 'Answered 2xx, but not by this library: another handler has this address, so MongoDB was not updated.'
  }
  if (outcome === 'conflict')
    return 'The event could not be applied unchanged. The log of the app names the path and the setting; `clerk-mongo-sync status` lists the users.'
  return undefined
}

function explainFailure(url: string, error: unknown, isTimeout: boolean): string {
  if (isTimeout) return `No answer within ${TIMEOUT_MS / 1_000} s. Svix stops waiting then, and retries later.`
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  if (code === 'ECONNREFUSED')
    return `Nothing listens at ${new URL(url).origin}. Check that the app is running, and its port.`
  if (code === 'ENOTFOUND') return `The host ${new URL(url).hostname} does not exist.`
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
