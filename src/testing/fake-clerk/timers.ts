import { timerDelay } from '../../time/deadline'

/** Timers that can all be cancelled at once. */
export class Timers {
  readonly #running = new Set<ReturnType<typeof setTimeout>>()

  /** Calls `then` after a time, at once if it is zero or less. */
  wait(milliseconds: number, then: () => void): void {
    if (milliseconds <= 0) {
      then()
      return
    }
    const run = () => {
      this.#running.delete(timer)
      then()
    }
    const timer = setTimeout(run, timerDelay(milliseconds))
    this.#running.add(timer)
  }

  clear(): void {
    for (const timer of this.#running) clearTimeout(timer)
    this.#running.clear()
  }
}
