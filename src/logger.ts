/** Receives log entries: any object with pino's four methods (pino itself, or a few lines over `console`). */
export interface Logger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

const ignore = () => {}

/** Discards every entry. Used for `logger: false`. */
export const silentLogger: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore }

/** How often one fault is printed. After that it is counted, and the count is printed once a minute while it lasts. */
const PRINTED = 3
const MINUTE_MS = 60_000

/**
 * Creates the default logger: warnings and errors on the console, one line each; `debug` and `info` are silent. A
 * repeated fault, regardless of the message id, is printed three times, then as a count once a minute until a minute
 * passes without it.
 */
export function createConsoleLogger(): Logger {
  const seen = new Map<string, number>()
  const printing = (print: (line: string) => void) => (fields: object, message: string) => {
    const { messageId: _, ...fault } = fields as { messageId?: unknown }
    const key = line(fault, message)
    const times = (seen.get(key) ?? 0) + 1
    seen.set(key, times)
    if (times === 1) later(() => printCount(key, print))
    if (times <= PRINTED) print(`${line(fields, message)}${times === PRINTED ? ' (further repeats are counted)' : ''}`)
  }
  const printCount = (key: string, print: (line: string) => void) => {
    const more = (seen.get(key) ?? 0) - PRINTED
    if (more <= 0) return void seen.delete(key)
    print(`${key} (${more} more in the last minute)`)
    seen.set(key, PRINTED)
    later(() => printCount(key, print))
  }
  return {
    debug: ignore,
    info: ignore,
    warn: printing((text) => console.warn(text)),
    error: printing((text) => console.error(text)),
  }
}

/** Starts a timer that does not keep the process alive, if the runtime supports that. */
function later(run: () => void): void {
  const timer: unknown = setTimeout(run, MINUTE_MS)
  if (typeof timer === 'object' && timer !== null && 'unref' in timer && typeof timer.unref === 'function')
    timer.unref()
}

/** Message and remedy as words, then the remaining fields as JSON, which escapes line breaks in values. */
function line(fields: object, message: string): string {
  const { error, message: reason, hint, ...rest } = fields as { error?: unknown; message?: unknown; hint?: unknown }
  const words = [message, error, reason, hint].filter((part) => typeof part === 'string' && part !== '')
  const known = JSON.stringify(rest)
  return `clerk-mongo-sync: ${words.join(': ').replace(/\s+/g, ' ')}${known === '{}' ? '' : ` ${known}`}`
}
