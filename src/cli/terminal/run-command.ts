import { inspect } from 'node:util'
import { CommanderError } from 'commander'
import { docsOf, isClerkSyncError, syncCodes } from '../../errors'
import { type ExitCode, exitCodes, type Io, leave } from './io'

/** An error whose message is printed without a stack: it says what happened, what was expected and what to change. */
export class CommandError extends Error {
  override name = 'CommandError'
  readonly exitCode: ExitCode
  /** Code in the JSON output. */
  readonly code: string

  constructor(message: string, options: { code: string; exitCode?: ExitCode; cause?: unknown }) {
    super(message, { cause: options.cause })
    this.code = options.code
    this.exitCode = options.exitCode ?? exitCodes.failed
  }
}

/** Codes of `CommandError` with a page in docs/errors, in addition to those of `ClerkSyncError`. */
export const documentedCodes = [
  'changed_meanwhile',
  'config_failed',
  'config_invalid',
  'config_missing',
  'no_project',
  'port_taken',
] as const

/** Creates a `CommandError` for invalid or conflicting flags. */
export function usageError(message: string): CommandError {
  return new CommandError(message, { code: 'usage', exitCode: exitCodes.usage })
}

/**
 * Wraps a command: runs it, reports its error, and ends the process with its exit code.
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

/** Reports an error to people on stderr, and with `--json` also as JSON. @returns its exit code. */
export function report(io: Io, error: unknown): ExitCode {
  // Commander has already printed its message or the requested help.
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return exitCodes.fine
    io.result({ error: { code: 'usage', message: error.message.replace(/^error: /, '') } })
    return exitCodes.usage
  }
  const { code, message } = describeError(error)
  const docs = pageOf(error)
  io.err(`${io.errColors.red('error')} ${message}`)
  if (docs !== undefined) io.err(io.errColors.dim(`      ${docs}`))
  if (io.env.DEBUG && error instanceof Error) io.err(io.errColors.dim(inspect(error)))
  io.result({ error: { code, message, ...(docs !== undefined && { docs }) } })
  return error instanceof CommandError ? error.exitCode : exitCodes.failed
}

const databaseCodes: readonly string[] = ['database_failed', 'database_mismatch', 'timed_out', 'index_missing']

function describeError(error: unknown): { code: string; message: string } {
  if (error instanceof CommandError) {
    // If it wraps one of our errors, people search for its code.
    const isOurs = isClerkSyncError(error.cause) && error.cause.code === error.code
    return { code: error.code, message: isOurs ? `${error.message} (${error.code})` : error.message }
  }
  if (isClerkSyncError(error)) {
    // For a database error, prints only the name: a driver's message can quote a document's values. DEBUG=1 prints
    // everything.
    const isForeign = error.code === 'database_failed' && error.cause instanceof Error
    const beneath = isForeign ? `, from ${(error.cause as Error).name}` : ''
    const hint = databaseCodes.includes(error.code) ? ' Run `clerk-mongo-sync doctor` for details.' : ''
    return { code: error.code, message: `${error.message} (${error.code}${beneath})${hint}` }
  }
  return { code: 'failed', message: error instanceof Error ? error.message || error.name : String(error) }
}

/** The documentation page of an error, or of its cause if that is a `ClerkSyncError`. */
function pageOf(error: unknown): string | undefined {
  if (isClerkSyncError(error)) return docsOf(error.code)
  if (!(error instanceof CommandError)) return undefined
  if (isClerkSyncError(error.cause)) return docsOf(error.cause.code)
  const documented: readonly string[] = [...documentedCodes, ...syncCodes]
  return documented.includes(error.code) ? docsOf(error.code) : undefined
}
