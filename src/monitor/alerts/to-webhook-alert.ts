import { isHttpUrl } from '../../endpoint/is-http-url'
import { ClerkSyncError } from '../../errors'
import { count, milliseconds } from '../../number-options'
import { timeLimit } from '../../time/abort-with'
import { backOff } from '../../time/back-off'
import { sleep } from '../../time/sleep'
import type { Alert } from './alert'

/** Options of `toWebhookAlert`. */
export interface WebhookAlertOptions {
  /** Time limit of one attempt, in milliseconds. @default 5_000 */
  timeoutMs?: number
  /** Number of retries after no answer, 429 or 5xx, with growing pauses. @default 3 */
  retries?: number
}

/**
 * Sends alerts by POST to a webhook that takes `{ "text": "…" }`: Slack, Mattermost, Rocket.Chat, Google Chat, and Discord
 * with `/slack` at the end of its URL. Errors never contain the URL, which is a secret.
 * @throws {ClerkSyncError} `invalid_option` if the URL is not one.
 *
 * @example
 * createClerkSyncMonitor(clerkSync, { onAlert: toWebhookAlert(process.env.SLACK_WEBHOOK_URL!) })
 */
export function toWebhookAlert(
  url: string,
  { timeoutMs = 5_000, retries = 3 }: WebhookAlertOptions = {},
): (alert: Alert) => Promise<void> {
  if (!isHttpUrl(url))
    throw new ClerkSyncError('invalid_option', 'toWebhookAlert was not given a URL that begins with https://.')
  const limit = milliseconds('timeoutMs', timeoutMs, 1)
  const attempts = 1 + count('retries', retries, 0, 10)
  return async (alert) => {
    const body = JSON.stringify({ text: textOf(alert) })
    for (let attempt = 1; ; attempt += 1) {
      const failure = await post(url, body, limit)
      if (failure === undefined) return
      if (!failure.isTemporary || attempt === attempts)
        throw new Error(`The webhook for alerts at ${new URL(url).host} ${failure.reason}.`)
      await sleep(backOff(attempt))
    }
  }
}

async function post(
  url: string,
  body: string,
  timeoutMs: number,
): Promise<{ reason: string; isTemporary: boolean } | undefined> {
  const limit = timeLimit(timeoutMs)
  try {
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal: limit.signal })
    // Frees the connection.
    await response.body?.cancel()
    const { ok, status } = response
    if (ok) return undefined
    return { reason: `answered ${status}`, isTemporary: status === 429 || status >= 500 }
  } catch {
    return { reason: limit.isLate ? 'did not answer in time' : 'could not be reached', isTemporary: true }
  } finally {
    limit.clear()
  }
}

function textOf({ rule, state, since, message, remedy, docs }: Alert): string {
  const head = state === 'firing' ? `:rotating_light: *${rule}*` : `:white_check_mark: *${rule}* recovered`
  const lines = [`${head} (clerk-mongo-sync)`, message, remedy, `Since ${since.toISOString()}. ${docs}`]
  return lines.map(escaped).join('\n')
}

/** Slack reads these three as markup. https://docs.slack.dev/messaging/formatting-message-text */
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
