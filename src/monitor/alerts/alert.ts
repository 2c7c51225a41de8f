/** The rules of the monitor. */
export const alertRules = ['database', 'endpoint', 'silence', 'failureRate', 'pushes', 'conflicts', 'drift'] as const

/** A rule of the monitor. */
export type AlertRule = (typeof alertRules)[number]

/** A change of a rule's state. Contains numbers and names only: no secret, no e-mail address, no id. */
export interface Alert {
  rule: AlertRule
  /** `recovered` follows exactly one `firing` of the rule. */
  state: 'firing' | 'recovered'
  /** Since when the problem is, or was, there, as far as that is known. */
  since: Date
  /** One sentence with numbers, at most 500 characters. */
  message: string
  /** What to do. */
  remedy: string
  /** URL of the rule's documentation. */
  docs: string
}

/** What a rule found in one round. */
export type RuleFinding =
  | { rule: AlertRule; verdict: 'ok'; message: string }
  /** The rule could not decide. An alert that fires keeps firing. `isSetting`: because a setting is missing. */
  | { rule: AlertRule; verdict: 'unknown'; message: string; isSetting?: boolean }
  | ({ verdict: 'problem' } & Problem)

/** A rule's finding that fires an alert. */
export interface Problem {
  rule: AlertRule
  /** @default the time of the round that found it first */
  since?: Date
  message: string
  remedy: string
}

/** URL of the documentation of a rule. unpkg serves it from the published package. */
export const docsOfRule = (rule: AlertRule): string =>
  `https://unpkg.com/clerk-mongo-sync/docs/guides/alerts.md#${rule.toLowerCase()}`
