import { errorCodeOf } from '../../errors'
import { requireJobStore } from '../../jobs/run/job-context'
import type { ResolvedClerkSyncOptions } from '../../resolved-options'
import { counted, duration } from '../counted'
import type { RuleFinding } from './alert'
import { findMissed } from './find-missed'
import { type Judged, NO_LOG } from './judge-by-status'
import { judgeSilence, type Silence, WEEK_MS } from './judge-silence'

const rule = 'silence'
const LIMIT_MS = 15_000

const remedy =
  "Check in Clerk's dashboard (Webhooks) that the endpoint is there, enabled and at the right address, and that its signing secret is the app's: Svix disables an endpoint after five days of failures. Then repair what was missed: `clerk-mongo-sync reconcile --apply`."

/**
 * Applies the rule `silence`.
 * @param firingSince When the silence began for which the alert fires. It ends with a delivery.
 * @throws {ClerkSyncError} those of the store.
 */
export async function checkSilence(
  options: ResolvedClerkSyncOptions,
  { status: { deliveries }, rules: { silence: limits }, watchingSince, now }: Judged,
  firingSince: Date | undefined,
): Promise<RuleFinding | undefined> {
  if (!limits) return undefined
  if (!deliveries) return { rule, verdict: 'unknown', message: NO_LOG, isSetting: true }
  const { lastAt } = deliveries
  const tallies = lastAt ? await readWeekBefore(options, lastAt) : []
  const silence = judgeSilence({ lastAt, watchingSince, tallies }, now, limits)
  const quiet = lastAt ? `No delivery has arrived for ${duration(silence.milliseconds)}` : neverArrived(silence)
  if (firingSince && silence.since <= firingSince)
    return { rule, verdict: 'problem', since: silence.since, message: `${quiet}.`, remedy }
  if (!silence.isUnusual) return { rule, verdict: 'ok', message: lastAt ? arrived(silence) : `${quiet}.` }
  return weigh(options, { silence, quiet, now })
}

/** Asks Clerk whether there was anything to deliver. */
async function weigh(
  options: ResolvedClerkSyncOptions,
  { silence, quiet, now }: { silence: Silence; quiet: string; now: Date },
): Promise<RuleFinding> {
  const { since } = silence
  try {
    const missed = await findMissed(options, since, now)
    if (missed === 0)
      return { rule, verdict: 'ok', message: `${quiet}, and Clerk has changed no user that is not stored.` }
    const what = `${counted(missed, 'user')} at Clerk changed since then and ${missed === 1 ? 'is' : 'are'} not stored so`
    return { rule, verdict: 'problem', since, message: `${quiet}, although ${what}.`, remedy }
  } catch (error) {
    const why = errorCodeOf(error)
    const message = `${quiet}, which is unusual, and Clerk could not be asked whether anything changed (${why}).`
    if (silence.isCertain) return { rule, verdict: 'problem', since, message, remedy }
    return {
      rule,
      verdict: 'unknown',
      message,
      isSetting: why.startsWith('clerk_key') || why === 'clerk_instance_mismatch',
    }
  }
}

async function readWeekBefore(options: ResolvedClerkSyncOptions, lastAt: Date) {
  const context = { logger: options.logger, deadline: Date.now() + LIMIT_MS }
  const since = new Date(lastAt.getTime() - WEEK_MS)
  return (await requireJobStore(options).countDeliveries(since, context)).tallies
}

const neverArrived = ({ milliseconds }: Silence) =>
  `No delivery has ever arrived, and the monitor has watched for ${duration(milliseconds)}`

const arrived = ({ milliseconds }: Silence) => `The last delivery arrived ${duration(milliseconds)} ago.`
