import { isHttpUrl } from '../../endpoint/is-http-url'
import { ClerkSyncError } from '../../errors'
import { requireJobStore } from '../../jobs/run/job-context'
import { milliseconds } from '../../number-options'
import type { ResolvedClerkSyncOptions, SigningSecret } from '../../resolved-options'
import { type Alert, alertRules } from './alert'
import { Monitor, type MonitorResult } from './monitor'
import { type MonitorRules, resolveRules } from './monitor-rules'
import { type Monitored, optionsOf } from './options-of'
import type { OnAlert } from './send-alerts'
import { toLoggerAlert } from './to-logger-alert'

/** Options of `createClerkSyncMonitor`. */
export interface MonitorOptions {
  /** Thresholds; all rules are on by default. */
  rules?: MonitorRules
  /**
   * Called for each alert. If it throws or rejects, or takes more than a minute, the alert is sent again in the next
   * round. @default toLoggerAlert(the logger of createClerkSync)
   */
  onAlert?: (alert: Alert) => unknown
  /** The app's endpoint, as Clerk calls it. Without it the rule `endpoint` is off. */
  url?: string
  /** Signs the test deliveries. @default that of `createClerkSync` */
  signingSecret?: SigningSecret
  /** How long the database may take to answer, in milliseconds. @default 10_000 */
  timeoutMs?: number
}

/** Options of `start`. */
export interface MonitorStartOptions {
  /** Time from the end of a round to the next, in milliseconds, at least a second. @default 60_000 */
  intervalMs?: number
  /** Called after each round. */
  onRound?: (result: MonitorResult) => void
}

/** Watches the sync from outside of the webhook handler. */
export interface ClerkSyncMonitor {
  /**
   * Runs one round, for cron routes: applies the rules, sends the alerts of what changed, and returns what was found.
   * Concurrent calls share a round. Of several monitors one runs a round at a time; for the others it is `skipped`.
   */
  check(): Promise<MonitorResult>
  /** Runs rounds until `stop()`, for workers. @throws {ClerkSyncError} `invalid_option` if it runs already. */
  start(options?: MonitorStartOptions): void
  /** Ends the rounds. Resolves when the current one has ended. */
  stop(): Promise<void>
}

/**
 * Creates a monitor, to be run outside of the webhook handler, because an alert inside of it is never sent if the handler
 * is never called. Its state is in the collection of the jobs, so that alerts fire once across restarts and monitors.
 *
 * @throws {ClerkSyncError} `invalid_option`, `store_unfit` if the store keeps no jobs.
 *
 * @example
 * const monitor = createClerkSyncMonitor(clerkSync, { url, onAlert: toWebhookAlert(process.env.SLACK_WEBHOOK_URL!) })
 * await monitor.check()
 */
export function createClerkSyncMonitor(clerkSync: Monitored, options: MonitorOptions = {}): ClerkSyncMonitor {
  const sync = optionsOf(clerkSync)
  requireJobStore(sync)
  const { url, timeoutMs = 10_000, rules = {} } = options
  if (url !== undefined && !isHttpUrl(url))
    throw new ClerkSyncError('invalid_option', 'url is not an address that begins with http:// or https://.')
  return new Monitor({
    options: sync,
    status: () => clerkSync.status(),
    rules: resolveRules(rules),
    off: alertRules.filter((rule) => rules[rule] === false),
    url,
    signingSecret: options.signingSecret ?? sync.signingSecret,
    onAlert: onAlertOf(options, sync),
    timeoutMs: milliseconds('timeoutMs', timeoutMs, 1),
  })
}

const onAlertOf = ({ onAlert }: MonitorOptions, { logger }: ResolvedClerkSyncOptions): OnAlert =>
  onAlert ?? toLoggerAlert(logger)
