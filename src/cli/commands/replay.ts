import type { Command } from 'commander'
import { withConfig, withExamples } from '../project/common-options'
import { endpointDefault } from '../project/endpoint'
import { secretOption } from '../project/secret'
import type { ExitCode, Io } from '../terminal/io'
import { runCommand, usageError } from '../terminal/run-command'
import { parseSince } from '../terminal/since'
import { replayFailed } from './replay-failed'
import { replayFile } from './replay-file'
import type { ReplayOptions } from './replay-options'

/** Adds `replay`, which repeats recorded deliveries, or repairs users of failed ones. */
export function addReplay(program: Command, io: Io): void {
  const command = withConfig(
    program.command('replay').summary('replay recorded deliveries, or repair users of failed ones'),
  )
    .description(
      'Replays deliveries recorded by `clerk webhooks listen --json`: with the clerkSync of your config, or with --to to an ' +
        'endpoint, signed again with the same svix-id. Each must have a signature made with the secret, of any age. ' +
        'With --failed: fetches every user with a failed or conflicting delivery from Clerk, and stores its current state; after ' +
        'failures of organizations or memberships it compares all of these, and repairs them. ' +
        'Payloads are not kept, so the events are not replayed and their hooks do not run. Exits with 2 if a hook is pending.',
    )
    .argument('[file]', 'the recording, one JSON object per line; - for stdin')
    .option('--to [url]', `deliver to this endpoint (without a URL, ${endpointDefault})`)
    .option('--unverified', 'also replay deliveries that were not signed with the secret')
    .option('--failed', 'repair users of failed deliveries in the delivery log')
    .option('--since <when>', 'with --failed: only deliveries since then: 90m, 12h, 7d, or a date', (text) =>
      parseSince(text),
    )
    .option('--dry-run', 'list what would be done, without writing or sending anything')
    .addOption(secretOption())
    .action(runCommand(io, (file: string | undefined, options: ReplayOptions) => replay(io, file, options)))
  withExamples(command, [
    ['replay events.ndjson', 'to the database of your config'],
    ['replay events.ndjson --to', 'to your running app'],
    ['replay events.ndjson --to https://example.com/api/webhooks/clerk', 'to another endpoint'],
    ['replay --failed --since 1d', 'repair users of deliveries that failed since yesterday'],
  ])
}

function replay(io: Io, file: string | undefined, options: ReplayOptions): Promise<ExitCode> {
  if (options.failed) {
    if (file !== undefined || options.to !== undefined)
      throw usageError('--failed cannot be combined with a file or --to.')
    return replayFailed(io, options)
  }
  if (options.since) throw usageError('--since requires --failed.')
  if (file === undefined) throw usageError('Give the file to replay, - for stdin, or --failed.')
  return replayFile(io, file, options)
}
