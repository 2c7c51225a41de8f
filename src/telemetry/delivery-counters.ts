import type { FinishedDelivery } from './telemetry'

/** Upper bounds of the durations that are counted, in seconds: those that OpenTelemetry advises for messages. */
export const durationBounds = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10] as const

/** Deliveries with the same type, outcome and code. */
export interface CountedDeliveries extends Omit<FinishedDelivery, 'durationMs'> {
  /** How many since the start of the process. */
  count: number
}

/** What this process has answered since its start. */
export interface DeliveryCounters {
  deliveries: readonly CountedDeliveries[]
  /** How long they took. */
  durations: {
    /** One number for each of `durationBounds`, and one for what took longer. */
    counts: readonly number[]
    /** In seconds. */
    sum: number
  }
}
