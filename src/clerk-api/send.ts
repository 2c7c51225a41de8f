import { ClerkSyncError } from '../errors'
import { timeLimit } from '../time/abort-with'
import { ClerkRefusal, refused } from './refusal'

/** Version of Clerk's API that the JSON types follow. */
const API_VERSION = '2026-05-12'

/** One HTTP request. */
export interface Attempt {
  /** @default 'GET' */
  method?: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
  /** Path below `/v1`, with encoded ids. */
  path: string
  query?: URLSearchParams
  /** Sent as JSON. */
  body?: unknown
  signal?: AbortSignal
  timeoutMs: number
}

/** Sends a request once. @throws the errors of `clerkRequest`. */
export async function send(connection: { secretKey: string; apiUrl: string }, attempt: Attempt): Promise<unknown> {
  const { method = 'GET', path, body, signal, timeoutMs } = attempt
  const what = `${method} ${path}`
  const url = urlOf(connection.apiUrl, attempt)
  const limit = timeLimit(timeoutMs, signal)
  const unreachable = (message: string) => (cause: unknown) => {
    if (signal?.aborted) throw signal.reason
    throw new ClerkSyncError('clerk_unreachable', message, { cause })
  }
  try {
    const response = await fetch(url, {
      method,
      headers: headersFor(connection.secretKey, body),
      // Redirects are not followed, so that the key is sent to no other host.
      redirect: 'manual',
      signal: limit.signal,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    }).catch(unreachable(`Clerk's API did not respond to ${what}, or not in time. Check the network and apiUrl.`))
    const text = await response
      .text()
      .catch(unreachable(`The response of Clerk's API to ${what} ended early, or took too long.`))
    return read(what, response, text)
  } finally {
    limit.clear()
  }
}

function read(what: string, response: Response, text: string): unknown {
  const json = parse(text)
  if (!response.ok) {
    const refusal = new ClerkRefusal(response.status, json, response.headers)
    // Any other 404 does not come from Clerk and does not mean that the user is gone.
    if (refusal.status === 404 && refusal.clerkCode === 'resource_not_found') return null
    throw refused(what, refusal)
  }
  if (json === undefined && response.status !== 204) {
    throw new ClerkSyncError(
      'clerk_api_failed',
      `Clerk's API answered ${what} with a body that is not JSON. Check apiUrl (CLERK_API_URL).`,
    )
  }
  return json
}

function headersFor(secretKey: string, body: unknown): Record<string, string> {
  // fetch quotes an invalid header, and so the key, in its error.
  if (!/^[!-~]+$/.test(secretKey)) {
    throw new ClerkSyncError(
      'clerk_key_invalid',
      'The Clerk secret key contains white space or other invalid characters (a line break at its end?). Copy it again.',
    )
  }
  return {
    authorization: `Bearer ${secretKey}`,
    'clerk-api-version': API_VERSION,
    ...(body !== undefined && { 'content-type': 'application/json' }),
  }
}

function urlOf(apiUrl: string, { path, query }: Attempt): URL {
  const base = apiUrl.replace(/\/+$/, '').replace(/\/v1$/, '')
  const search = query?.size ? `?${query}` : ''
  const url = `${base}/v1${path}${search}`
  if (/^https?:/.test(base) && URL.canParse(url)) return new URL(url)
  throw new ClerkSyncError(
    'clerk_api_failed',
    'apiUrl (CLERK_API_URL) is not a URL. Expected one such as https://api.clerk.com, without /v1.',
  )
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
