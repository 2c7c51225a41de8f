/**
 * Returns the wait before a retry, in milliseconds: random (full jitter), below a limit that doubles from half a second
 * to half a minute, so that calls that failed together do not return together.
 * @param attempt 0 for the first retry.
 */
export function backOff(attempt: number): number {
  return Math.random() * Math.min(30_000, 500 * 2 ** attempt)
}
