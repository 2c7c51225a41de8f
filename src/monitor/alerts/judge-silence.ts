import type { DeliveryTally } from '../../store/delivery-tally'
import type { ResolvedRules } from './monitor-rules'

const DAY_MS = 86_400_000
/** What counts as normal is what the week before the silence was like. */
export const WEEK_MS = 7 * DAY_MS
/** The longest gap of an instance of which less than two deliveries are known. */
const UNKNOWN_GAP_MS = DAY_MS
/**
 * Without Clerk's word, silence has to be this many times more unusual, and longer than a holiday beside a weekend: only
 * Clerk can tell those from a dead endpoint.
 */
const ALONE = 2
const ALONE_MS = 4 * DAY_MS

/** What is known of the deliveries. */
export interface KnownDeliveries {
  /** When the last delivery arrived; `undefined` if none ever did. */
  lastAt: Date | undefined
  /** When the monitor began to watch. */
  watchingSince: Date
  /** The week before the last delivery, oldest first. */
  tallies: readonly DeliveryTally[]
}

/** How unusual a silence is. */
export interface Silence {
  /** When it began. */
  since: Date
  milliseconds: number
  /** Longer than is normal for this instance. */
  isUnusual: boolean
  /** So much longer that it is reported even if Clerk cannot be asked. */
  isCertain: boolean
}

/** Compares the time since the last delivery with the week before it. Pure. */
export function judgeSilence(
  { lastAt, watchingSince, tallies }: KnownDeliveries,
  now: Date,
  { minMs, factor, minExpected }: Exclude<ResolvedRules['silence'], false>,
): Silence {
  const since = lastAt ?? watchingSince
  const milliseconds = now.getTime() - since.getTime()
  const isLong = milliseconds >= minMs
  if (!lastAt || !isLong) return { since, milliseconds, isUnusual: isLong, isCertain: false }
  const gap = longestGap(tallies)
  const expected = deliveriesUntil(tallies, now.getTime() - WEEK_MS)
  return {
    since,
    milliseconds,
    isUnusual: milliseconds >= factor * gap || expected >= minExpected,
    isCertain: milliseconds >= Math.max(ALONE_MS, minMs, ALONE * factor * gap) && expected >= ALONE * minExpected,
  }
}

/** The longest time without a delivery, in milliseconds, at most ten minutes too short. */
function longestGap(tallies: readonly DeliveryTally[]): number {
  const gaps = tallies.slice(1).map(({ at }, index) => at.getTime() - (tallies[index]?.lastAt ?? at).getTime())
  return gaps.length === 0 ? UNKNOWN_GAP_MS : Math.max(...gaps)
}

/** Deliveries in the hours of the week before that are as long ago as the silence is now. */
function deliveriesUntil(tallies: readonly DeliveryTally[], end: number): number {
  const those = tallies.filter(({ at }) => at.getTime() < end)
  return those.flatMap(({ byOutcome }) => Object.values(byOutcome)).reduce((sum, count) => sum + count, 0)
}
