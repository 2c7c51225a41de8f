import { setTimeout as sleep } from 'node:timers/promises'
import type { Message } from './clerk'
import type { HookMood, KillPoint } from './plot'
import type { Endpoint } from './subject'

/** One attempt to deliver a message. */
export interface Attempt {
  /** Counted over a history. */
  id: number
  messageId: string
  endpoint: Endpoint
  /** What the hook does if this attempt runs it. */
  mood: HookMood
  /** Where the handler's process is killed, if anywhere. */
  kill?: KillPoint
  /** When it was sent and answered: counted, not timed. */
  sentAt: number
  answeredAt?: number
  status?: number
  outcome?: string
}

export interface Svix {
  attempts: Attempt[]
  /** A moment that is later than all before. */
  tick(): number
  /** Delivers the messages in this order, each until it is answered 2xx. */
  deliverAll(order: readonly Message[], options: DeliverOptions): Promise<void>
}

export interface DeliverOptions {
  concurrency: number
  send(message: Message, attempt: Attempt): Promise<{ status: number; outcome?: string }>
  moodOf?(message: Message, isFirst: boolean): HookMood
  /** Hears of each delivery before it is made, with its number. */
  before?(attempt: Attempt, nth: number): unknown
}

const PATIENCE_MS = 60_000

/** Svix as it matters here: at least once, in any order, until 2xx. */
export function createSvix(): Svix {
  const attempts: Attempt[] = []
  let moment = 0
  const tick = () => ++moment

  async function attemptOne(message: Message, nth: number, options: DeliverOptions): Promise<boolean> {
    const { endpoint } = message
    const isFirst = !attempts.some((one) => one.messageId === message.id && one.endpoint === endpoint)
    const mood = options.moodOf?.(message, isFirst) ?? 'well'
    const attempt: Attempt = { id: attempts.length, messageId: message.id, endpoint, mood, sentAt: tick() }
    attempts.push(attempt)
    await options.before?.(attempt, nth)
    const answer = await options
      .send(message, attempt)
      .catch(() => ({ status: 0 }) as { status: number; outcome?: string })
    attempt.answeredAt = tick()
    Object.assign(attempt, answer)
    return answer.status >= 200 && answer.status < 300
  }

  async function deliverAll(order: readonly Message[], options: DeliverOptions): Promise<void> {
    const queue = [...order]
    const givesUpAt = Date.now() + PATIENCE_MS
    let nth = 0
    let failuresInARow = 0
    const work = async () => {
      for (let message = queue.shift(); message; message = queue.shift()) {
        if (await attemptOne(message, nth++, options)) {
          failuresInARow = 0
          continue
        }
        if (Date.now() > givesUpAt) throw new Error(`${message.id} was never accepted`)
        // Later than what else waits, and not at once where nothing gets through.
        queue.push(message)
        await sleep(Math.min(200, 5 * ++failuresInARow))
      }
    }
    // A worker that finds the queue empty may still be needed: another's message can come back.
    for (; queue.length > 0; ) await Promise.all(Array.from({ length: options.concurrency }, work))
  }

  return { attempts, tick, deliverAll }
}
