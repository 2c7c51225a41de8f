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

/** Counts deliveries in memory. The number of counters is that of types, outcomes and codes, which are few. */
export class DeliveryCounter {
  readonly #deliveries = new Map<string, CountedDeliveries>()
  readonly #counts = new Array<number>(durationBounds.length + 1).fill(0)
  #sum = 0

  add({ durationMs, ...labels }: FinishedDelivery): void {
    const key = `${labels.type} ${labels.outcome} ${labels.code}`
    const counted = this.#deliveries.get(key)
    if (counted) counted.count += 1
    else this.#deliveries.set(key, { ...labels, count: 1 })
    const seconds = durationMs / 1000
    const found = durationBounds.findIndex((bound) => seconds <= bound)
    const at = found === -1 ? durationBounds.length : found
    this.#counts[at] = (this.#counts[at] ?? 0) + 1
    this.#sum += seconds
  }

  read(): DeliveryCounters {
    const deliveries = [...this.#deliveries.values()].map((one) => ({ ...one }))
    return { deliveries, durations: { counts: [...this.#counts], sum: this.#sum } }
  }
}
