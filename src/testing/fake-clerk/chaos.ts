import type { ClerkWebhookEvent } from '../../events/events'
import { eventOf, type Message } from './event-log'

/** What happens to one message. If nothing is set, it is delivered at once. */
export interface Fate {
  /** Never sent, except with `resend`. */
  lose?: boolean
  /** Not sent before `release()`. */
  hold?: boolean
  /** Sent twice, at the same time. */
  double?: boolean
  /** Sent after the first attempt of the next message, or after a short wait if none follows. */
  reorder?: boolean
  /** Wait before the first attempt, in milliseconds. */
  delayMs?: number
}

/** Probability of each fate, from 0 to 1. */
export interface ChaosOdds {
  lose?: number
  hold?: number
  double?: number
  reorder?: number
  delay?: number
  /** The longest delay, in milliseconds. @default 100 */
  delayMs?: number
  /** The same seed draws the same fates. @default random */
  seed?: number
}

/** What happens to messages: random, or decided by a function for each message. */
export type Chaos = ChaosOdds | ((message: { messageId: string; event: ClerkWebhookEvent }) => Fate | undefined)

/** Draws the fates of messages, one after the other. */
export function fatesOf(chaos: Chaos | undefined): (message: Message) => Fate {
  if (!chaos) return () => ({})
  if (typeof chaos === 'function') return (message) => chaos({ messageId: message.id, event: eventOf(message) }) ?? {}
  const { lose = 0, hold = 0, double = 0, reorder = 0, delay = 0, delayMs = 100, seed } = chaos
  const random = randomFrom(seed ?? Math.floor(Math.random() * 2 ** 32))
  return () => {
    // Draws all numbers every time, so that changing one probability does not change the others' results.
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

/** Random numbers from 0 to 1, equal for equal seeds (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
