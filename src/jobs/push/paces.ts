/** When users were last pushed by this process, so that nobody's changes come faster than Clerk takes them. */
export class Paces {
  readonly #last = new Map<string, number>()

  note(clerkId: string, now = Date.now()): void {
    this.#last.delete(clerkId)
    this.#last.set(clerkId, now)
    // The first is the oldest; those that are long past need no entry.
    for (const [id, at] of this.#last) {
      if (now - at < 60_000) break
      this.#last.delete(id)
    }
  }

  /** How many milliseconds are left until the user may be pushed again. */
  waitFor(clerkId: string, pause: number, now = Date.now()): number {
    return Math.max(0, (this.#last.get(clerkId) ?? 0) + pause - now)
  }
}
