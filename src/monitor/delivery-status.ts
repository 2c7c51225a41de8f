import type { OpenDeliveries } from '../store/delivery-tally'
import type { JobStore, LoggedDelivery } from '../store/job-store'
import type { WriteContext } from '../store/write'
import { type DeliveryPeriod, type DeliverySlot, periodSince, slotsSince } from './delivery-period'

/** The delivery log in figures. Periods begin at full ten minutes, so that the last hour can be up to ten minutes longer. */
export interface DeliveryStatus extends OpenDeliveries {
  lastHour: DeliveryPeriod
  lastDay: DeliveryPeriod
  lastWeek: DeliveryPeriod
  /** The last day in steps of ten minutes, oldest first, at most 144. Steps without a delivery are left out. */
  slots: DeliverySlot[]
  /** When the last delivery arrived, at any time that the log covers. */
  lastAt: Date | undefined
  /** The message that has failed for the longest time. */
  oldestFailing: LoggedDelivery | undefined
  /** Of the messages that are failing or in conflict, the ten that began last. */
  failed: LoggedDelivery[]
}

const HOUR_MS = 60 * 60 * 1000
const DAY_MS = 24 * HOUR_MS
const FAILED_LISTED = 10

/** Reads the delivery log's part of `status()`. */
export async function readDeliveryStatus(jobs: JobStore, context: WriteContext): Promise<DeliveryStatus> {
  const ago = (ms: number) => new Date(Date.now() - ms)
  const [{ tallies, ...counts }, failed] = await Promise.all([
    jobs.countDeliveries(ago(7 * DAY_MS), context),
    newestFailed(jobs, context),
  ])
  return {
    lastHour: periodSince(tallies, ago(HOUR_MS)),
    lastDay: periodSince(tallies, ago(DAY_MS)),
    lastWeek: periodSince(tallies, ago(7 * DAY_MS)),
    slots: slotsSince(tallies, ago(DAY_MS)),
    ...counts,
    failed,
  }
}

async function newestFailed(jobs: JobStore, context: WriteContext): Promise<LoggedDelivery[]> {
  const failed: LoggedDelivery[] = []
  for await (const entry of jobs.deliveries({ failed: true, limit: FAILED_LISTED }, context)) failed.push(entry)
  return failed
}
