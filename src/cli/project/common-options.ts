import { dirname } from 'node:path'
import { type Command, Option } from 'commander'
import type { ClerkSync } from '../../create-clerk-sync'
import type { Io } from '../terminal/io'
import { connectFirst } from './connect'
import { loadConfig } from './load-config'

/** Options of every command that uses the app's `clerkSync`. */
export interface ConfigOptions {
  config?: string
  /** An environment file. The flag is not --env-file, which Node 20 interprets itself. */
  env?: string
  json?: boolean
}

/** Adds `--config`, `--env` and `--json`. */
export function withConfig(command: Command): Command {
  return withJson(
    command
      .option('--config <file>', 'config to use (default: the nearest clerk-sync.config.{ts,mts,js,mjs,cjs})')
      .option(
        '--env <file>',
        'environment file to read instead of .env.local and .env beside the config; variables that are set win',
      ),
  )
}

/** Adds `--json`. `Io` reads it earlier; the declaration is for help and validation. */
export function withJson(command: Command): Command {
  return command.addOption(
    new Option('--json', 'print JSON on stdout, one object per line, the last with `ok`; progress goes to stderr'),
  )
}

/** The app's `clerkSync`, connected to its database. */
export async function clerkSyncOf(io: Io, { config, env }: ConfigOptions): Promise<ClerkSync> {
  const { clerkSync, file } = await loadConfig({ cwd: io.cwd, config, envFile: env, env: io.env })
  await connectFirst(io, clerkSync, dirname(file))
  return clerkSync
}

/** Adds examples to the help. */
export function withExamples(command: Command, examples: readonly (readonly [line: string, what: string])[]): Command {
  const lines = examples.map(([line, what]) => `  $ clerk-mongo-sync ${line}\n      ${what}`)
  return command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`)
}
