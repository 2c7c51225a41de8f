import { ClerkSyncError } from '../errors'

/** What anybody may send without waiting. Clerk's events are a few KB: all metadata of a user is 8 KB at most. */
export const SMALL_BODY_BYTES = 64 * 1024
/** A body must be read before its signature can be judged: so many large ones at once, in all of this process. */
const PLACES = 4
const PATIENCE_MS = 15_000

/** The large bodies being read now. */
const places = new Set<{ takenAt: number }>()

/**
 * Waits for a place among the large bodies being read, so that a flood of forged ones costs neither the memory nor the
 * time that genuine deliveries need. Each waits on a timer of its own: on edge runtimes one request cannot wake another,
 * and one that was cut off never leaves, which is why a place is lost after a while.
 *
 * @returns what to call when the body is read.
 * @throws {ClerkSyncError} `timed_out`.
 */
export async function placeForLargeBody(): Promise<() => void> {
  const giveUpAt = Date.now() + PATIENCE_MS
  while (isFull()) {
    if (Date.now() > giveUpAt) throw new ClerkSyncError('timed_out', 'Too many large bodies were sent at once.')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  const place = { takenAt: Date.now() }
  places.add(place)
  return () => void places.delete(place)
}

function isFull(): boolean {
  for (const place of places) {
    if (Date.now() - place.takenAt > PATIENCE_MS) places.delete(place)
  }
  return places.size >= PLACES
}
