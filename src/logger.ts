/** Where the library logs: any object with pino's four methods (pino itself, or a few lines over `console`). */
export interface Logger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

const ignore = () => {}

/** The logger of `logger: false`. */
export const silentLogger: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore }

/** How often one fault is printed; from then on it is counted, and told once a minute while it lasts. */
const PRINTED = 3
const MINUTE_MS = 60_000

/**
 * The default: warnings and errors on the console, one line each; `debug` and `info` are silent. The same fault, whatever the
 * message it befell, is printed three times, and then as a count once a minute until a minute passes without it.
 */
export function createConsoleLogger(): Logger {
  const seen = new Map<string, number>()
  const printing = (print: (line: string) => void) => (fields: object, message: string) => {
    const { messageId: _, ...fault } = fields as { messageId?: unknown }
    const key = line(fault, message)
    const times = (seen.get(key) ?? 0) + 1
    seen.set(key, times)
    if (times === 1) later(() => tellMore(key, print))
    if (times <= PRINTED) print(`${line(fields, message)}${times === PRINTED ? ' (from here on counted)' : ''}`)
  }
  const tellMore = (key: string, print: (line: string) => void) => {
    const more = (seen.get(key) ?? 0) - PRINTED
    if (more <= 0) return void seen.delete(key)
    print(`${key} (${more} more within a minute)`)
    seen.set(key, PRINTED)
    later(() => tellMore(key, print))
  }
  return {
    debug: ignore,
    info: ignore,
    warn: printing((text) => console.warn(text)),
    error: printing((text) => console.error(text)),
  }
}

/** A timer that keeps no process alive, where the runtime has such. */
function later(run: () => void): void {
  const timer: unknown = setTimeout(run, MINUTE_MS)
  if (typeof timer === 'object' && timer !== null && 'unref' in timer && typeof timer.unref === 'function')
    timer.unref()
}

/** What happened and what to do in words, then the fields as JSON, which escapes line breaks in values. */
function line(fields: object, message: string): string {
  const { error, message: reason, hint, ...rest } = fields as { error?: unknown; message?: unknown; hint?: unknown }
  const words = [message, error, reason, hint].filter((part) => typeof part === 'string' && part !== '')
  const known = JSON.stringify(rest)
  return `clerk-mongo-sync: ${words.join(': ').replace(/\s+/g, ' ')}${known === '{}' ? '' : ` ${known}`}`
}
