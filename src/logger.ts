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

/** The default: warnings and errors on the console, one line each; `debug` and `info` are silent. */
export const consoleLogger: Logger = {
  debug: ignore,
  info: ignore,
  warn: (fields, message) => console.warn(line(fields, message)),
  error: (fields, message) => console.error(line(fields, message)),
}

/** The message first, then the fields as JSON, which escapes line breaks in values. */
function line(fields: object, message: string): string {
  const known = JSON.stringify(fields)
  return `clerk-mongo-sync: ${message}${known === '{}' ? '' : ` ${known}`}`
}
