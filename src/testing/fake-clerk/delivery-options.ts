import { atLeast, count, milliseconds } from '../../number-options'
import type { Chaos } from './chaos'

/** How messages are delivered. */
export interface DeliveryOptions {
  /**
   * Waits before each attempt, in milliseconds, after the previous attempt failed.
   * @default Svix's: at once, then 5 s, 5 min, 30 min, 2 h, 5 h, 10 h and 10 h
   */
  schedule?: readonly number[]
  /** Factor by which the schedule is faster. @default 1 */
  speed?: number
  /** Time limit of a response, in milliseconds. @default 15_000 */
  timeoutMs?: number
  /** Maximum number of concurrent attempts. Svix delivers messages independently of each other. @default 16 */
  concurrency?: number
  /** What happens to messages on their way. @default nothing */
  chaos?: Chaos | undefined
}

/** Svix's schedule. @see https://docs.svix.com/retries */
const svixSchedule = [0, 5_000, 300_000, 1_800_000, 7_200_000, 18_000_000, 36_000_000, 36_000_000]

/** Svix's behaviour. */
const svixDefaults = { schedule: svixSchedule, speed: 1, timeoutMs: 15_000, concurrency: 16 }

/** Fills in the defaults. @throws {ClerkSyncError} `invalid_option` */
export function deliveryOptions({ chaos: _, ...given }: DeliveryOptions): Required<Omit<DeliveryOptions, 'chaos'>> {
  const { schedule, speed, timeoutMs, concurrency } = { ...svixDefaults, ...given }
  return {
    schedule: schedule.map((wait) => milliseconds('delivery.schedule', wait)),
    speed: atLeast('delivery.speed', speed, Number.MIN_VALUE),
    timeoutMs: milliseconds('delivery.timeoutMs', timeoutMs, 1),
    concurrency: count('delivery.concurrency', concurrency, 1),
  }
}
