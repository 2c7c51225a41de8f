import { isClerkSyncError } from '../../errors'
import type { Logger } from '../../logger'
import { withDeadline } from '../../time/deadline'
import type { Alert } from './alert'

/** Sends an alert. If it throws or rejects, the alert is sent again in the next round. */
export type OnAlert = (alert: Alert) => unknown

/** `onAlert` may retry by itself for this long. */
const LIMIT_MS = 60_000

/**
 * Calls `onAlert` for each alert, oldest first.
 * @returns those from the first failure on, which is logged.
 */
export async function sendAlerts(
  alerts: readonly Alert[],
  { onAlert, logger }: { onAlert: OnAlert; logger: Logger },
): Promise<readonly Alert[]> {
  for (const [index, alert] of alerts.entries()) {
    try {
      await withDeadline(
        Date.now() + LIMIT_MS,
        Promise.resolve().then(() => onAlert(alert)),
      )
    } catch (error) {
      const { rule, state } = alert
      const reason = error instanceof Error ? error.name : typeof error
      const code = isClerkSyncError(error) ? error.code : undefined
      logger.error(
        { rule, state, reason, ...(code && { code }) },
        'onAlert failed; the alert is sent again in the next round',
      )
      return alerts.slice(index)
    }
  }
  return []
}
