import { setTimeout as sleep } from 'node:timers/promises'
import type { HookBehavior } from './plot'
import type { HookContext } from './subject'

/** A recorded step of a hook: it began, or it succeeded. */
export interface HookRun {
  /** Id of the attempt that ran it. */
  attempt: number
  part: 'began' | 'ended'
  messageId: string
  type: string
  clerkId: string
}

/** Runs a hook with the given behavior, and records its steps. */
export async function runHook(
  { event, messageId, signal }: HookContext,
  behavior: HookBehavior,
  record: (run: Omit<HookRun, 'attempt'>) => void,
): Promise<void> {
  const seen = { messageId, type: event.type, clerkId: String(event.data.id) }
  record({ ...seen, part: 'began' })
  if (behavior === 'throws') throw new Error('the mail server is away')
  if (behavior === 'slow') await sleep(10)
  if (behavior === 'hangs') {
    await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('cut off'))))
  }
  record({ ...seen, part: 'ended' })
}
