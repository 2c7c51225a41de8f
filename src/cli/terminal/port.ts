import { InvalidArgumentError } from 'commander'
import { CommandError } from './run-command'

/** Parses a port given as a flag. */
export function parsePort(text: string): number {
  const port = Number(text)
  if (Number.isInteger(port) && port >= 0 && port < 65_536 && text.trim() !== '') return port
  throw new InvalidArgumentError('Expected a port, 0 for any free one.')
}

/** The error to throw if listening at a port failed: that it is in use, or the error itself. */
export function listenError(error: unknown, port: number): unknown {
  const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
  if (!isTaken) return error
  return new CommandError(`Port ${port} is in use. Choose another with --port.`, { code: 'port_taken' })
}
