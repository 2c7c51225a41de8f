import type { ClerkWebhookEvent } from '../../events/events'
import { eventOf, type Message } from './event-log'

/** What becomes of one message. Nothing set: it is delivered at once. */
export interface Fate {
  /** Never sent. `resend` can bring it back. */
  lose?: boolean
  /** Not sent before `release()`. */
  hold?: boolean
  /** Sent twice, at the same time. */
  double?: boolean
  /** Sent only after the first attempt of the next message, or after a short while where none follows. */
  reorder?: boolean
  /** Milliseconds before the first attempt. */
  delayMs?: number
}

/** How likely what is to happen to a message, from 0 to 1. */
export interface ChaosOdds {
  lose?: number
  hold?: number
  double?: number
  reorder?: number
  delay?: number
  /** The longest delay, in milliseconds. @default 100 */
  delayMs?: number
  /** The same seed, the same fates. @default drawn at random */
  seed?: number
}

/** What befalls deliveries: by chance, or as a function decides for each message. */
export type Chaos = ChaosOdds | ((message: { messageId: string; event: ClerkWebhookEvent }) => Fate | undefined)

/** The fates of messages, one after the other. */
export function fatesOf(chaos: Chaos | undefined): (message: Message) => Fate {
  if (!chaos) return () => ({})
  if (typeof chaos === 'function') return (message) => chaos({ messageId: message.id, event: eventOf(message) }) ?? {}
  const { lose = 0, hold = 0, double = 0, reorder = 0, delay = 0, delayMs = 100, seed } = chaos
  const random = randomFrom(seed ?? Math.floor(Math.random() * 2 ** 32))
  return () => {
    // All are drawn every time, so that changing one of the odds leaves the others' luck as it was.
    const [a, b, c, d, e, f] = [random(), random(), random(), random(), random(), random()]
    return {
      lose: a < lose,
      hold: b < hold,
      double: c < double,
      reorder: d < reorder,
      delayMs: e < delay ? f * delayMs : 0,
    }
  }
}

/** Numbers from 0 to 1, the same ones for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
