import { ClerkSyncError } from '../errors'

/** Bodies up to this size are read without waiting. Clerk's events are a few KB: a user's metadata is 8 KB at most. */
export const SMALL_BODY_BYTES = 64 * 1024
/** Large bodies that this process reads at the same time. A body must be read before its signature can be checked. */
const SLOTS = 4
/** Time to wait for a slot, and to hold one. */
const LARGE_BODY_MS = 15_000

/** Large bodies being read. */
const slots = new Set<{ takenAt: number }>()

/**
 * Waits for one of the slots for large bodies, so that a flood of forged ones does not take the memory and time of
 * genuine deliveries. Each request polls with its own timer, because on edge runtimes one request cannot wake another.
 * A request that was cut off never releases its slot, so slots expire.
 *
 * @returns Releases the slot; to be called after the body was read.
 * @throws {ClerkSyncError} `timed_out`.
 */
export async function slotForLargeBody(): Promise<() => void> {
  const giveUpAt = Date.now() + LARGE_BODY_MS
  while (isFull()) {
    if (Date.now() > giveUpAt) throw new ClerkSyncError('timed_out', 'Too many large bodies were sent at once.')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  const slot = { takenAt: Date.now() }
  slots.add(slot)
  return () => void slots.delete(slot)
}

function isFull(): boolean {
  for (const slot of slots) {
    if (Date.now() - slot.takenAt > LARGE_BODY_MS) slots.delete(slot)
  }
  return slots.size >= SLOTS
}
