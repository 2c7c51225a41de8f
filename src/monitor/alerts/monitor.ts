import { ClerkSyncError, errorCodeOf } from '../../errors'
import { requireJobStore } from '../../jobs/run/job-context'
import { milliseconds } from '../../number-options'
import type { ResolvedClerkSyncOptions, SigningSecret } from '../../resolved-options'
import type { JobLease } from '../../store/job-store'
import { withDeadline } from '../../time/deadline'
import { sleep } from '../../time/sleep'
import type { SyncStatus } from '../status'
import type { Alert, AlertRule, RuleFinding } from './alert'
import type { ResolvedRules } from './monitor-rules'
import { firingAlerts, type MonitorState, nextState } from './monitor-state'
import { runRound } from './run-round'
import { type OnAlert, sendAlerts } from './send-alerts'
import { StateKeeper } from './state-keeper'

/** What a round found. */
export interface MonitorResult {
  at: Date
  /** What each rule found. Empty if the round was skipped. */
  findings: RuleFinding[]
  /** Alerts of this round: what began to fire, or recovered. */
  alerts: Alert[]
  /** What fires now. */
  firing: Alert[]
  /** Alerts that `onAlert` did not accept; they are sent again in the next round. */
  unsent: readonly Alert[]
  /** Why nothing was checked: another monitor is at it. */
  skipped?: string
}

/** What a monitor is made of. */
export interface MonitorParts {
  options: ResolvedClerkSyncOptions
  status: () => Promise<SyncStatus>
  rules: ResolvedRules
  /** Rules that are switched off. */
  off: readonly AlertRule[]
  url: string | undefined
  signingSecret: SigningSecret | undefined
  onAlert: OnAlert
  timeoutMs: number
}

/** The job whose lease and state a monitor holds. */
const JOB = 'monitor'
/** Longer than a round takes. A monitor that was killed holds others up for this long. */
const LEASE_MS = 120_000
const MIN_INTERVAL_MS = 1_000

/** Implements `ClerkSyncMonitor`. */
export class Monitor {
  readonly #keeper = new StateKeeper()
  /** Rules of which the log knows that they have no effect. */
  readonly #noted = new Set<AlertRule>()
  #round: Promise<MonitorResult> | undefined
  #running: { stopping: AbortController; ended: Promise<void> } | undefined

  constructor(private readonly parts: MonitorParts) {}

  check(): Promise<MonitorResult> {
    this.#round ??= this.#check().finally(() => {
      this.#round = undefined
    })
    return this.#round
  }

  start({
    intervalMs = 60_000,
    onRound,
  }: {
    intervalMs?: number
    onRound?: (result: MonitorResult) => void
  } = {}): void {
    if (this.#running) throw new ClerkSyncError('invalid_option', 'The monitor runs already. Call stop() first.')
    const pause = Math.max(MIN_INTERVAL_MS, milliseconds('intervalMs', intervalMs))
    const stopping = new AbortController()
    this.#running = { stopping, ended: this.#repeat(pause, stopping.signal, onRound) }
  }

  async stop(): Promise<void> {
    const running = this.#running
    this.#running = undefined
    running?.stopping.abort()
    await running?.ended
  }

  async #repeat(pause: number, signal: AbortSignal, onRound?: (result: MonitorResult) => void): Promise<void> {
    while (!signal.aborted) {
      try {
        const result = await this.check()
        onRound?.(result)
      } catch (error) {
        this.parts.options.logger.error({ code: errorCodeOf(error) }, 'a round of the monitor failed; it goes on')
      }
      await sleep(pause, signal).catch(() => {})
    }
  }

  async #check(): Promise<MonitorResult> {
    const at = new Date()
    const { lease, failure } = await this.#takeLease()
    if (lease === null) return this.#skipped(at)
    const known = this.#keeper.read(lease && (lease.state ?? null), at)
    try {
      const findings = await runRound({ ...this.parts, endpoint: this.#endpoint(), known, failure, now: at })
      this.#noteUnknown(findings)
      const { state, alerts } = nextState(known, { findings, off: this.parts.off, now: at })
      // First saved, then sent: a crash in between sends an alert again instead of losing it.
      const isOurs = state.unsent.length === 0 || (await this.#save(lease, { ...state, checkedAt: at }))
      const unsent = isOurs ? await sendAlerts(state.unsent, { ...this.parts, ...this.parts.options }) : []
      if (isOurs) await this.#save(lease, { ...state, unsent, checkedAt: at })
      return { at, findings, alerts, firing: firingAlerts(state), unsent }
    } finally {
      await lease?.release('paused').catch(() => {})
    }
  }

  /** The lease; `null` if another monitor has it. @returns `failure` if the database could not be asked. */
  async #takeLease(): Promise<{ lease: JobLease | null | undefined; failure?: unknown }> {
    const { options, timeoutMs } = this.parts
    const deadline = Date.now() + timeoutMs
    const take = async () => {
      await options.connect()
      return requireJobStore(options).lease(JOB, LEASE_MS, { logger: options.logger, deadline })
    }
    try {
      return { lease: await withDeadline(deadline, take()) }
    } catch (failure) {
      return { lease: undefined, failure }
    }
  }

  /** @returns `false` if another monitor took the lease, and sends the alerts itself. */
  async #save(lease: JobLease | undefined, state: MonitorState): Promise<boolean> {
    try {
      if (!lease) throw new Error('no lease')
      await withDeadline(Date.now() + this.parts.timeoutMs, lease.save({ ...state }))
      this.#keeper.saved(state)
      return true
    } catch (error) {
      if (errorCodeOf(error) === 'job_running') return false
      this.#keeper.notSaved(state)
      return true
    }
  }

  #skipped(at: Date): MonitorResult {
    const skipped = 'Another monitor is checking. If it was killed, its lease expires within two minutes.'
    return { at, findings: [], alerts: [], firing: [], unsent: [], skipped }
  }

  #endpoint() {
    const { url, signingSecret } = this.parts
    return url === undefined ? undefined : { url, signingSecret, signal: this.#running?.stopping.signal }
  }

  /** Logs once that a rule cannot decide, so that a missing setting is noticed. */
  #noteUnknown(findings: readonly RuleFinding[]): void {
    for (const finding of findings) {
      const { rule, verdict, message } = finding
      if (verdict !== 'unknown' || !finding.isSetting || this.#noted.has(rule)) continue
      this.#noted.add(rule)
      this.parts.options.logger.warn({ rule }, `the rule ${rule} of the monitor cannot decide: ${message}`)
    }
  }
}
