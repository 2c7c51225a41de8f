import { timerDelay } from './deadline'

/**
 * Aborts a controller when a signal aborts. Replaces `AbortSignal.any`, which adds an entry to the signal per call and
 * keeps it as long as the signal lives, possibly as long as the process.
 * @returns Removes the listener; to be called when the work is over.
 */
export function abortWith(controller: AbortController, signal: AbortSignal | undefined): () => void {
  const onAbort = () => controller.abort(signal?.reason)
  if (signal?.aborted) onAbort()
  signal?.addEventListener('abort', onAbort, { once: true })
  return () => signal?.removeEventListener('abort', onAbort)
}

/** A signal that aborts after a time, or with another signal. */
export interface TimeLimit {
  readonly signal: AbortSignal
  /** Whether the time ended the work. */
  readonly isLate: boolean
  /** To be called when the work is over. */
  clear(): void
}

/**
 * Starts a time limit.
 * @param milliseconds Values longer than timers support become the longest one.
 */
export function timeLimit(milliseconds: number, signal?: AbortSignal): TimeLimit {
  const controller = new AbortController()
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    controller.abort(new DOMException('The time limit was exceeded.', 'TimeoutError'))
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
