import type { ResourceOption } from '../run/job-resources'
import type { DriftKind, ReconcileReport, ResourceReconcile } from './reconcile-report'

/** What the last `reconcile()` found. Runs about named users are not kept. */
export interface LastReconcile {
  /** When it ended. */
  at: Date
  /** What was compared. */
  mode: ResourceReconcile['mode']
  /** Whether it repaired what it found. The differences are then those that were left. */
  applied: boolean
  /** `false` if it was aborted. */
  complete: boolean
  /** Documents compared, of all resources. */
  checked: number
  /** Number of differences, of all resources. */
  drift: number
  /** The differences of each resource, by kind. */
  byResource: Partial<Record<ResourceOption, Record<DriftKind, number>>>
}

/** The part of a report that is kept for `status()`. */
export function toLastReconcile(
  reports: Partial<Record<ResourceOption, ResourceReconcile>>,
  { mode, complete }: Pick<ReconcileReport, 'mode' | 'complete'>,
): Omit<LastReconcile, 'at'> {
  const entries = Object.entries(reports)
  const byResource = Object.fromEntries(entries.map(([name, { drift, after }]) => [name, after?.drift ?? drift]))
  const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0)
  return {
    mode,
    applied: entries.some(([, { after }]) => after !== undefined),
    complete,
    checked: sum(entries.map(([, { checked }]) => checked)),
    drift: sum(Object.values(byResource).flatMap((kinds) => Object.values(kinds))),
    byResource,
  }
}
