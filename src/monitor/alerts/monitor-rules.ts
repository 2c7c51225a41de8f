import { atLeast, count, milliseconds } from '../../number-options'

/** Thresholds of the rules. `false` switches a rule off. */
export interface MonitorRules {
  /** Failed deliveries of the last hour. */
  failureRate?: FailureRateOptions | false
  /** No delivery for an unusual time, although Clerk has changed users. */
  silence?: SilenceOptions | false
  /** Pushes that wait too long, or were abandoned. */
  pushes?: PushRuleOptions | false
  /** Messages in conflict. */
  conflicts?: ConflictRuleOptions | false
  /** Differences that the last reconcile left. */
  drift?: DriftRuleOptions | false
  /** The answer to a signed test delivery. Needs the option `url`. */
  endpoint?: EndpointRuleOptions | false
  /** Whether the state of the sync can be read from the database. */
  database?: false
}

/** Thresholds of `failureRate`. Both must be reached. */
export interface FailureRateOptions {
  /** Share of failed deliveries, from 0 to 1. @default 0.2 */
  share?: number
  /** Number of failed deliveries. @default 5 */
  minFailures?: number
}

/** Thresholds of `silence`. */
export interface SilenceOptions {
  /** Silence that is never reported, in milliseconds. @default 3_600_000, an hour */
  minMs?: number
  /** Silence is unusual if it lasts this many times the longest gap of the week before it. @default 2 */
  factor?: number
  /** Silence is also unusual if the same hours of the week before it had this many deliveries. @default 10 */
  minExpected?: number
}

/** Thresholds of `pushes`. Either is enough. */
export interface PushRuleOptions {
  /** How long a push may wait, in milliseconds. @default 900_000, 15 minutes */
  stuckMs?: number
  /** Abandoned pushes that are not reported. @default 0 */
  maxFailed?: number
}

/** Threshold of `conflicts`. */
export interface ConflictRuleOptions {
  /** Open conflicts that are not reported. @default 0 */
  max?: number
}

/** Thresholds of `drift`. Either is enough. */
export interface DriftRuleOptions {
  /** Differences that are not reported. @default 10 */
  max?: number
  /** How old the last reconcile may be, in milliseconds: twice its interval, if it runs on a schedule. @default no limit */
  maxAgeMs?: number
}

/** Behaviour of `endpoint`. */
export interface EndpointRuleOptions {
  /** A test delivery that failed is repeated after this time, in milliseconds, before the alert fires. @default 5_000 */
  retryAfterMs?: number
}

/** Rules with all defaults filled in. */
export interface ResolvedRules {
  failureRate: Required<FailureRateOptions> | false
  silence: Required<SilenceOptions> | false
  pushes: Required<PushRuleOptions> | false
  conflicts: Required<ConflictRuleOptions> | false
  drift: Required<DriftRuleOptions> | false
  endpoint: Required<EndpointRuleOptions> | false
}

/** Validates the thresholds, and fills in defaults. @throws {ClerkSyncError} `invalid_option`. */
export function resolveRules(rules: MonitorRules): ResolvedRules {
  const { failureRate = {}, silence = {}, pushes = {}, conflicts = {}, drift = {}, endpoint = {} } = rules
  return {
    failureRate: failureRate && {
      share: atLeast('failureRate.share', failureRate.share ?? 0.2, 0),
      minFailures: count('failureRate.minFailures', failureRate.minFailures ?? 5, 1),
    },
    silence: silence && {
      minMs: atLeast('silence.minMs', silence.minMs ?? 3_600_000, 0),
      factor: atLeast('silence.factor', silence.factor ?? 2, 1),
      minExpected: count('silence.minExpected', silence.minExpected ?? 10, 1),
    },
    pushes: pushes && {
      stuckMs: atLeast('pushes.stuckMs', pushes.stuckMs ?? 900_000, 0),
      maxFailed: count('pushes.maxFailed', pushes.maxFailed ?? 0),
    },
    conflicts: conflicts && { max: count('conflicts.max', conflicts.max ?? 0) },
    drift: drift && {
      max: count('drift.max', drift.max ?? 10),
      maxAgeMs: atLeast('drift.maxAgeMs', drift.maxAgeMs ?? Number.POSITIVE_INFINITY, 0),
    },
    endpoint: endpoint && { retryAfterMs: milliseconds('endpoint.retryAfterMs', endpoint.retryAfterMs ?? 5_000) },
  }
}
