import { count, milliseconds } from '../../number-options'

/** How many requests Clerk lets through within a window of time. */
export interface RateLimitOptions {
  /** For all requests together. @default 1000 with an `sk_live_` key, else 100 */
  perInstance?: number
  /** For changes of one user's data or metadata. @default 10 */
  perUser?: number
  /** Milliseconds. @default 10_000 */
  windowMs?: number
}

/**
 * Clerk's limits: so many requests in any window for the instance, and for changes of one user. A refused request does not count.
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

  /** Takes a turn of the instance; where there is none, the seconds until there is one. @param now Of a clock that never goes back. */
  takeInstance(now: number): number | undefined {
    return this.#take(this.#instance, this.#options.perInstance, now)
  }

  /** The same for changes of one user. */
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
