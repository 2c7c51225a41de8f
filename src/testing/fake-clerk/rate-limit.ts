import { count, milliseconds } from '../../number-options'

/** How many requests Clerk accepts within a time window. */
export interface RateLimitOptions {
  /** Limit for all requests. @default 1000 with an `sk_live_` key, else 100 */
  perInstance?: number
  /** Limit for changes of one user's data or metadata. @default 10 */
  perUser?: number
  /** Length of the window, in milliseconds. @default 10_000 */
  windowMs?: number
}

/**
 * Clerk's limits per instance and per changed user, in any window. A refused request does not count.
 * @see https://clerk.com/docs/guides/how-clerk-works/system-limits
 */
export class RateLimits {
  readonly #options: Required<RateLimitOptions>
  readonly #instance: number[] = []
  readonly #users = new Map<string, number[]>()

  constructor(options: RateLimitOptions, secretKey: string) {
    const perInstance = secretKey.startsWith('sk_live_') ? 1000 : 100
    const given = { perInstance, perUser: 10, windowMs: 10_000, ...options }
    this.#options = {
      perInstance: count('rateLimit.perInstance', given.perInstance),
      perUser: count('rateLimit.perUser', given.perUser),
      windowMs: milliseconds('rateLimit.windowMs', given.windowMs),
    }
  }

  /**
   * Counts a request of the instance; if the limit is reached, returns the seconds until the next one. @param now From
   * a monotonic clock.
   */
  takeInstance(now: number): number | undefined {
    return this.#take(this.#instance, this.#options.perInstance, now)
  }

  /** As `takeInstance`, for changes of one user. */
  takeUser(userId: string, now: number): number | undefined {
    const taken = this.#users.get(userId) ?? []
    this.#users.set(userId, taken)
    return this.#take(taken, this.#options.perUser, now)
  }

  #take(taken: number[], allowed: number, now: number): number | undefined {
    const { windowMs } = this.#options
    while (taken.length > 0 && (taken[0] ?? 0) <= now - windowMs) taken.shift()
    if (taken.length < allowed) {
      taken.push(now)
      return undefined
    }
    return Math.max(1, Math.ceil(((taken[0] ?? now) + windowMs - now) / 1000))
  }
}
