/**
 * How long to wait before trying again, in milliseconds: doubling from half a second to half a minute, and drawn at random
 * below that (full jitter), so that many who failed together do not come back together.
 * @param attempt 0 after the first.
 */
export function backOff(attempt: number): number {
  return Math.random() * Math.min(30_000, 500 * 2 ** attempt)
}
