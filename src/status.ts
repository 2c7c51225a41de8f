import type { LoggedDelivery, StoreSummary } from './job-store'

/** How things stand, for people and for monitors. */
export interface SyncStatus extends StoreSummary {
  /** From the delivery log, where one is kept: what came in the last 24 hours. */
  deliveries?: {
    /** Messages by outcome; `failing` for those whose last delivery failed. */
    byOutcome: Record<string, number>
    lastAt: Date | undefined
    /** The newest ten that failed or are in conflict. */
    failed: LoggedDelivery[]
  }
}
