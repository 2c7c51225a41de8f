import { setTimeout as sleep } from 'node:timers/promises'
import type { HookMood } from './plot'
import type { HookContext } from './subject'

/** What was seen of a hook: that it began, or that it ended well. */
export interface HookRun {
  /** Of the attempt during which it ran. */
  attempt: number
  part: 'began' | 'ended'
  messageId: string
  type: string
  clerkId: string
}

/** A hook that does as its mood says, and tells of it. */
export async function runHook(
  { event, messageId, signal }: HookContext,
  mood: HookMood,
  tell: (run: Omit<HookRun, 'attempt'>) => void,
): Promise<void> {
  const seen = { messageId, type: event.type, clerkId: String(event.data.id) }
  tell({ ...seen, part: 'began' })
  if (mood === 'throws') throw new Error('the mail server is away')
  if (mood === 'slow') await sleep(10)
  if (mood === 'hangs') {
    await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('cut off'))))
  }
  tell({ ...seen, part: 'ended' })
}
