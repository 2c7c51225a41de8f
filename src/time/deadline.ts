import { ClerkSyncError } from '../errors'

/**
 * Resolves like `work`, or rejects at `deadline` (milliseconds since the epoch). The work is not undone and may still
 * finish; all writes here are safe to finish late.
 * @throws {ClerkSyncError} `timed_out`.
 */
export function withDeadline<T>(deadline: number, work: Promise<T>): Promise<T> {
  // Not `Promise.race`, which needs twice as many promises for each delivery.
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(timedOut()), timerDelay(deadline - Date.now()))
    work.then(
      (result) => {
        clearTimeout(timer)
        resolve(result)
      },
      (error: unknown) => {
        clearTimeout(timer)
        reject(error)
      },
    )
  })
}

const timedOut = () =>
  new ClerkSyncError('timed_out', 'The time limit was exceeded. Check that this machine can reach the database.')

/** The latest of several deadlines; `undefined`, for no limit, if one has none. */
export function latest(deadlines: readonly (number | undefined)[]): number | undefined {
  const given = deadlines.filter((deadline) => deadline !== undefined)
  return given.length === deadlines.length ? Math.max(...given) : undefined
}

/** The longest delay of a timer, in milliseconds: about 24 days. Timers fire at once for longer ones. */
export const MAX_TIMER_MS = 2 ** 31 - 1

/** A valid delay for a timer that fires at or after `milliseconds`, for any number. */
export const timerDelay = (milliseconds: number): number => Math.min(MAX_TIMER_MS, Math.max(0, milliseconds || 0))
