import { dirname } from 'node:path'
import { type Command, Option } from 'commander'
import type { ClerkSync } from '../../create-clerk-sync'
import type { Io } from '../terminal/io'
import { connectFirst } from './connect'
import { loadConfig } from './load-config'

/** What every command that works with the host's `clerkSync` can be told. */
export interface ConfigOptions {
  config?: string
  /** An environment file; the flag is not --env-file, which Node 20 takes for its own wherever it stands. */
  env?: string
  json?: boolean
}

/** Adds `--config`, `--env` and `--json`. */
export function withConfig(command: Command): Command {
  return withJson(
    command
      .option('--config <file>', 'config to use (default: the nearest clerk-sync.config.{ts,mts,js,mjs,cjs})')
      .option('--env <file>', 'read this, not .env.local and .env beside the config; never changes what is set'),
  )
}

/** Adds `--json`. `Io` has read it by then; it is declared for the help and for checking. */
export function withJson(command: Command): Command {
  return command.addOption(
    new Option('--json', 'print JSON on stdout, an object a line, the last with ok; progress goes to stderr'),
  )
}

/** The host's `clerkSync`, by these options, connected to its database. */
export async function clerkSyncOf(io: Io, { config, env }: ConfigOptions): Promise<ClerkSync> {
  const { clerkSync, file } = await loadConfig({ cwd: io.cwd, config, envFile: env, env: io.env })
  await connectFirst(io, clerkSync, dirname(file))
  return clerkSync
}

/** Adds examples to the help: what to type, and what it does. */
export function withExamples(command: Command, examples: readonly (readonly [line: string, what: string])[]): Command {
  const lines = examples.map(([line, what]) => `  $ clerk-mongo-sync ${line}\n      ${what}`)
  return command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`)
}
