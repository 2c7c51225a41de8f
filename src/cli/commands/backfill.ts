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
  const command = withConfig(program.command('backfill').summary('store every Clerk user in MongoDB'))
    .description(
      'Stores every Clerk user in MongoDB. Safe beside incoming webhooks. One process at a time. ' +
        'Resumes where an earlier run stopped.',
    )
    .option('--since <when>', 'only users changed since then: 90m, 12h, 7d, 2w, or a date', (text) => parseSince(text))
    .option('--limit <n>', 'stop after about this many users; the next run continues from there', parseCount)
    .option('--restart', 'start from the first user, even if an earlier run stopped on the way')
    .option('--hooks', "run the user.created hook for created users when Clerk's own message arrives")
    .option('--dry-run', 'read Clerk and MongoDB without writing')
    .action(runCommand(io, (options: Options) => backfill(io, options)))
  withExamples(command, [
    ['backfill --dry-run', 'show what would be written'],
    ['backfill', 'all users; run it again after Ctrl-C to continue'],
    ['backfill --since 7d', 'users that changed in the last week'],
  ])
}

async function backfill(io: Io, options: Options): Promise<ExitCode> {
  const { config, env, json, ...flags } = options
  const clerkSync = await clerkSyncOf(io, options)
  const signal = io.stopSignal('The current page will be finished. Run the same command to continue.')
  const progress = showProgress(io)
  const onProgress: BackfillOptions['onProgress'] = ({ conflicts, failed, ...step }) => {
    const notes = [conflicts && count(conflicts, 'conflict'), failed && `${failed.toLocaleString('en')} failed`]
    progress.show({ ...step, label: flags.dryRun ? 'compared' : 'backfilled', note: notes.filter(Boolean).join(', ') })
  }
  const result = await clerkSync.backfill({ ...flags, signal, onProgress }).finally(() => progress.end())
  print(io, result, flags.dryRun ?? false)
  io.result({ ...result, dryRun: flags.dryRun ?? false })
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
    ['unchanged', unchanged, 'already in step'],
    ['stale', stale, 'newer or deleted in MongoDB'],
    ['conflicts', conflicts, ''],
    ['failed', failed, ''],
  ]
  for (const line of table(rows)) io.out(line)
  printFailures(io, 'Not stored, or not unchanged', causes, conflicts + failed)
  if (!complete && !isDry) io.out('\nRun the same command to continue, or add --restart to start over.')
}

/** A backfill is complete once every user is stored. */
function titleOf({ complete, seen, conflicts, failed }: BackfillResult): string {
  const unstored = conflicts + failed
  if (unstored === 0) return complete ? 'Backfill complete' : 'Backfill incomplete'
  const verb = unstored === 1 ? 'was' : 'were'
  return `Backfill incomplete: ${unstored.toLocaleString('en')} of ${count(seen, 'user')} ${verb} not stored unchanged`
}
