/** Where the library speaks: any object with pino's four methods (pino itself, or a few lines over `console`). */
export interface Logger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

const say = () => {}

/** The default: says nothing. */
export const silentLogger: Logger = { debug: say, info: say, warn: say, error: say }
