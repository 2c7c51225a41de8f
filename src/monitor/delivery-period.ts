import { type DeliveryTally, latencyBounds, TALLY_MINUTES } from '../store/delivery-tally'

/** Deliveries of a period. Each attempt of a message counts. */
export interface DeliveryPeriod {
  /** Deliveries by outcome; `failing` for those answered with an error, which Svix sends again. */
  byOutcome: Record<string, number>
  /** All of them. */
  total: number
  /** Share answered with 2xx, from 0 to 1. `undefined` without deliveries. */
  successRate: number | undefined
  /** Failures and conflicts by code. */
  errors: Record<string, number>
  /** How long deliveries took. `undefined` without deliveries. */
  latency: DeliveryLatency | undefined
}

/**
 * Percentiles in milliseconds, interpolated within the counted ranges (`latencyBounds`). What took longer than the last
 * bound counts as that bound.
 */
export interface DeliveryLatency {
  p50: number
  p95: number
  p99: number
}

/** Deliveries of ten minutes, for a chart. */
export interface DeliverySlot extends DeliveryPeriod {
  /** Start of the ten minutes. */
  at: Date
}

const SLOT_MS = TALLY_MINUTES * 60_000

/**
 * Adds up the tallies since a time.
 * @param since The ten minutes that contain it count in full.
 */
export function periodSince(tallies: readonly DeliveryTally[], since: Date): DeliveryPeriod {
  const first = since.getTime() - SLOT_MS
  return periodOf(tallies.filter(({ at }) => at.getTime() > first))
}

/** The tallies since a time, one by one. */
export function slotsSince(tallies: readonly DeliveryTally[], since: Date): DeliverySlot[] {
  return tallies.filter(({ at }) => at >= since).map((tally) => ({ at: tally.at, ...periodOf([tally]) }))
}

function periodOf(tallies: readonly DeliveryTally[]): DeliveryPeriod {
  const byOutcome = sum(tallies.map((tally) => tally.byOutcome))
  const total = Object.values(byOutcome).reduce((all, count) => all + count, 0)
  const latency = [...latencyBounds, 0].map((_, index) =>
    tallies.reduce((all, tally) => all + (tally.latency[index] ?? 0), 0),
  )
  return {
    byOutcome,
    total,
    successRate: total === 0 ? undefined : (total - (byOutcome.failing ?? 0)) / total,
    errors: sum(tallies.map(({ errors }) => errors)),
    latency: total === 0 ? undefined : percentiles(latency),
  }
}

function sum(counts: readonly Record<string, number>[]): Record<string, number> {
  const all: Record<string, number> = {}
  for (const each of counts) for (const [key, count] of Object.entries(each)) all[key] = (all[key] ?? 0) + count
  return all
}

const percentiles = (counts: readonly number[]): DeliveryLatency => ({
  p50: percentile(counts, 0.5),
  p95: percentile(counts, 0.95),
  p99: percentile(counts, 0.99),
})

function percentile(counts: readonly number[], share: number): number {
  const rank = counts.reduce((all, count) => all + count, 0) * share
  let below = 0
  let lower = 0
  for (const [index, upper] of latencyBounds.entries()) {
    const count = counts[index] ?? 0
    if (count > 0 && below + count >= rank)
      return Math.round((lower + ((upper - lower) * (rank - below)) / count) * 10) / 10
    below += count
    lower = upper
  }
  return lower
}
