import { atLeast } from '../number-options'
import { cachedRead } from './cached-read'

/** Options of `toHealthHandler`. */
export interface HealthOptions {
  /**
   * `readiness`: whether the database answers, so that deliveries can be stored. `liveness`: whether the process answers
   * at all, without a look at the database, whose outage no restart repairs.
   * @default 'readiness'
   */
  probe?: 'readiness' | 'liveness'
  /** How long the database may take to answer, in milliseconds. @default 2000 */
  timeoutMs?: number
}

/** What `toHealthHandler` needs of a `ClerkSync`. */
export interface Pingable {
  ping(options?: { timeoutMs?: number }): Promise<void>
}

/** A handler of GET requests. Every adapter mounts it, like a `ClerkSync`. */
export interface GetHandler {
  handler(request: Request): Promise<Response>
}

/** For this long an answer is given again, so that probes cost one command a second at most. */
const CACHE_MS = 1_000

/**
 * Creates a handler for the probes of a platform. Answers 200 with `{ "status": "ok" }`, or 503 with
 * `{ "status": "unavailable", "code": "timed_out" }` while the database does not answer. It needs no
 * authorization, because the answer contains nothing else.
 *
 * @example
 * app.get('/healthz', toExpressHandler(toHealthHandler(clerkSync, { probe: 'liveness' })))
 * app.get('/readyz', toExpressHandler(toHealthHandler(clerkSync)))
 */
export function toHealthHandler(
  clerkSync: Pingable,
  { probe = 'readiness', timeoutMs = 2_000 }: HealthOptions = {},
): GetHandler {
  const limit = atLeast('timeoutMs', timeoutMs, 1)
  const check = cachedRead(CACHE_MS, () => failureOf(clerkSync, limit))
  return {
    async handler(request) {
      if (request.method !== 'GET' && request.method !== 'HEAD')
        return answer(405, { error: { code: 'method_not_allowed' } }, { allow: 'GET, HEAD' })
      const code = probe === 'liveness' ? undefined : await check()
      return code === undefined ? answer(200, { status: 'ok' }) : answer(503, { status: 'unavailable', code })
    },
  }
}

async function failureOf(clerkSync: Pingable, timeoutMs: number): Promise<string | undefined> {
  try {
    await clerkSync.ping({ timeoutMs })
    return undefined
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    return typeof code === 'string' ? code : 'unexpected'
  }
}

function answer(status: number, body: object, headers: Record<string, string> = {}): Response {
  const all = { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers }
  return new Response(JSON.stringify(body), { status, headers: all })
}
