import { docsOf } from '../errors'
import type { Logger } from '../logger'

/** Wraps a function of the app so that neither an exception nor a later rejection reaches the caller. */
export function harmless<Args extends unknown[]>(
  listener: ((...args: Args) => unknown) | undefined,
  onFailure: () => void = () => {},
): (...args: Args) => void {
  return (...args) => {
    void (async () => listener?.(...args))().catch(onFailure)
  }
}

/**
 * Wraps the app's logger so that its failures are ignored. Adds the documentation URL to warnings and errors with a
 * code.
 */
export function harmlessLogger(logger: Logger): Logger {
  return {
    debug: harmless((fields, message) => logger.debug(fields, message)),
    info: harmless((fields, message) => logger.info(fields, message)),
    warn: harmless((fields, message) => logger.warn(linked(fields), message)),
    error: harmless((fields, message) => logger.error(linked(fields), message)),
  }
}

const linked = (fields: object): object =>
  'code' in fields && typeof fields.code === 'string' ? { ...fields, docs: docsOf(fields.code) } : fields

const listeners = ['onProgress', 'onFailure'] as const

/** Wraps the app's functions in a job's options. Their failures are logged, and the job continues. */
export function withHarmlessListeners<Options extends object>(options: Options, logger: Logger): Options {
  const given = options as Partial<Record<string, (...args: unknown[]) => unknown>>
  const safe = listeners
    .filter((name) => given[name] !== undefined)
    .map((name) => [name, harmless(given[name], () => logger.warn({}, `${name} of your app threw; the job continues`))])
  return { ...options, ...Object.fromEntries(safe) }
}
