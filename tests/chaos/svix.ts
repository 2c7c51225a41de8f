import { setTimeout as sleep } from 'node:timers/promises'
import type { Message } from './clerk'
import type { HookBehavior, KillPoint } from './plot'
import type { Endpoint } from './subject'

/** One attempt to deliver a message. */
export interface Attempt {
  /** Number of the attempt within a history. */
  id: number
  messageId: string
  endpoint: Endpoint
  /** Behavior of the hook if this attempt runs it. */
  behavior: HookBehavior
  /** Where the process of the handler is killed. */
  kill?: KillPoint
  /** When it was sent and answered, as logical times. */
  sentAt: number
  answeredAt?: number
  status?: number
  outcome?: string
}

export interface Svix {
  attempts: Attempt[]
  /** The next logical time. */
  tick(): number
  /** Delivers the messages in this order, each until a 2xx answer. */
  deliverAll(order: readonly Message[], options: DeliverOptions): Promise<void>
}

export interface DeliverOptions {
  concurrency: number
  send(message: Message, attempt: Attempt): Promise<{ status: number; outcome?: string }>
  behaviorOf?(message: Message, isFirst: boolean): HookBehavior
  /** Called before each delivery with its number. */
  before?(attempt: Attempt, nth: number): unknown
}

const TIMEOUT_MS = 60_000
/**
 * An attempt this long ran into its time limit, and its command may be applied a moment later: see `blocked` in strike.ts.
 * Svix waits five seconds before it tries again, so that the command has ended by then.
 */
const LONG_MS = 500
const AFTER_LONG_MS = 250

/** Delivers like Svix: at least once, in any order, until 2xx. */
export function createSvix(): Svix {
  const attempts: Attempt[] = []
  let moment = 0
  const tick = () => ++moment

  async function attemptOne(message: Message, nth: number, options: DeliverOptions): Promise<boolean> {
    const { endpoint } = message
    const isFirst = !attempts.some((one) => one.messageId === message.id && one.endpoint === endpoint)
    const behavior = options.behaviorOf?.(message, isFirst) ?? 'well'
    const attempt: Attempt = { id: attempts.length, messageId: message.id, endpoint, behavior, sentAt: tick() }
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
    const deadline = Date.now() + TIMEOUT_MS
    let nth = 0
    let failuresInARow = 0
    const work = async () => {
      for (let message = queue.shift(); message; message = queue.shift()) {
        const startedAt = Date.now()
        if (await attemptOne(message, nth++, options)) {
          failuresInARow = 0
          continue
        }
        if (Date.now() > deadline) throw new Error(`${message.id} was never accepted`)
        const isLong = Date.now() - startedAt > LONG_MS
        // Behind the other messages, and with a delay after repeated failures.
        const pause = Math.min(200, 5 * ++failuresInARow)
        if (!isLong) queue.push(message)
        await sleep(isLong ? AFTER_LONG_MS : pause)
        if (isLong) queue.push(message)
      }
    }
    // Repeats, as a failed message may return to an empty queue.
    for (; queue.length > 0; ) await Promise.all(Array.from({ length: options.concurrency }, work))
  }

  return { attempts, tick, deliverAll }
}
