import { type Command, Option } from 'commander'
import type { ClerkSync } from '../../create-clerk-sync'
import type { PushProgress, PushResult, PushRunOptions } from '../../jobs/push/push-report'
import { counted } from '../../monitor/counted'
import { redactedMessage } from '../../store/finding'
import { type ConfigOptions, clerkSyncOf, withConfig, withExamples } from '../project/common-options'
import { printFailures } from '../terminal/failures'
import { type ExitCode, exitCodes, type Io } from '../terminal/io'
import { showProgress } from '../terminal/progress'
import { runCommand, usageError } from '../terminal/run-command'
import { parseCount } from '../terminal/since'
import { table } from '../terminal/text'

interface Options extends ConfigOptions, Pick<PushRunOptions, 'limit' | 'dryRun' | 'compare'> {
  watch?: boolean
  register?: boolean
  skipPasswordRequirement?: boolean
}

/** Adds `push`, which sends local changes of owned fields to Clerk. */
export function addPush(program: Command, io: Io): void {
  const command = withConfig(program.command('push').summary('send local changes to Clerk'))
    .description(
      "Sends changes of the fields that MongoDB owns (the plugin's option push) to Clerk. Safe beside push workers: each document is " +
        'pushed by one process at a time.',
    )
    .option('--limit <n>', 'stop after about this many documents', parseCount)
    .option(
      '--compare',
      'first compare every document with Clerk, to find changes that bypassed mongoose (a shell, a script)',
    )
    .addOption(
      new Option('--watch', 'keep running and push each change as it happens').conflicts([
        'limit',
        'dryRun',
        'register',
      ]),
    )
    .option('--register', 'create a Clerk user for every local account that has an e-mail address or a username')
    .option(
      '--skip-password-requirement',
      'with --register: create users without a password, even if the instance requires one',
    )
    .option('--dry-run', 'compare without sending anything')
    .action(runCommand(io, (options: Options) => push(io, options)))
  withExamples(command, [
    ['push', 'push all due changes'],
    ['push --compare --dry-run', 'show what would be set, overwritten and removed in Clerk, by path'],
    ['push --watch', 'run a push worker in the terminal'],
    ['push --register --dry-run', 'count the local accounts that would become Clerk users'],
  ])
}

async function push(io: Io, options: Options): Promise<ExitCode> {
  if (options.skipPasswordRequirement && !options.register)
    throw usageError('--skip-password-requirement requires --register.')
  if (options.compare && options.register) throw usageError('--compare and --register cannot be combined.')
  const clerkSync = await clerkSyncOf(io, options)
  if (options.watch) return watch(io, clerkSync, options)
  return options.register ? register(io, clerkSync, options) : once(io, clerkSync, options)
}

async function once(io: Io, clerkSync: ClerkSync, { limit, compare, dryRun }: Options): Promise<ExitCode> {
  const signal = io.stopSignal('Claimed users are released. Run the same command to continue.')
  const progress = showProgress(io)
  const flags = { ...(limit && { limit }), ...(compare && { compare }), ...(dryRun && { dryRun }) }
  const result = await clerkSync
    .push({
      ...flags,
      signal,
      onProgress: ({ pushed, unchanged, failed, compared, total }) =>
        progress.show({
          label: compare && pushed + unchanged + failed === 0 ? 'compared' : 'pushed',
          done: compared || pushed + unchanged + failed,
          total,
        }),
    })
    .finally(() => progress.end())
  print(io, result, dryRun ?? false)
  const { pushed, unchanged, failed, pending } = result
  if (!compare && pushed + unchanged + failed + pending === 0) io.out(`\n${nothingDue}`)
  io.result({ ...result, dryRun: dryRun ?? false })
  if (signal.aborted) return exitCodes.interrupted
  if (result.failed > 0) return exitCodes.failed
  return dryRun && result.pending + result.found > 0 ? exitCodes.problems : exitCodes.fine
}

/** Printed if nothing is due, for users who expected one of their changes to be. */
const nothingDue =
  'No change is due. clerk-mongo-sync push --compare also finds changes that bypassed mongoose, or were made before the option ' +
  'push was set or the app restarted with it.'

function print(
  io: Io,
  { pushed, unchanged, failed, pending, found, resources, differences, causes }: PushResult,
  isDry: boolean,
): void {
  const isOfUsers = Object.keys(resources).every((name) => name === 'users')
  const title = failed > 0 ? `Push incomplete: ${counted(failed, isOfUsers ? 'user' : 'document')} failed` : 'Pushed'
  io.out(io.colors.bold(isDry ? 'Dry run: nothing was sent' : title))
  const rows: [string, number, string][] = [
    ['pushed', pushed, 'sent to Clerk'],
    ['unchanged', unchanged, 'already in step, or deleted in Clerk'],
    ['failed', failed, 'retried later, or abandoned with syncError push_failed or push_contested'],
    ['pending', pending, 'still to be pushed'],
    ['found', found, 'with --compare: different in Clerk, or abandoned earlier'],
  ]
  for (const line of table(rows)) io.out(line)
  if (!isOfUsers) for (const line of linesOfResources(resources)) io.out(line)
  for (const line of differences.flatMap(linesOf)) io.out(line)
  printFailures(io, 'Not pushed', causes, failed)
}

/** The counts of each resource. */
function linesOfResources(resources: PushResult['resources']): string[] {
  return Object.entries(resources).map(([name, { pushed, unchanged, failed, pending }]) => {
    return `  ${name}: ${pushed} pushed, ${unchanged} unchanged, ${failed} failed, ${pending} pending`
  })
}

const changes = ['set', 'overwritten', 'removed'] as const

/** What a push does to one owned path in Clerk. */
function linesOf(difference: PushResult['differences'][number]): string[] {
  return changes
    .map((kind) => ({ kind, ...difference[kind] }))
    .filter((one) => one.count > 0)
    .map((one) => `  ${difference.path}: ${one.kind} in Clerk for ${one.count}, such as ${one.examples.join(', ')}`)
}

async function watch(io: Io, clerkSync: ClerkSync, { compare }: Options): Promise<ExitCode> {
  const signal = io.stopSignal('Running pushes will be finished.')
  const progress = showProgress(io, { reportsWaiting: false })
  let result: PushProgress = { pushed: 0, unchanged: 0, failed: 0, compared: 0, total: 0 }
  // First the changes already due, which shows problems with the key or the model.
  const first = await clerkSync.push({ signal, ...(compare && { compare }) })
  let lastMessage = ''
  const worker = clerkSync.startPushWorker({
    signal,
    stopOnSigterm: false,
    onFailure: (error) => {
      const message = redactedMessage(error)
      // Printed once per message, because retries repeat it.
      if (message !== lastMessage) io.err(`${io.errColors.red('error')} ${message} Retrying.`)
      lastMessage = message
    },
    onProgress: (progressed) => {
      result = progressed
      const done = first.pushed + progressed.pushed
      progress.show({
        label: 'pushed',
        done,
        total: undefined,
        ...(progressed.failed > 0 && { note: `${progressed.failed} failed` }),
      })
    },
  })
  io.err('Pushing changes as they happen. Press Ctrl-C to stop.')
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
  await worker.stop()
  progress.end()
  const [pushed, failed] = [first.pushed + result.pushed, first.failed + result.failed]
  io.out(`${pushed} pushed, ${failed} failed`)
  io.result({ pushed, failed })
  return exitCodes.interrupted
}

async function register(io: Io, clerkSync: ClerkSync, options: Options): Promise<ExitCode> {
  const signal = io.stopSignal('Users created so far are linked. Run the same command to continue.')
  const progress = showProgress(io)
  const { limit, dryRun, skipPasswordRequirement } = options
  const result = await clerkSync
    .registerLocalUsers({
      ...(limit && { limit }),
      ...(dryRun && { dryRun }),
      ...(skipPasswordRequirement && { skipPasswordRequirement }),
      signal,
      onProgress: ({ seen, total }) => progress.show({ label: 'registered', done: seen, total }),
    })
    .finally(() => progress.end())
  const title =
    result.failed > 0 ? 'Not all local accounts were registered in Clerk' : 'Local accounts registered in Clerk'
  io.out(io.colors.bold(dryRun ? 'Dry run: no user was created' : title))
  const rows: [string, number, string][] = [
    ['seen', result.seen, 'local accounts'],
    ['registered', result.registered, dryRun ? 'would be' : 'created in Clerk and linked'],
    ['skipped', result.skipped, 'no e-mail address or username'],
    ['failed', result.failed, ''],
  ]
  for (const line of table(rows)) io.out(line)
  printFailures(io, 'Not registered', result.causes, result.failed)
  io.result({ ...result, dryRun: dryRun ?? false })
  if (signal.aborted) return exitCodes.interrupted
  return result.failed > 0 ? exitCodes.failed : exitCodes.fine
}
