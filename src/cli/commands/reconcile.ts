import type { Command } from 'commander'
import type { ReconcileOptions } from '../../jobs/reconcile/reconcile-report'
import { type ConfigOptions, clerkSyncOf, withConfig, withExamples } from '../project/common-options'
import { type ExitCode, exitCodes, type Io } from '../terminal/io'
import { showProgress } from '../terminal/progress'
import { runCommand, usageError } from '../terminal/run-command'
import { parseCount, parseSince } from '../terminal/since'
import { isInStep, printReport } from './reconcile-report'

interface Options extends ConfigOptions, Pick<ReconcileOptions, 'apply' | 'sample' | 'since'> {
  users?: string[]
  revive?: string[]
}

/** Adds `reconcile`, which compares Clerk and MongoDB, and repairs MongoDB on request. */
export function addReconcile(program: Command, io: Io): void {
  const command = withConfig(program.command('reconcile').summary('compare Clerk and MongoDB, and with --apply mend'))
    .description('Compares Clerk and MongoDB user by user. Writes nothing without --apply or --revive.')
    .option('--apply', 'mend what can be mended, then look again')
    .option('--sample <n>', 'look at about this many users of either side, drawn at random', parseCount)
    .option(
      '--since <when>',
      'only users changed at Clerk since then (finds no deletions): 12h, 7d, or a date',
      (text) => parseSince(text),
    )
    .option('--users <id...>', 'only these users')
    .option('--revive <id...>', 'bring these back that are deleted here, if Clerk still has them')
    .action(runCommand(io, (options: Options) => reconcile(io, options)))
  withExamples(command, [
    ['reconcile', 'what differs; exit code 2 if anything does'],
    ['reconcile --apply', 'make MongoDB right; exit code 2 if something is left'],
    ['reconcile --sample 500', 'a quick look at a large base'],
    ['reconcile --users user_2abc user_2def --apply', 'two users, now'],
  ])
}

async function reconcile(io: Io, options: Options): Promise<ExitCode> {
  const { config, env, json, ...asked } = options
  const ways = [asked.sample, asked.since, asked.users].filter((way) => way !== undefined)
  if (ways.length > 1) throw usageError('--sample, --since and --users exclude each other: give one of them.')
  const clerkSync = await clerkSyncOf(io, options)
  const signal = io.stopSignal('What was found so far is told; what was mended stays mended.')
  const progress = showProgress(io)
  const onProgress: ReconcileOptions['onProgress'] = ({ phase, checked, drift, ...step }) => {
    progress.show({ ...step, done: checked, label: phase, note: `${drift.toLocaleString('en')} not in step` })
  }
  const report = await clerkSync.reconcile({ ...asked, signal, onProgress }).finally(() => progress.end())
  printReport(io, report)
  io.result(report)
  if (!report.complete) return exitCodes.interrupted
  // A user that could not be revived is in step nevertheless: deleted on both sides.
  const isDone = isInStep(report.after ?? report) && !report.failures?.length && !report.unknown?.length
  return isDone ? exitCodes.fine : exitCodes.problems
}
