import type { LoggedDelivery } from '../../store/job-store'
import { clerkSyncOf } from '../project/common-options'
import { type ExitCode, exitCodes, type Io } from '../terminal/io'
import { showProgress } from '../terminal/progress'
import { count } from '../terminal/text'
import { isInStep, printReport } from './reconcile-report'
import type { ReplayOptions } from './replay-options'
import { deliveryLines, printRemedies } from './status-report'

/** Synchronizes the users of failed and conflicting deliveries with Clerk's current state. */
export async function replayFailed(io: Io, options: ReplayOptions): Promise<ExitCode> {
  const clerkSync = await clerkSyncOf(io, options)
  const failed: LoggedDelivery[] = []
  const query = { failed: true, ...(options.since && { since: options.since }) }
  for await (const delivery of clerkSync.deliveries(query)) failed.push(delivery)
  const users = usersOf(failed)
  const hooksDue = failed.filter(({ errorCode }) => errorCode === 'hook_failed').map(({ messageId }) => messageId)
  list(io, failed, users)
  const summary = { deliveries: failed, users, hooksDue, dryRun: options.dryRun ?? false }
  if (options.dryRun || users.length === 0) {
    if (failed.length > 0) printFailedRemedies(io, failed)
    io.result(summary)
    return failed.length > 0 ? exitCodes.problems : exitCodes.fine
  }
  const signal = io.stopSignal('Repairs made so far are kept. Run the same command to start over.')
  const progress = showProgress(io)
  const report = await clerkSync
    .reconcile({
      users,
      apply: true,
      signal,
      onProgress: ({ phase, checked, ...step }) => progress.show({ ...step, done: checked, label: phase }),
    })
    .finally(() => progress.end())
  printReport(io, report)
  printPendingHooks(io, hooksDue)
  io.result({ ...summary, report })
  if (!report.complete) return exitCodes.interrupted
  return isInStep(report.after ?? report) && hooksDue.length === 0 ? exitCodes.fine : exitCodes.problems
}

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
    `\n${io.colors.yellow(count(hooksDue.length, 'hook'))} still pending. Svix retries these messages, or you can resend them in Clerk's dashboard (Webhooks, your endpoint):`,
  )
  for (const messageId of hooksDue) io.out(`  ${messageId}`)
}

/** Users of events about users. Only these can be repaired with Clerk's current state. */
function usersOf(failed: readonly LoggedDelivery[]): string[] {
  const ids = failed.flatMap(({ type, clerkId }) => (type.startsWith('user.') && clerkId !== undefined ? clerkId : []))
  return [...new Set(ids)]
}

function list(io: Io, failed: readonly LoggedDelivery[], users: readonly string[]): void {
  if (failed.length === 0) {
    io.out('No failed delivery in the log. (It is always empty without the option deliveries.)')
    return
  }
  io.out(io.colors.bold(`${failed.length} failed or in conflict, of ${count(users.length, 'user')}`))
  for (const line of deliveryLines(failed)) io.out(line)
  const others = failed.filter(({ type, clerkId }) => !type.startsWith('user.') || clerkId === undefined).length
  if (others > 0) io.out(`  ${others} not about a user: replay them in Clerk's dashboard (Webhooks, your endpoint).`)
  io.out()
}
