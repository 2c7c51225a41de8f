import type { ResourceOption } from '../run/job-resources'
import type { BackfillCounts, ResourceBackfill } from './backfill-report'

/** What the last `backfill()` did. Dry runs are not kept. */
export interface LastBackfill {
  /** When it ended. */
  at: Date
  /** Whether everything was processed. Otherwise the next run continues. */
  complete: boolean
  /** The counts of each resource. */
  byResource: Partial<Record<ResourceOption, BackfillCounts>>
}

/** The part of a report that is kept for `status()`. */
export function toLastBackfill(
  reports: Partial<Record<ResourceOption, ResourceBackfill>>,
  complete: boolean,
): Omit<LastBackfill, 'at'> {
  const counted = Object.entries(reports).map(([name, { complete: _, failures, causes, ...counts }]) => [name, counts])
  return { complete, byResource: Object.fromEntries(counted) }
}
