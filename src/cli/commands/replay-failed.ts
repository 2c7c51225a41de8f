import type { ClerkSync } from '../../create-clerk-sync'
import type { ReconcileProgress, ReconcileReport } from '../../jobs/reconcile/reconcile-report'
import type { ResourceOption } from '../../jobs/run/job-resources'
import { counted } from '../../monitor/counted'
import type { LoggedDelivery } from '../../store/job-store'
import { clerkSyncOf } from '../project/common-options'
import { type ExitCode, exitCodes, type Io } from '../terminal/io'
import { nounOf } from '../terminal/only'
import { showProgress } from '../terminal/progress'
import { isInStep, printReport } from './reconcile-report'
import type { ReplayOptions } from './replay-options'
import { deliveryLines, printRemedies } from './status-report'

/**
 * Synchronizes the users of failed and conflicting deliveries with Clerk's current state. Of organizations and memberships
 * all are compared: a delivery's log entry has no user and organization, by which Clerk finds a membership.
 */
export async function replayFailed(io: Io, options: ReplayOptions): Promise<ExitCode> {
  const clerkSync = await clerkSyncOf(io, options)
  const failed: LoggedDelivery[] = []
  const query = { failed: true, ...(options.since && { since: options.since }) }
  for await (const delivery of clerkSync.deliveries(query)) failed.push(delivery)
  const users = usersOf(failed)
  const only = await othersOf(clerkSync, failed)
  const hooksDue = failed.filter(({ errorCode }) => errorCode === 'hook_failed').map(({ messageId }) => messageId)
  list(io, failed, { users, only })
  const summary = { deliveries: failed, users, only, hooksDue, dryRun: options.dryRun ?? false }
  if (options.dryRun || users.length + only.length === 0) {
    if (failed.length > 0) printFailedRemedies(io, failed)
    io.result(summary)
    return failed.length > 0 ? exitCodes.problems : exitCodes.fine
  }
  const reports = await repair(io, clerkSync, { users, only })
  printPendingHooks(io, hooksDue)
  const [report] = reports
  io.result({ ...summary, report, ...(reports.length > 1 && { reports }) })
  if (!reports.every(({ complete }) => complete)) return exitCodes.interrupted
  return reports.every(areAllInStep) && hooksDue.length === 0 ? exitCodes.fine : exitCodes.problems
}

/** What failed deliveries were about. */
interface Affected {
  /** Clerk ids. */
  users: readonly string[]
  /** Other resources. */
  only: readonly ResourceOption[]
}

/** Compares and repairs the users first, then the other resources. @returns a report of each run. */
async function repair(io: Io, clerkSync: ClerkSync, { users, only }: Affected): Promise<ReconcileReport[]> {
  const signal = io.stopSignal('Repairs made so far are kept. Run the same command to start over.')
  const runs = [...(users.length > 0 ? [{ users }] : []), ...(only.length > 0 ? [{ only }] : [])]
  const reports: ReconcileReport[] = []
  for (const run of runs) {
    const progress = showProgress(io)
    const onProgress = ({ phase, checked, resource, ...step }: ReconcileProgress) =>
      progress.show({ ...step, done: checked, label: phase, noun: nounOf[resource] })
    const report = await clerkSync.reconcile({ ...run, apply: true, signal, onProgress }).finally(() => progress.end())
    printReport(io, report, 'only' in run ? run.only : undefined)
    reports.push(report)
    if (!report.complete) break
  }
  return reports
}

const areAllInStep = ({ organizations, memberships, ...users }: ReconcileReport): boolean =>
  [users, organizations, memberships].every((part) => !part || isInStep(part.after ?? part))

/** Prints the remedies, with --dry-run or if no failed delivery is about a user. */
function printFailedRemedies(io: Io, failed: readonly LoggedDelivery[]): void {
  printRemedies(
    io,
    failed.map(({ errorCode = 'unexpected' }) => errorCode),
  )
}

/** A hook runs only for its message, which only Clerk still has. */
function printPendingHooks(io: Io, hooksDue: readonly string[]): void {
  if (hooksDue.length === 0) return
  io.out(
    `\n${io.colors.yellow(counted(hooksDue.length, 'hook'))} still pending. Svix retries these messages, or you can resend them in Clerk's dashboard (Webhooks, your endpoint):`,
  )
  for (const messageId of hooksDue) io.out(`  ${messageId}`)
}

/** Users of events about users. Only these can be repaired with Clerk's current state. */
function usersOf(failed: readonly LoggedDelivery[]): string[] {
  const ids = failed.flatMap(({ type, clerkId }) => (type.startsWith('user.') && clerkId !== undefined ? clerkId : []))
  return [...new Set(ids)]
}

const optionOf: [prefix: string, option: ResourceOption][] = [
  ['organization.', 'organizations'],
  ['organizationMembership.', 'memberships'],
]

/** The other resources of failed deliveries, as far as the app stores them. */
async function othersOf(clerkSync: ClerkSync, failed: readonly LoggedDelivery[]): Promise<ResourceOption[]> {
  const found = optionOf.filter(([prefix]) => failed.some(({ type }) => type.startsWith(prefix)))
  if (found.length === 0) return []
  const { organizations, memberships } = await clerkSync.status()
  const stored = { users: true, organizations, memberships }
  return found.map(([, option]) => option).filter((option) => stored[option] !== undefined)
}

function list(io: Io, failed: readonly LoggedDelivery[], { users, only }: Affected): void {
  if (failed.length === 0) {
    io.out('No failed delivery in the log. (It is always empty without the option deliveries.)')
    return
  }
  const all = [counted(users.length, 'user'), ...only.map((option) => `some ${option}`)].join(' and ')
  io.out(io.colors.bold(`${failed.length} failed or in conflict, of ${all}`))
  for (const line of deliveryLines(failed)) io.out(line)
  const isAbout = ({ type, clerkId }: LoggedDelivery) =>
    (type.startsWith('user.') && clerkId !== undefined) ||
    optionOf.some(([prefix, option]) => type.startsWith(prefix) && only.includes(option))
  const others = failed.filter((delivery) => !isAbout(delivery)).length
  const what = ['user', ...only.map((option) => nounOf[option])].join(' or ')
  if (others > 0) io.out(`  ${others} not about a ${what}: replay them in Clerk's dashboard (Webhooks, your endpoint).`)
  io.out()
}
