import { docsOf } from '../errors'
import type { Logger } from '../logger'

/** A function of the app that cannot break anything, whether it throws now or rejects later. */
export function harmless<Args extends unknown[]>(
  listener: ((...args: Args) => unknown) | undefined,
  onFailure: () => void = () => {},
): (...args: Args) => void {
  return (...args) => {
    void (async () => listener?.(...args))().catch(onFailure)
  }
}

/** The app's logger, which may fail like any other function of it. Warnings and errors that bear a code link to its page. */
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

/** The options of a job, with functions of the app that cannot break it: what they throw is logged. */
export function withHarmlessListeners<Options extends object>(options: Options, logger: Logger): Options {
  const given = options as Partial<Record<string, (...args: unknown[]) => unknown>>
  const safe = listeners
    .filter((name) => given[name] !== undefined)
    .map((name) => [name, harmless(given[name], () => logger.warn({}, `${name} of your app failed; the job goes on`))])
  return { ...options, ...Object.fromEntries(safe) }
}
