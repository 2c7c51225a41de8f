/** When this process last pushed each user, so that one user's changes stay within Clerk's rate limit. */
export class UserThrottle {
  readonly #last = new Map<string, number>()

  recordPush(clerkId: string, now = Date.now()): void {
    this.#last.delete(clerkId)
    this.#last.set(clerkId, now)
    // The map is in order of time, so old entries come first.
    for (const [id, at] of this.#last) {
      if (now - at < 60_000) break
      this.#last.delete(id)
    }
  }

  /** Milliseconds until the user may be pushed again. */
  waitFor(clerkId: string, pause: number, now = Date.now()): number {
    return Math.max(0, (this.#last.get(clerkId) ?? 0) + pause - now)
  }
}
