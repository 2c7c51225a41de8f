const WINDOW_MS = 10_000

/**
 * Lets requests through at the pace one secret key may have: never more than 80 % of what Clerk allows the instance in any
 * ten seconds (1000 with an `sk_live_` key, else 100), so that the app's own calls find room. Of that a quarter at once.
 * @see https://clerk.com/docs/guides/how-clerk-works/system-limits
 */
export class RateLimit {
  readonly #intervalMs: number
  readonly #burst: number
  /** When the next request would have its turn if none were allowed at once. */
  #next = Number.NEGATIVE_INFINITY

  constructor(secretKey: string) {
    const allowed = secretKey.startsWith('sk_live_') ? 1000 : 100
    this.#burst = allowed * 0.2
    this.#intervalMs = WINDOW_MS / (allowed * 0.6)
  }

  /**
   * Takes a turn and tells how many milliseconds it is away; `undefined`, and none taken, where that is longer than `patience`.
   * @param now Of a clock that never goes back.
   */
  take(now: number, patience: number): number | undefined {
    const turn = Math.max(this.#next, now - (this.#burst - 1) * this.#intervalMs)
    const wait = Math.max(0, turn - now)
    if (wait > patience) return undefined
    this.#next = turn + this.#intervalMs
    return wait
  }
}

const limits = new Map<string, RateLimit>()

/** The one limit of this process for an instance. */
export function rateLimitFor({ secretKey, apiUrl }: { secretKey: string; apiUrl: string }): RateLimit {
  const id = `${apiUrl} ${secretKey}`
  const limit = limits.get(id) ?? new RateLimit(secretKey)
  limits.set(id, limit)
  return limit
}
