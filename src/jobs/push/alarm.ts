import { sleep } from '../../time/sleep'

/** Wakes one who waits at the time given, or sooner where it rings; a ring while nobody waits is kept. */
export class Alarm {
  #hasRung = false
  #wake: () => void = () => {}

  ring(): void {
    this.#hasRung = true
    this.#wake()
  }

  /** Whoever calls this is about to look at all that may have rung. */
  reset(): void {
    this.#hasRung = false
  }

  async wait(milliseconds: number, signal: AbortSignal): Promise<void> {
    if (this.#hasRung || signal.aborted) return
    const awake = new AbortController()
    this.#wake = () => awake.abort()
    signal.addEventListener('abort', this.#wake, { once: true })
    await sleep(milliseconds, awake.signal).catch(() => {})
    signal.removeEventListener('abort', this.#wake)
  }
}
