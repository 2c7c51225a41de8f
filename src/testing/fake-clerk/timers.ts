const LONGEST_MS = 2 ** 31 - 1

/** Timers that can all be called off at once. */
export class Timers {
  readonly #running = new Set<ReturnType<typeof setTimeout>>()

  /** Calls `then` after a time; at once where that is none. */
  wait(milliseconds: number, then: () => void): void {
    if (milliseconds <= 0) {
      then()
      return
    }
    const run = () => {
      this.#running.delete(timer)
      then()
    }
    // A longer time than that would be taken for none.
    const timer = setTimeout(run, Math.min(milliseconds, LONGEST_MS))
    this.#running.add(timer)
  }

  clear(): void {
    for (const timer of this.#running) clearTimeout(timer)
    this.#running.clear()
  }
}
