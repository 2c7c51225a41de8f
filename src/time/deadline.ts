import { ClerkSyncError } from '../errors'
import { timerDelay } from './timer-delay'

/**
 * The promise's result, or `timed_out` when the point in time `deadline` (milliseconds) comes first.
 * What was begun is not undone: it may still finish, and every write here is safe to finish late.
 */
export async function withDeadline<T>(deadline: number, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new ClerkSyncError('timed_out', 'The time budget ran out. Is the database reachable from here?')),
      timerDelay(deadline - Date.now()),
    )
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
