import { inspect } from 'node:util'
import { CommanderError } from 'commander'
import { docsOf, isClerkSyncError, syncCodes } from '../../errors'
import { type ExitCode, exitCodes, type Io, leave } from './io'

/**
 * What a command failed with where people are to read what to do and not a stack: a message that says what happened, what was
 * expected, what to change.
 */
export class CommandError extends Error {
  override name = 'CommandError'
  readonly exitCode: ExitCode
  /** For machines, in the JSON. */
  readonly code: string

  constructor(message: string, options: { code: string; exitCode?: ExitCode; cause?: unknown }) {
    super(message, { cause: options.cause })
    this.code = options.code
    this.exitCode = options.exitCode ?? exitCodes.failed
  }
}

/** Codes of `CommandError` that have a page in docs/errors, beside those of `ClerkSyncError`. */
export const documentedCodes = [
  'changed_meanwhile',
  'config_failed',
  'config_invalid',
  'config_missing',
  'no_project',
  'port_taken',
] as const

/** A `CommandError` for flags that do not go together, and the like. */
export function usageError(message: string): CommandError {
  return new CommandError(message, { code: 'usage', exitCode: exitCodes.usage })
}

/**
 * The action of a command: runs it, tells what went wrong, and ends the process with its code.
 *
 * @example
 * program.command('status').option('--json', '…').action(runCommand(io, async (options) => exitCodes.fine))
 */
export function runCommand<Args extends unknown[]>(
  io: Io,
  command: (...args: Args) => Promise<ExitCode>,
): (...args: Args) => Promise<void> {
  return async (...args) => {
    const code = await command(...args).catch((error: unknown) => report(io, error))
    io.end(code)
    await leave(code)
  }
}

/** Tells an error, to people on stderr and with `--json` to machines as well. @returns the exit code it means. */
export function report(io: Io, error: unknown): ExitCode {
  // It has printed its message, or the help that was asked for, already.
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return exitCodes.fine
    io.result({ error: { code: 'usage', message: error.message.replace(/^error: /, '') } })
    return exitCodes.usage
  }
  const { code, message } = tell(error)
  const docs = pageOf(error)
  io.err(`${io.errColors.red('error')} ${message}`)
  if (docs !== undefined) io.err(io.errColors.dim(`      ${docs}`))
  if (io.env.DEBUG && error instanceof Error) io.err(io.errColors.dim(inspect(error)))
  io.result({ error: { code, message, ...(docs !== undefined && { docs }) } })
  return error instanceof CommandError ? error.exitCode : exitCodes.failed
}

const databaseCodes: readonly string[] = ['database_failed', 'database_mismatch', 'timed_out', 'index_missing']

function tell(error: unknown): { code: string; message: string } {
  if (error instanceof CommandError) {
    // Where it stands for one of ours, the code is what people search for.
    const isOurs = isClerkSyncError(error.cause) && error.cause.code === error.code
    return { code: error.code, message: isOurs ? `${error.message} (${error.code})` : error.message }
  }
  if (isClerkSyncError(error)) {
    // Of what a database refused only the name: a driver's message can quote the values of a document. DEBUG=1 shows all.
    const isForeign = error.code === 'database_failed' && error.cause instanceof Error
    const beneath = isForeign ? `, from ${(error.cause as Error).name}` : ''
    const hint = databaseCodes.includes(error.code) ? ' `clerk-mongo-sync doctor` looks closer.' : ''
    return { code: error.code, message: `${error.message} (${error.code}${beneath})${hint}` }
  }
  return { code: 'failed', message: error instanceof Error ? error.message || error.name : String(error) }
}

/** The page of the docs about an error; about its cause if that is a `ClerkSyncError`. */
function pageOf(error: unknown): string | undefined {
  if (isClerkSyncError(error)) return docsOf(error.code)
  if (!(error instanceof CommandError)) return undefined
  if (isClerkSyncError(error.cause)) return docsOf(error.cause.code)
  const documented: readonly string[] = [...documentedCodes, ...syncCodes]
  return documented.includes(error.code) ? docsOf(error.code) : undefined
}
