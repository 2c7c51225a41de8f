import { setMaxListeners } from 'node:events'
import { timerDelay } from '../../time/deadline'

/**
 * Deadlines this close share a signal, which limits the number of timers. A command can exceed its deadline by this
 * much.
 */
const STEP_MS = 100

const signals = new Map<number, AbortSignal>()

/**
 * Returns a signal that aborts a command at its deadline (milliseconds), which returns its connection to the pool.
 *
 * Measured with a connected server that does not respond, with a limit of 400 ms:
 *
 * | means, per command     | mongodb 6.20.0 (mongoose 8.24) | mongodb 7.8.0 (mongoose 9.12)     |
 * |------------------------|--------------------------------|-----------------------------------|
 * | `timeoutMS`            | ends every command             | no effect; nor has the client's   |
 * | `maxTimeMS`            | only the server applies it     | only the server applies it        |
 * | `signal`               | ends every command             | ends every command                |
 * | client `socketTimeoutMS` | ends writes; reads are retried | ends writes; reads are retried  |
 *
 * If no server is available, `signal` ends server selection in 6.20.0, but not always in 7.8.0, where only the client's
 * `serverSelectionTimeoutMS` does. A write that was sent can still be applied after its signal: all our writes are safe
 * to arrive late.
 */
export function signalAt(deadline: number): AbortSignal {
  const end = Math.ceil(deadline / STEP_MS) * STEP_MS
  const known = signals.get(end)
  if (known) return known
  const controller = new AbortController()
  // Each running command adds a listener and removes it, so many at once are not a leak.
  setMaxListeners(0, controller.signal)
  const timer = setTimeout(
    () => {
      signals.delete(end)
      controller.abort(new DOMException('The deadline has passed.', 'TimeoutError'))
    },
    timerDelay(end - Date.now()),
  )
  // In Node, the timer must not keep the process alive.
  if (typeof timer === 'object') timer.unref()
  signals.set(end, controller.signal)
  return controller.signal
}
