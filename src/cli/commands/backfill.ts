import type { Command } from 'commander'
import type { BackfillOptions, BackfillResult, ResourceBackfill } from '../../jobs/backfill/backfill-report'
import { counted } from '../../monitor/counted'
import { type ConfigOptions, clerkSyncOf, withConfig, withExamples } from '../project/common-options'
import { printFailures } from '../terminal/failures'
import { type ExitCode, exitCodes, type Io } from '../terminal/io'
import { nounOf, parseOnly } from '../terminal/only'
import { showProgress } from '../terminal/progress'
import { runCommand } from '../terminal/run-command'
import { parseCount, parseSince } from '../terminal/since'
import { table } from '../terminal/text'

interface Options
  extends ConfigOptions,
    Pick<BackfillOptions, 'only' | 'since' | 'limit' | 'restart' | 'dryRun' | 'hooks'> {}

/** Adds `backfill`, which stores what Clerk has in MongoDB. */
export function addBackfill(program: Command, io: Io): void {
  const command = withConfig(
    program.command('backfill').summary('store every user, organization and membership of Clerk in MongoDB'),
  )
    .description(
      'Stores every user, organization and membership of Clerk in MongoDB. Safe beside incoming webhooks. One process at a time. ' +
        'Resumes where an earlier run stopped.',
    )
    .option('--only <names>', 'only users, organizations or memberships; several separated by commas', parseOnly)
    .option('--since <when>', 'only what changed since then: 90m, 12h, 7d, 2w, or a date', (text) => parseSince(text))
    .option('--limit <n>', 'stop after about this many; the next run continues from there', parseCount)
    .option('--restart', 'start from the first one, even if an earlier run stopped on the way')
    .option('--hooks', "run the hook of the creation for created documents when Clerk's own message arrives")
    .option('--dry-run', 'read Clerk and MongoDB without writing')
    .action(runCommand(io, (options: Options) => backfill(io, options)))
  withExamples(command, [
    ['backfill --dry-run', 'show what would be written'],
    ['backfill', 'everything; run it again after Ctrl-C to continue'],
    ['backfill --only organizations,memberships', 'without users'],
    ['backfill --since 7d', 'what changed in the last week'],
  ])
}

async function backfill(io: Io, options: Options): Promise<ExitCode> {
  const { config, env, json, ...flags } = options
  const clerkSync = await clerkSyncOf(io, options)
  const signal = io.stopSignal('The current page will be finished. Run the same command to continue.')
  const progress = showProgress(io)
  const onProgress: BackfillOptions['onProgress'] = ({ resource, conflicts, failed, ...step }) => {
    const notes = [conflicts && counted(conflicts, 'conflict'), failed && `${failed.toLocaleString('en')} failed`]
    progress.show({
      ...step,
      noun: nounOf[resource],
      label: flags.dryRun ? 'compared' : 'backfilled',
      note: notes.filter(Boolean).join(', '),
    })
  }
  const result = await clerkSync.backfill({ ...flags, signal, onProgress }).finally(() => progress.end())
  print(io, result, options)
  io.result({ ...result, dryRun: flags.dryRun ?? false })
  if (signal.aborted && !result.complete) return exitCodes.interrupted
  const parts = [result, result.organizations, result.memberships]
  if (parts.some((part) => part && part.failed > 0)) return exitCodes.failed
  return parts.some((part) => part && part.conflicts > 0) ? exitCodes.problems : exitCodes.fine
}

function print(io: Io, result: BackfillResult, { dryRun: isDry = false, only }: Options): void {
  const { organizations, memberships, ...users } = result
  io.out(io.colors.bold(isDry ? 'Dry run: nothing was written' : titleOf(result)))
  const isAlone = !organizations && !memberships
  if (!only || only.includes('users')) printCounts(io, isAlone ? '' : 'Users', users, isDry)
  if (organizations) printCounts(io, 'Organizations', organizations, isDry)
  if (memberships) printCounts(io, 'Memberships', memberships, isDry)
  if (!result.complete && !isDry) io.out('\nRun the same command to continue, or add --restart to start over.')
}

/** @param title Empty if there is only one resource. */
function printCounts(io: Io, title: string, counts: ResourceBackfill, isDry: boolean): void {
  const { seen, created, updated, unchanged, stale, conflicts, failed, causes } = counts
  if (title) io.out(title)
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
  const noun = title === '' ? 'user' : title.toLowerCase().replace(/s$/, '')
  printFailures(io, { title: 'Not stored, or not unchanged', noun }, causes, conflicts + failed)
}

/** A backfill is complete once everything is stored. */
function titleOf(result: BackfillResult): string {
  const { complete, organizations, memberships } = result
  const parts = [result, organizations, memberships].filter((part) => part !== undefined)
  const seen = parts.reduce((sum, part) => sum + part.seen, 0)
  const unstored = parts.reduce((sum, { conflicts, failed }) => sum + conflicts + failed, 0)
  if (unstored === 0) return complete ? 'Backfill complete' : 'Backfill incomplete'
  const verb = unstored === 1 ? 'was' : 'were'
  return `Backfill incomplete: ${unstored.toLocaleString('en')} of ${counted(seen, parts.length > 1 ? 'object' : 'user')} ${verb} not stored unchanged`
}
