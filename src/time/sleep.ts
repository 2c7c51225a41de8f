import { timerDelay } from './deadline'

/** Resolves after `milliseconds`, or rejects with the signal's reason if it aborts first. */
export function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const cancel = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', cancel)
      resolve()
    }, timerDelay(milliseconds))
    signal?.addEventListener('abort', cancel, { once: true })
  })
}
