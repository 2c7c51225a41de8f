import { timerDelay } from './timer-delay'

/**
 * Aborts a controller when a signal aborts. Not by `AbortSignal.any`: that leaves an entry at the signal for every call, as long as
 * the signal lives, which may be as long as the process.
 * @returns What takes the listener away; to be called once the work is over.
 */
export function abortWith(controller: AbortController, signal: AbortSignal | undefined): () => void {
  const onAbort = () => controller.abort(signal?.reason)
  if (signal?.aborted) onAbort()
  signal?.addEventListener('abort', onAbort, { once: true })
  return () => signal?.removeEventListener('abort', onAbort)
}

/** What ends a piece of work: its time, or a signal. */
export interface TimeLimit {
  readonly signal: AbortSignal
  /** Whether it was the time. */
  readonly isLate: boolean
  /** To be called once the work is over. */
  clear(): void
}

/** @param milliseconds As an option may have it; longer times than timers take are the longest. */
export function timeLimit(milliseconds: number, signal?: AbortSignal): TimeLimit {
  const controller = new AbortController()
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    controller.abort(new DOMException('The time is up.', 'TimeoutError'))
  }, timerDelay(milliseconds))
  const unlink = abortWith(controller, signal)
  return {
    signal: controller.signal,
    get isLate() {
      return isLate
    },
    clear() {
      clearTimeout(timer)
      unlink()
    },
  }
}
