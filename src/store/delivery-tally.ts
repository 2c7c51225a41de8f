/** Length of the time that one tally counts, in minutes. */
export const TALLY_MINUTES = 10

/** Upper bounds of the counted durations, in milliseconds. Longer deliveries are counted after the last one. */
export const latencyBounds = [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000] as const

/** Deliveries of ten minutes. Each attempt of a message counts. */
export interface DeliveryTally {
  /** Start of the ten minutes. */
  at: Date
  /** Deliveries by outcome; `failing` for those that failed. */
  byOutcome: Record<string, number>
  /** Failures and conflicts by code. */
  errors: Record<string, number>
  /** Deliveries by duration: one number for each of `latencyBounds`, and one for what took longer. */
  latency: number[]
  /** When the last of them arrived. */
  lastAt: Date
}

/** Messages in the log that need attention. */
export interface OpenDeliveries {
  /** Messages that never succeeded, counted up to 10,000. */
  failing: number
  /** Messages in conflict, counted up to 10,000. */
  conflicts: number
}

/** Where counting of messages that need attention stops. */
export const MAX_OPEN = 10_000
