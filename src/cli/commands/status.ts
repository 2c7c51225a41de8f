import type { Command } from 'commander'
import { readState } from '../../monitor/alerts/monitor-state'
import { counted } from '../../monitor/counted'
import type { DeliveryPeriod } from '../../monitor/delivery-period'
import type { ResourceStatus, SyncStatus } from '../../monitor/status'
import { type ConfigOptions, clerkSyncOf, withConfig, withExamples } from '../project/common-options'
import { printCauses } from '../terminal/failures'
import { type ExitCode, exitCodes, type Io } from '../terminal/io'
import { whileWaiting } from '../terminal/progress'
import { runCommand } from '../terminal/run-command'
import { parseCount } from '../terminal/since'
import { table } from '../terminal/text'
import { deliveryLines, printInError, printRemedies } from './status-report'
import { sentenceOf, watchStatus } from './status-watch'

interface StatusOptions extends ConfigOptions {
  watch?: number | true
}

/** How often `--watch` prints, in seconds. */
const WATCH_SECONDS = 2

/** Adds `status`: documents by state, jobs, and deliveries of the last hour, day and week. */
export function addStatus(program: Command, io: Io): void {
  const command = withConfig(
    program.command('status').summary('how the sync is: deliveries, documents by state, pushes, jobs'),
  )
    .description(
      'Prints in one sentence how the sync is, then deliveries of the last hour, day and week if there is a delivery log, ' +
        'documents by state, the push queue, and the last run of each job.',
    )
    .option(
      '--watch [seconds]',
      `print again every so many seconds (default: ${WATCH_SECONDS}), until Ctrl-C`,
      parseCount,
    )
    .action(runCommand(io, (options: StatusOptions) => status(io, options)))
  withExamples(command, [
    ['status', 'as text; exit code 2 if users are in error or could not be stored'],
    ['status --json', 'as JSON, for a monitor'],
    ['status --watch', 'again every two seconds; without a terminal one line each'],
  ])
}

async function status(io: Io, options: StatusOptions): Promise<ExitCode> {
  const clerkSync = await clerkSyncOf(io, options)
  if (options.watch !== undefined) {
    const seconds = options.watch === true ? WATCH_SECONDS : Math.max(1, options.watch)
    await watchStatus(io, clerkSync, seconds, (found) => printStatus(io, found))
    return exitCodes.fine
  }
  const found = await whileWaiting(io, 'Clerk or MongoDB', () => clerkSync.status())
  printStatus(io, found)
  io.result(found)
  const parts = [{ ...found.users, unstored: found.unstored }, found.organizations, found.memberships]
  const isFine = parts.every((part) => !part || (part.error === 0 && !part.unstored))
  return isFine ? exitCodes.fine : exitCodes.problems
}

function printStatus(io: Io, found: SyncStatus): void {
  io.out(sentenceOf(io, found))
  io.out()
  printDeliveries(io, found.deliveries)
  printUsers(io, found)
  printInError(io, found)
  printUnstored(io, found)
  printResource(io, 'organization', found.organizations)
  printResource(io, 'membership', found.memberships)
  printPushes(io, found.pushes)
  printJobs(io, found)
  printMissingIndexes(io, found.missingIndexes)
}

function printUsers(io: Io, { users, tombstones }: SyncStatus): void {
  const rows: [string, number, string][] = [
    ['active', users.active, 'in step with Clerk'],
    ['pending', users.pending, 'a change in MongoDB must still be pushed'],
    ['error', users.error, 'in conflict, or a push was abandoned'],
    ['deleted', users.deleted, 'deleted in Clerk, kept in MongoDB'],
    ['local', users.local, 'no Clerk user'],
    ['tombstones', tombstones, 'ids that stay deleted'],
  ]
  section(io, 'Users', table(rows))
}

function printResource(io: Io, noun: 'organization' | 'membership', found: ResourceStatus | undefined): void {
  if (!found) return
  const { active, pending, error, deleted, inError, unstored } = found
  const rows: [string, number, string][] = [
    ['active', active, 'in step with Clerk'],
    ['pending', pending, 'a change in MongoDB must still be pushed'],
    ['error', error, 'in conflict'],
    ['deleted', deleted, 'deleted in Clerk, kept in MongoDB'],
  ]
  section(io, noun === 'organization' ? 'Organizations' : 'Memberships', table(rows))
  printInError(io, { users: found, ...(inError && { inError }) })
  if (!unstored) return
  printCauses(io, { title: 'Not stored, or not unchanged', noun }, unstored.causes, unstored.count)
  io.out()
}

function printUnstored(io: Io, { unstored }: SyncStatus): void {
  if (!unstored) return
  printCauses(io, 'Not stored, or not unchanged', unstored.causes, unstored.count)
  io.out()
}

function printPushes(io: Io, pushes: SyncStatus['pushes']): void {
  if (!pushes) return
  const { pending, retrying, failed, oldestDueAt } = pushes
  const rows: [string, number, string][] = [
    ['pending', pending, oldestDueAt ? `the oldest is due since ${oldestDueAt.toISOString()}` : 'to be sent to Clerk'],
    ['retrying', retrying, 'of these failed at least once'],
    ['abandoned', failed, 'see clerk-mongo-sync push --help'],
  ]
  section(io, 'Pushes', table(rows))
}

function printJobs(io: Io, { jobs, lastReconcile }: SyncStatus): void {
  const rows = jobs.map(({ job, runningUntil, endedAt, state, resultAt }) => {
    const found = job === 'reconcile' && lastReconcile ? describeDrift(lastReconcile) : ''
    if (job === 'monitor') return [job, describeMonitor(state), found]
    if (runningUntil && runningUntil.getTime() > Date.now()) return [job, 'running', found]
    if (state) return [job, 'stopped before its end; run the same command to continue', found]
    const at = later(endedAt, resultAt)
    return [job, at ? `ended ${at.toISOString()}` : 'never ended', found]
  })
  section(io, 'Jobs', rows.length > 0 ? table(rows) : ['  no job has run'])
}

/** @param saved What the monitor saved for its next round. */
function describeMonitor(saved: unknown): string {
  const { checkedAt, firing } = readState(saved as Record<string, unknown> | undefined, new Date())
  const rules = Object.keys(firing)
  const alerts = rules.length === 0 ? 'no alert fires' : `firing: ${rules.join(', ')}`
  return checkedAt ? `checked ${checkedAt.toISOString()}, ${alerts}` : 'no check has ended'
}

const later = (one: Date | undefined, other: Date | undefined): Date | undefined =>
  one && other && one > other ? one : (other ?? one)

function describeDrift({ checked, drift, applied, mode }: NonNullable<SyncStatus['lastReconcile']>): string {
  const of = mode === 'full' ? '' : ` (${mode})`
  return `${counted(drift, 'difference')} ${applied ? 'left' : 'found'} in ${checked.toLocaleString('en')} compared${of}`
}

function printMissingIndexes(io: Io, missing: readonly string[]): void {
  if (missing.length === 0) return
  const remedy = `  ${io.colors.cyan('→')} clerk-mongo-sync doctor --fix builds them`
  section(io, 'Indexes missing', [...missing.map((name) => `  ${name}`), remedy])
}

function printDeliveries(io: Io, deliveries: SyncStatus['deliveries']): void {
  if (!deliveries) {
    section(io, 'Deliveries', ['  no delivery log; createClerkSync({ deliveries: true }) enables it'])
    return
  }
  const { lastHour, lastDay, lastWeek, lastAt, failed, failing, conflicts, oldestFailing } = deliveries
  const periods = [periodRow('last hour', lastHour), periodRow('last day', lastDay), periodRow('last week', lastWeek)]
  const outcomes = Object.entries(lastDay.byOutcome).map(([outcome, n]) => `${outcome} ${n.toLocaleString('en')}`)
  const since = oldestFailing ? `, the oldest since ${oldestFailing.firstSeenAt.toISOString()}` : ''
  const lines = [
    ...table(periods),
    ...(outcomes.length > 0 ? [`  of the last day: ${outcomes.join(', ')}`] : []),
    ...(failing + conflicts > 0
      ? [`  failing: ${counted(failing, 'message')}${since}; in conflict: ${conflicts}`]
      : []),
    lastAt ? `  last delivery: ${lastAt.toISOString()}` : '  none so far',
  ]
  section(io, 'Deliveries', lines)
  if (failed.length === 0) return
  io.out(io.colors.bold('Failed or in conflict, the newest ten'))
  for (const line of deliveryLines(failed)) io.out(line)
  printRemedies(
    io,
    failed.map(({ errorCode = 'unexpected' }) => errorCode),
  )
  io.out()
}

function periodRow(name: string, { total, successRate, latency }: DeliveryPeriod): (string | number)[] {
  if (successRate === undefined || !latency) return [name, total, '', '']
  const rate = `${(Math.floor(successRate * 1000) / 10).toLocaleString('en')}% succeeded`
  return [name, total, rate, `p50 ${ms(latency.p50)}, p95 ${ms(latency.p95)}, p99 ${ms(latency.p99)}`]
}

const ms = (value: number): string => `${Math.round(value).toLocaleString('en')} ms`

function section(io: Io, title: string, lines: readonly string[]): void {
  io.out(io.colors.bold(title))
  for (const line of lines) io.out(line)
  io.out()
}
