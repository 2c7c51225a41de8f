import { counted, duration } from '../counted'
import type { SyncStatus } from '../status'
import type { AlertRule, RuleFinding } from './alert'
import type { ResolvedRules } from './monitor-rules'
import { percent } from './words'

/** What the rules are applied to. */
export interface Judged {
  status: SyncStatus
  rules: ResolvedRules
  /** When the monitor began to watch. */
  watchingSince: Date
  now: Date
}

/** The page of a delivery's error code, for remedies. */
const ERRORS = 'https://unpkg.com/clerk-mongo-sync/docs/reference/errors.md'

/** The reason that a rule is without effect if there is no delivery log. */
export const NO_LOG = 'There is no delivery log. createClerkSync({ deliveries: true }) enables it.'

/** Applies the rules that a status is enough for. Pure. */
export function judgeByStatus(judged: Judged): RuleFinding[] {
  return [judgeFailures, judgePushes, judgeConflicts, judgeDrift].flatMap((judge) => judge(judged) ?? [])
}

function judgeFailures({ status: { deliveries }, rules: { failureRate } }: Judged): RuleFinding | undefined {
  const rule = 'failureRate'
  if (!failureRate) return undefined
  if (!deliveries) return { rule, verdict: 'unknown', message: NO_LOG, isSetting: true }
  const { total, byOutcome, errors } = deliveries.lastHour
  const failed = byOutcome.failing ?? 0
  // Svix waits for hours between attempts: no delivery does not mean that they succeed again.
  if (total === 0) return { rule, verdict: 'unknown', message: 'No delivery in the last hour.' }
  const share = failed / total
  const message = `${counted(failed, 'delivery', 'deliveries')} of ${total.toLocaleString('en')} failed in the last hour (${percent(share)})`
  if (failed < failureRate.minFailures || share < failureRate.share) return ok(rule, `${message}.`)
  const [code] = Object.entries(errors).sort(([, one], [, other]) => other - one)[0] ?? []
  return {
    rule,
    verdict: 'problem',
    message: `${message}${code ? `, most of them with ${code}` : ''}.`,
    remedy: `\`clerk-mongo-sync status\` lists the newest failures, and ${ERRORS} what each code means. Svix sends them again for about 28 hours; later, use \`clerk-mongo-sync reconcile --apply\`.`,
  }
}

function judgePushes({ status: { pushes }, rules: { pushes: limits }, now }: Judged): RuleFinding | undefined {
  const rule = 'pushes'
  if (!limits) return undefined
  if (!pushes) return ok(rule, 'Nothing is pushed.')
  const { pending, failed, oldestDueAt } = pushes
  const waited = oldestDueAt ? now.getTime() - oldestDueAt.getTime() : 0
  const isStuck = oldestDueAt !== undefined && waited >= limits.stuckMs
  const waiting = `${counted(pending, 'push', 'pushes')} ${pending === 1 ? 'waits' : 'wait'}`
  const abandoned = `${counted(failed, 'push was', 'pushes were')} abandoned`
  if (isStuck) {
    const more = failed > 0 ? `, and ${abandoned}` : ''
    return {
      rule,
      verdict: 'problem',
      since: oldestDueAt,
      message: `${waiting}, the oldest for ${duration(waited)}${more}.`,
      remedy:
        'Check that a worker runs (startPushWorker, or a cron route that calls push()), and its log. `clerk-mongo-sync push` pushes now, and prints what fails.',
    }
  }
  if (failed <= limits.maxFailed) return ok(rule, `${waiting}, ${abandoned}.`)
  return {
    rule,
    verdict: 'problem',
    message: `${abandoned}.`,
    remedy:
      '`clerk-mongo-sync status` lists the documents and their reason; `clerk-mongo-sync push --help` says how to push them again.',
  }
}

function judgeConflicts({ status, rules: { conflicts: limits } }: Judged): RuleFinding | undefined {
  const rule = 'conflicts'
  if (!limits) return undefined
  const { deliveries, unstored, organizations, memberships } = status
  const resources = [unstored, organizations?.unstored, memberships?.unstored]
  const open = deliveries?.conflicts ?? resources.reduce((sum, one) => sum + (one?.count ?? 0), 0)
  const message = `${counted(open, 'message')} ${open === 1 ? 'is' : 'are'} in conflict with stored data.`
  if (open <= limits.max) return ok(rule, message)
  return {
    rule,
    verdict: 'problem',
    message,
    remedy:
      '`clerk-mongo-sync status` names the users and the paths. When the reason is removed, `clerk-mongo-sync reconcile --apply` stores them.',
  }
}

function judgeDrift({
  status: { lastReconcile },
  rules: { drift: limits },
  watchingSince,
  now,
}: Judged): RuleFinding | undefined {
  const rule = 'drift'
  if (!limits) return undefined
  const age = now.getTime() - (lastReconcile?.at ?? watchingSince).getTime()
  const ran = lastReconcile ? `The last reconcile was ${duration(age)} ago` : 'No reconcile has run yet'
  const found = lastReconcile
    ? ` and ${lastReconcile.applied ? 'left' : 'found'} ${counted(lastReconcile.drift, 'difference')}`
    : ''
  const message = `${ran}${found}.`
  const isLate = age > limits.maxAgeMs
  if (!isLate && (lastReconcile?.drift ?? 0) <= limits.max) return ok(rule, message)
  return {
    rule,
    verdict: 'problem',
    ...(lastReconcile && !isLate && { since: lastReconcile.at }),
    message,
    remedy: isLate
      ? 'Check that the job which calls reconcile() runs, and its log. `clerk-mongo-sync reconcile` compares now.'
      : '`clerk-mongo-sync reconcile` lists the differences, and with --apply repairs them. If they return, look for deliveries that do not arrive.',
  }
}

const ok = (rule: AlertRule, message: string): RuleFinding => ({ rule, verdict: 'ok', message })
