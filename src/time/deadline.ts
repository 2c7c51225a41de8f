import { ClerkSyncError } from '../errors'
import { timerDelay } from './timer-delay'

/**
 * Resolves like `work`, or rejects at `deadline` (milliseconds since the epoch). The work is not undone and may still
 * finish; all writes here are safe to finish late.
 * @throws {ClerkSyncError} `timed_out`.
 */
export async function withDeadline<T>(deadline: number, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () =>
        reject(new ClerkSyncError('timed_out', 'The time limit was exceeded. Is the database reachable from here?')),
      timerDelay(deadline - Date.now()),
    )
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
