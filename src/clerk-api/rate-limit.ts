const WINDOW_MS = 10_000

/**
 * Limits the requests with one secret key to 80 % of what Clerk allows an instance in any ten seconds (1000 with an
 * `sk_live_` key, else 100), so that the app's own calls are not blocked. A quarter of these can be sent at once.
 * @see https://clerk.com/docs/guides/how-clerk-works/system-limits
 */
export class RateLimit {
  readonly #intervalMs: number
  readonly #burst: number
  /** When the next request could be sent if no burst were allowed. */
  #next = Number.NEGATIVE_INFINITY

  constructor(secretKey: string) {
    const allowed = secretKey.startsWith('sk_live_') ? 1000 : 100
    this.#burst = allowed * 0.2
    this.#intervalMs = WINDOW_MS / (allowed * 0.6)
  }

  /**
   * Reserves the next turn and returns the wait in milliseconds; `undefined`, without a reservation, if the wait
   * exceeds `maxWait`.
   * @param now From a monotonic clock.
   */
  take(now: number, maxWait: number): number | undefined {
    const turn = Math.max(this.#next, now - (this.#burst - 1) * this.#intervalMs)
    const wait = Math.max(0, turn - now)
    if (wait > maxWait) return undefined
    this.#next = turn + this.#intervalMs
    return wait
  }
}

const limits = new Map<string, RateLimit>()

/** Returns the rate limit that this process shares for an instance. */
export function rateLimitFor({ secretKey, apiUrl }: { secretKey: string; apiUrl: string }): RateLimit {
  const id = `${apiUrl} ${secretKey}`
  const limit = limits.get(id) ?? new RateLimit(secretKey)
  limits.set(id, limit)
  return limit
}
