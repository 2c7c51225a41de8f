import type { Command } from 'commander'
import type { ResourceStatus, SyncStatus } from '../../monitor/status'
import type { StoreSummary } from '../../store/job-store'
import { type ConfigOptions, clerkSyncOf, withConfig, withExamples } from '../project/common-options'
import { printCauses } from '../terminal/failures'
import { type ExitCode, exitCodes, type Io } from '../terminal/io'
import { whileWaiting } from '../terminal/progress'
import { runCommand } from '../terminal/run-command'
import { table } from '../terminal/text'
import { deliveryLines, printInError, printRemedies } from './status-report'

/** Adds `status`: documents by state, jobs, and deliveries of the last day. */
export function addStatus(program: Command, io: Io): void {
  const command = withConfig(program.command('status').summary("documents by state, jobs, the last day's deliveries"))
    .description(
      "Prints users, organizations and memberships by state, the last run of each job, and the last day's deliveries if there is a delivery log.",
    )
    .action(runCommand(io, (options: ConfigOptions) => status(io, options)))
  withExamples(command, [
    ['status', 'as text; exit code 2 if users are in error or could not be stored'],
    ['status --json', 'as JSON, for a monitor'],
  ])
}

async function status(io: Io, options: ConfigOptions): Promise<ExitCode> {
  const clerkSync = await clerkSyncOf(io, options)
  const found = await whileWaiting(io, 'Clerk or MongoDB', () => clerkSync.status())
  printUsers(io, found)
  printInError(io, found)
  printUnstored(io, found)
  printResource(io, 'organization', found.organizations)
  printResource(io, 'membership', found.memberships)
  printJobs(io, found.jobs)
  printDeliveries(io, found.deliveries)
  io.result(found)
  const parts = [{ ...found.users, unstored: found.unstored }, found.organizations, found.memberships]
  const isFine = parts.every((part) => !part || (part.error === 0 && !part.unstored))
  return isFine ? exitCodes.fine : exitCodes.problems
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

function printJobs(io: Io, jobs: StoreSummary['jobs']): void {
  const rows = jobs.map(({ job, runningUntil, endedAt, state }) => {
    if (runningUntil && runningUntil.getTime() > Date.now()) return [job, 'running']
    if (state) return [job, 'stopped before its end; run the same command to continue']
    return [job, endedAt ? `ended ${endedAt.toISOString()}` : 'never ended']
  })
  section(io, 'Jobs', rows.length > 0 ? table(rows) : ['  no job has run'])
}

function printDeliveries(io: Io, deliveries: SyncStatus['deliveries']): void {
  if (!deliveries) {
    section(io, 'Deliveries', ['  no delivery log; createClerkSync({ deliveries: true }) enables it'])
    return
  }
  const {
    lastDay: { byOutcome },
    lastAt,
    failed,
  } = deliveries
  const outcomes = table(Object.entries(byOutcome))
  const last = lastAt ? `  last delivery: ${lastAt.toISOString()}` : '  none'
  section(io, 'Deliveries of the last 24 hours', [...outcomes, last])
  if (failed.length === 0) return
  io.out(io.colors.bold('Failed or in conflict, the newest ten'))
  for (const line of deliveryLines(failed)) io.out(line)
  printRemedies(
    io,
    failed.map(({ errorCode = 'unexpected' }) => errorCode),
  )
  io.out()
}

function section(io: Io, title: string, lines: readonly string[]): void {
  io.out(io.colors.bold(title))
  for (const line of lines) io.out(line)
  io.out()
}
