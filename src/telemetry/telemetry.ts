/** A step that telemetry sees. `verify`, `write` and `hook` are parts of a `delivery`; the others are jobs. */
export type TelemetryStep = 'delivery' | 'verify' | 'write' | 'hook' | 'backfill' | 'reconcile' | 'push'

/** Facts about a step, by name. Of a delivery: `type`, `messageId`, `outcome`, `code`. Never a value of a user. */
export type TelemetryFacts = Readonly<Record<string, string | number | undefined>>

/** A finished delivery, for metrics. Every field has few values. */
export interface FinishedDelivery {
  /** The event's type; `other` if this version does not know it, `unverified` if the delivery was refused before. */
  type: string
  /** The outcome; absent if the delivery failed or was refused. */
  outcome?: string
  /** Code of the failure, refusal or conflict. */
  code?: string
  /** How long it took. */
  durationMs: number
}

/**
 * Receives what happens, for metrics and traces. `clerk-mongo-sync/opentelemetry` has one for OpenTelemetry. Errors that
 * it throws are ignored.
 */
export interface Telemetry {
  /**
   * Runs a step as a span, and returns what `work` returns. `work` is called exactly once, at once, and its calls belong
   * to the span. It gets a function that adds facts which are known later.
   */
  span?<T>(
    step: TelemetryStep,
    facts: TelemetryFacts,
    work: (add: (facts: TelemetryFacts) => void) => Promise<T>,
  ): Promise<T>
  /** Called once for each delivery that was answered. */
  delivered?(delivery: FinishedDelivery): void
}

/** Adds facts to a step. */
export type AddFacts = (facts: TelemetryFacts) => void
