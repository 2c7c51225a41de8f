import { sleep } from '../../time/sleep'

/** Waits for a time, or until `ring()` is called. A ring while nothing waits is kept. */
export class Alarm {
  #hasRung = false
  #wake: () => void = () => {}

  ring(): void {
    this.#hasRung = true
    this.#wake()
  }

  /** Discards earlier rings. To be called before looking for everything that may have rung. */
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
