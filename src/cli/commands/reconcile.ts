import type { Command } from 'commander'
import type { ReconcileOptions } from '../../jobs/reconcile/reconcile-report'
import { type ConfigOptions, clerkSyncOf, withConfig, withExamples } from '../project/common-options'
import { type ExitCode, exitCodes, type Io } from '../terminal/io'
import { nounOf, parseOnly } from '../terminal/only'
import { showProgress } from '../terminal/progress'
import { runCommand, usageError } from '../terminal/run-command'
import { parseCount, parseSince } from '../terminal/since'
import { isInStep, printReport } from './reconcile-report'

interface Options extends ConfigOptions, Pick<ReconcileOptions, 'apply' | 'only' | 'sample' | 'since'> {
  users?: string[]
  revive?: string[]
}

/** Adds `reconcile`, which compares Clerk and MongoDB, and repairs MongoDB on request. */
export function addReconcile(program: Command, io: Io): void {
  const command = withConfig(program.command('reconcile').summary('compare Clerk and MongoDB; repair with --apply'))
    .description(
      'Compares Clerk and MongoDB, one by one. Without --apply or --revive only what was found is kept, for status.',
    )
    .option('--apply', 'repair what can be repaired, then compare again')
    .option('--only <names>', 'only users, organizations or memberships; several separated by commas', parseOnly)
    .option('--sample <n>', 'compare about this many random ones of each, from both sides', parseCount)
    .option(
      '--since <when>',
      'only what changed in Clerk since then (finds no deletions): 12h, 7d, or a date',
      (text) => parseSince(text),
    )
    .option('--users <id...>', 'only these users')
    .option('--revive <id...>', 'restore what has these ids and is deleted in MongoDB, if Clerk still has it')
    .action(runCommand(io, (options: Options) => reconcile(io, options)))
  withExamples(command, [
    ['reconcile', 'show differences; exit code 2 if there are any'],
    ['reconcile --apply', 'repair MongoDB; exit code 2 if differences remain'],
    ['reconcile --sample 500', 'a quick check of many users'],
    ['reconcile --users user_2abc user_2def --apply', 'repair two users'],
  ])
}

async function reconcile(io: Io, options: Options): Promise<ExitCode> {
  const { config, env, json, ...flags } = options
  const ways = [flags.sample, flags.since, flags.users].filter((way) => way !== undefined)
  if (ways.length > 1) throw usageError('--sample, --since and --users cannot be combined: give one of them.')
  const clerkSync = await clerkSyncOf(io, options)
  const signal = io.stopSignal('The differences found so far will be printed. Repairs made so far are kept.')
  const progress = showProgress(io)
  const onProgress: ReconcileOptions['onProgress'] = ({ resource, phase, checked, drift, ...step }) => {
    progress.show({
      ...step,
      noun: nounOf[resource],
      done: checked,
      label: phase,
      note: `${drift.toLocaleString('en')} not in step`,
    })
  }
  const report = await clerkSync.reconcile({ ...flags, signal, onProgress }).finally(() => progress.end())
  printReport(io, report, options.only)
  io.result(report)
  if (!report.complete) return exitCodes.interrupted
  const parts = [report, report.organizations, report.memberships].filter((part) => part !== undefined)
  // What could not be revived is in step nevertheless: deleted on both sides.
  const isDone = parts.every((part) => isInStep(part.after ?? part) && !part.failures?.length && !part.unknown?.length)
  return isDone ? exitCodes.fine : exitCodes.problems
}
