import type { Logger } from '../../logger'
import type { Alert } from './alert'

/** Sends alerts to a logger: `error` when a rule fires, `warn` when it has recovered, which the default logger prints. */
export function toLoggerAlert(logger: Pick<Logger, 'warn' | 'error'>): (alert: Alert) => void {
  return ({ rule, state, since, message, remedy, docs }) => {
    const fields = { rule, state, since: since.toISOString(), hint: remedy, docs }
    if (state === 'firing') logger.error(fields, `alert ${rule}: ${message}`)
    else logger.warn(fields, `recovered ${rule}: ${message}`)
  }
}
