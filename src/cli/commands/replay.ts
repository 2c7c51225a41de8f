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
  const command = withConfig(program.command('replay').summary('replay recorded deliveries, or put right what failed'))
    .description(
      'Replays deliveries that `clerk webhooks listen --json` recorded: into the clerkSync of your config, or with --to into an ' +
        'endpoint, signed anew under the same svix-id. Each must bear a signature made with the secret, however old. ' +
        'With --failed: asks Clerk for the present state of every user with a failed or conflicting delivery, and writes that; ' +
        'payloads are never kept, so the events themselves cannot be replayed, and their hooks do not run: ends with 2 where one is due.',
    )
    .argument('[file]', 'the recording, one JSON object a line; - for stdin')
    .option('--to [url]', `deliver to this endpoint (without a URL, ${endpointDefault})`)
    .option('--unverified', 'replay also what has no signature made with the secret')
    .option('--failed', 'put right what failed, from the delivery log')
    .option('--since <when>', 'with --failed, only what came since then: 90m, 12h, 7d, or a date', (text) =>
      parseSince(text),
    )
    .option('--dry-run', 'list what would be done, write and send nothing')
    .addOption(secretOption())
    .action(runCommand(io, (file: string | undefined, options: ReplayOptions) => replay(io, file, options)))
  withExamples(command, [
    ['replay events.ndjson', 'into the database of your config'],
    ['replay events.ndjson --to', 'into your app, which runs'],
    ['replay events.ndjson --to https://example.com/api/webhooks/clerk', 'into another endpoint'],
    ['replay --failed --since 1d', 'put right what failed since yesterday'],
  ])
}

function replay(io: Io, file: string | undefined, options: ReplayOptions): Promise<ExitCode> {
  if (options.failed) {
    if (file !== undefined || options.to !== undefined) throw usageError('--failed takes neither a file nor --to.')
    return replayFailed(io, options)
  }
  if (options.since) throw usageError('--since goes with --failed.')
  if (file === undefined) throw usageError('Give the file to replay, - for stdin, or --failed.')
  return replayFile(io, file, options)
}
