import { isTestEvent } from '../events/test-event'
import { harmless } from '../host/harmless'
import { type CountedDeliveries, type DeliveryCounters, durationBounds } from './delivery-counters'
import type { AddFacts, FinishedDelivery, Telemetry, TelemetryFacts, TelemetryStep } from './telemetry'

/** What is known about a delivery. */
export interface DeliveryFacts {
  type?: string
  messageId?: string | undefined
  outcome?: string
  /** Code of the failure, refusal or conflict. */
  code?: string | undefined
}

const noFacts: AddFacts = () => {}
/** More types than Clerk has. */
const MAX_TYPES = 200

/**
 * Counts the deliveries of a `ClerkSync` in memory, and passes spans and finished deliveries to the app's telemetry. The
 * number of counters is that of types, outcomes and codes, which are few.
 */
export class Meter {
  readonly #telemetry: Telemetry | undefined
  readonly #report: ((delivery: FinishedDelivery) => void) | undefined
  readonly #types = new Set<string>()
  readonly #deliveries = new Map<string, CountedDeliveries>()
  readonly #counts = new Array<number>(durationBounds.length + 1).fill(0)
  #sum = 0

  /** @param telemetry The app's, if it has one. */
  constructor(telemetry: Telemetry | undefined) {
    this.#telemetry = telemetry
    if (telemetry?.delivered) this.#report = harmless((delivery) => telemetry.delivered?.(delivery))
  }

  /** Runs a delivery as a span, and counts it when it ends. `work` gets a function that takes what it learns. */
  delivery<T>(work: (add: (facts: DeliveryFacts) => void) => Promise<T>): Promise<T> {
    const startedAt = performance.now()
    const known: DeliveryFacts = {}
    return this.span('delivery', {}, async (add) => {
      try {
        return await work((facts) => {
          Object.assign(known, facts)
          add({ ...facts })
        })
      } finally {
        this.#end(known, performance.now() - startedAt)
      }
    })
  }

  /**
   * Runs a step, as a span if there is telemetry with spans. `work` runs once, whatever the telemetry does, and its result
   * is returned.
   */
  span<T>(step: TelemetryStep, facts: TelemetryFacts, work: (add: AddFacts) => Promise<T>): Promise<T> {
    const telemetry = this.#telemetry
    if (!telemetry?.span) return work(noFacts)
    let result: Promise<T> | undefined
    const once = (add: AddFacts): Promise<T> => {
      result ??= work((more) => ignoringErrors(() => add(more)))
      return result
    }
    ignoringErrors(() => telemetry.span?.(step, facts, once).catch(() => {}))
    return once(noFacts)
  }

  /** What was counted so far. */
  counters(): DeliveryCounters {
    const deliveries = [...this.#deliveries.values()].map((one) => ({ ...one }))
    return { deliveries, durations: { counts: [...this.#counts], sum: this.#sum } }
  }

  #end({ type, outcome, code }: DeliveryFacts, durationMs: number): void {
    // A test delivery is none of Clerk's: counted, it would hide that Clerk sends nothing.
    if (type !== undefined && isTestEvent({ type })) return
    const labels = {
      type: this.#typeLabel(type),
      ...(outcome !== undefined && { outcome }),
      ...(code !== undefined && { code }),
    }
    this.#count(labels, durationMs)
    this.#report?.({ ...labels, durationMs })
  }

  /** A type as a label of metrics: few values, whatever an app passes to `sync()`. */
  #typeLabel(type: string | undefined): string {
    if (type === undefined) return 'unverified'
    if (this.#types.has(type)) return type
    if (this.#types.size >= MAX_TYPES || !/^[\w.]{1,64}$/.test(type)) return 'other'
    this.#types.add(type)
    return type
  }

  #count(labels: Omit<FinishedDelivery, 'durationMs'>, durationMs: number): void {
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
}

function ignoringErrors(call: () => unknown): void {
  try {
    call()
  } catch {
    // Telemetry must not fail a delivery.
  }
}
