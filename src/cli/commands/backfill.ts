import type { Command } from 'commander'
import type { BackfillOptions, BackfillResult } from '../../jobs/backfill/backfill-report'
import { type ConfigOptions, clerkSyncOf, withConfig, withExamples } from '../project/common-options'
import { printFailures } from '../terminal/failures'
import { type ExitCode, exitCodes, type Io } from '../terminal/io'
import { showProgress } from '../terminal/progress'
import { runCommand } from '../terminal/run-command'
import { parseCount, parseSince } from '../terminal/since'
import { count, table } from '../terminal/text'

interface Options extends ConfigOptions, Pick<BackfillOptions, 'since' | 'limit' | 'restart' | 'dryRun' | 'hooks'> {}

/** Adds `backfill`, which stores every user of Clerk in MongoDB. */
export function addBackfill(program: Command, io: Io): void {
  const command = withConfig(program.command('backfill').summary('bring every user Clerk has into MongoDB'))
    .description(
      'Brings every user Clerk has into MongoDB. Safe beside incoming webhooks, one process at a time; ' +
        'a run that was stopped goes on where it was.',
    )
    .option('--since <when>', 'only users changed since then: 90m, 12h, 7d, 2w, or a date', (text) => parseSince(text))
    .option('--limit <n>', 'stop after about this many users; the next run goes on from there', parseCount)
    .option('--restart', 'forget how far an earlier run came')
    .option('--hooks', "let the user.created hook run for users this makes, once Clerk's own message comes")
    .option('--dry-run', 'read Clerk and MongoDB, write nothing')
    .action(runCommand(io, (options: Options) => backfill(io, options)))
  withExamples(command, [
    ['backfill --dry-run', 'what would be written'],
    ['backfill', 'all users; run it again after Ctrl-C'],
    ['backfill --since 7d', 'those that changed in the last week'],
  ])
}

async function backfill(io: Io, options: Options): Promise<ExitCode> {
  const { config, env, json, ...asked } = options
  const clerkSync = await clerkSyncOf(io, options)
  const signal = io.stopSignal('The page at hand is finished; the same command goes on from there.')
  const progress = showProgress(io)
  const onProgress: BackfillOptions['onProgress'] = ({ conflicts, failed, ...step }) => {
    const notes = [conflicts && count(conflicts, 'conflict'), failed && `${failed.toLocaleString('en')} failed`]
    progress.show({ ...step, label: asked.dryRun ? 'compared' : 'backfilled', note: notes.filter(Boolean).join(', ') })
  }
  const result = await clerkSync.backfill({ ...asked, signal, onProgress }).finally(() => progress.end())
  print(io, result, asked.dryRun ?? false)
  io.result({ ...result, dryRun: asked.dryRun ?? false })
  if (signal.aborted && !result.complete) return exitCodes.interrupted
  if (result.failed > 0) return exitCodes.failed
  return result.conflicts > 0 ? exitCodes.problems : exitCodes.fine
}

function print(io: Io, result: BackfillResult, isDry: boolean): void {
  const { seen, created, updated, unchanged, stale, conflicts, failed, complete, causes } = result
  io.out(io.colors.bold(isDry ? 'Dry run: nothing was written' : titleOf(result)))
  const rows: [string, number, string][] = [
    ['seen', seen, 'read from Clerk in this run'],
    ['created', created, isDry ? 'would be' : ''],
    ['updated', updated, isDry ? 'would be' : ''],
    ['unchanged', unchanged, 'in step already'],
    ['stale', stale, 'newer here by then, or deleted here'],
    ['conflicts', conflicts, ''],
    ['failed', failed, ''],
  ]
  for (const line of table(rows)) io.out(line)
  printFailures(io, 'Not stored as Clerk has them', causes, conflicts + failed)
  if (!complete && !isDry) io.out('\nThe same command goes on from here; --restart begins anew.')
}

/** A backfill is complete once every user is stored. */
function titleOf({ complete, seen, conflicts, failed }: BackfillResult): string {
  const unstored = conflicts + failed
  if (unstored === 0) return complete ? 'Backfill complete' : 'Backfill not complete'
  const verb = unstored === 1 ? 'was' : 'were'
  return `Backfill not complete: ${unstored.toLocaleString('en')} of ${count(seen, 'user')} ${verb} not stored as Clerk has them`
}
