import { duration } from '../counted'
import { type Alert, type AlertRule, docsOfRule, type Problem, type RuleFinding } from './alert'
import { publicText } from './words'

/** A problem whose alert fires. */
export type FiringProblem = Required<Omit<Problem, 'rule'>>

/** What a monitor remembers from one round to the next. Values are immutable; each round makes a new one. */
export interface MonitorState {
  /** When the last round ended; `undefined` before the first. */
  checkedAt: Date | undefined
  /** When the first round was. */
  watchingSince: Date
  firing: Readonly<Partial<Record<AlertRule, FiringProblem>>>
  /** Alerts that `onAlert` has not accepted yet, oldest first. */
  unsent: readonly Alert[]
}

/** Bounds what is kept while `onAlert` fails. */
const MAX_UNSENT = 50

const afterwards: Partial<Record<AlertRule, string>> = {
  database:
    'Svix sends the deliveries that failed again for about 28 hours. After a longer outage: `clerk-mongo-sync reconcile --apply`.',
  endpoint:
    'Svix sends the deliveries that failed again for about 28 hours. After a longer outage: `clerk-mongo-sync reconcile --apply`.',
  silence: 'Messages of that time may never arrive: `clerk-mongo-sync reconcile --apply` stores what they would have.',
}

/** The state that an earlier round saved; a new one for anything else. */
export function readState(saved: Readonly<Record<string, unknown>> | undefined, now: Date): MonitorState {
  const { checkedAt, watchingSince, firing, unsent } = (saved ?? {}) as Partial<MonitorState>
  return {
    checkedAt: checkedAt instanceof Date ? checkedAt : undefined,
    watchingSince: watchingSince instanceof Date ? watchingSince : now,
    firing: typeof firing === 'object' && firing !== null ? firing : {},
    unsent: Array.isArray(unsent) ? unsent : [],
  }
}

/**
 * Applies the findings of a round: a rule that finds a problem fires once, and one that finds none recovers once. Rules
 * without a finding, or with an unknown one, keep their state. Pure.
 * @param off Rules that are switched off: they neither fire nor recover.
 */
export function nextState(
  state: MonitorState,
  { findings, off, now }: { findings: readonly RuleFinding[]; off: readonly AlertRule[]; now: Date },
): { state: MonitorState; alerts: Alert[] } {
  const firing: Partial<Record<AlertRule, FiringProblem>> = { ...state.firing }
  const alerts: Alert[] = []
  for (const rule of off) delete firing[rule]
  for (const finding of findings.filter(({ rule }) => !off.includes(rule))) {
    const { rule } = finding
    const before = firing[rule]
    if (finding.verdict === 'problem') {
      const { message, remedy } = finding
      const since = before?.since ?? finding.since ?? now
      firing[rule] = { since, message, remedy }
      if (!before) alerts.push(alertOf('firing', rule, { since, message, remedy }))
    } else if (finding.verdict === 'ok' && before) {
      delete firing[rule]
      const message = `Recovered after ${duration(now.getTime() - before.since.getTime())}: ${finding.message}`
      alerts.push(
        alertOf('recovered', rule, { ...before, message, remedy: afterwards[rule] ?? 'Nothing is left to do.' }),
      )
    }
  }
  return { state: { ...state, firing, unsent: [...state.unsent, ...alerts].slice(-MAX_UNSENT) }, alerts }
}

/** The alert about a problem. */
export function alertOf(state: Alert['state'], rule: AlertRule, { since, message, remedy }: FiringProblem): Alert {
  return { rule, state, since, message: publicText(message), remedy: publicText(remedy), docs: docsOfRule(rule) }
}

/** The alerts that fire. */
export const firingAlerts = ({ firing }: MonitorState): Alert[] =>
  Object.entries(firing).map(([rule, problem]) => alertOf('firing', rule as AlertRule, problem))
