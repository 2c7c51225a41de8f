import { atLeast, count, milliseconds } from '../../number-options'
import type { Chaos } from './chaos'

/** How messages are delivered. */
export interface DeliveryOptions {
  /**
   * Milliseconds to wait before each attempt, counted from the failure of the one before.
   * @default Svix's: at once, then 5 s, 5 min, 30 min, 2 h, 5 h, 10 h and 10 h
   */
  schedule?: readonly number[]
  /** How many times faster the schedule goes by. @default 1 */
  speed?: number
  /** How long an answer may take. @default 15_000 */
  timeoutMs?: number
  /** How many attempts may be under way at once. Svix delivers messages independently of each other. @default 16 */
  concurrency?: number
  chaos?: Chaos | undefined
}

/** @see https://docs.svix.com/retries */
const svixSchedule = [0, 5_000, 300_000, 1_800_000, 7_200_000, 18_000_000, 36_000_000, 36_000_000]

/** How Svix delivers. */
const svixDefaults = { schedule: svixSchedule, speed: 1, timeoutMs: 15_000, concurrency: 16 }

/** @throws {ClerkSyncError} `invalid_option` */
export function deliveryOptions({ chaos: _, ...given }: DeliveryOptions): Required<Omit<DeliveryOptions, 'chaos'>> {
  const { schedule, speed, timeoutMs, concurrency } = { ...svixDefaults, ...given }
  return {
    schedule: schedule.map((wait) => milliseconds('delivery.schedule', wait)),
    speed: atLeast('delivery.speed', speed, Number.MIN_VALUE),
    timeoutMs: milliseconds('delivery.timeoutMs', timeoutMs, 1),
    concurrency: count('delivery.concurrency', concurrency, 1),
  }
}
