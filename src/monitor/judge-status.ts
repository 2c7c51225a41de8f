import { counted } from './counted'
import type { SyncStatus } from './status'

/** A status in one sentence. */
export interface StatusVerdict {
  /** `problem`: users are not stored as Clerk has them, or are about not to be. `warning`: worth a look. */
  verdict: 'ok' | 'warning' | 'problem'
  /** For a person who looks for five seconds. */
  sentence: string
  /** What the sentence sums up, most urgent first. Empty with `ok`. */
  reasons: string[]
}

const MINUTE_MS = 60_000
/** A push that is due for longer than this has no worker. */
const PUSH_STUCK_MS = 15 * MINUTE_MS

/** How long the oldest push has been due, in milliseconds, if that is so long that no worker can be running. */
export function stuckFor(pushes: SyncStatus['pushes'], now: number): number | undefined {
  const waited = pushes?.oldestDueAt ? now - pushes.oldestDueAt.getTime() : 0
  return waited > PUSH_STUCK_MS ? waited : undefined
}

/** Sums up the state of the sync in one sentence. Uses the status alone: only the monitor asks Clerk for newer changes. */
export function judgeStatus(status: SyncStatus, now = new Date()): StatusVerdict {
  const problems = problemsOf(status, now)
  const warnings = warningsOf(status)
  const reasons = [...problems, ...warnings]
  const verdict = problems.length > 0 ? 'problem' : warnings.length > 0 ? 'warning' : 'ok'
  const [first, ...others] = reasons
  if (first === undefined) return { verdict, sentence: wellSentence(status), reasons }
  const more = others.length === 0 ? '' : ` and ${others.length} more`
  return {
    verdict,
    sentence: `${verdict === 'problem' ? 'Needs attention' : 'Worth a look'}: ${first}${more}.`,
    reasons,
  }
}

function wellSentence({ users, deliveries }: SyncStatus): string {
  const stored = `${counted(users.active, 'user')} in step with Clerk`
  if (!deliveries) return `${stored}. There is no delivery log.`
  const { total } = deliveries.lastDay
  if (total === 0) return `${stored}. No delivery in the last day.`
  return `${stored}. ${counted(total, 'delivery', 'deliveries')} in the last day, none failing.`
}

function problemsOf(
  { users, organizations, memberships, unstored, deliveries, pushes }: SyncStatus,
  now: Date,
): string[] {
  const inError = users.error + (organizations?.error ?? 0) + (memberships?.error ?? 0)
  const notStored = [unstored, organizations?.unstored, memberships?.unstored]
  const missing = notStored.reduce((sum, one) => sum + (one?.count ?? 0), 0)
  const waited = stuckFor(pushes, now.getTime())
  return [
    ...when(deliveries?.failing, (n) => `${counted(n, 'message')} ${n === 1 ? 'is' : 'are'} failing`),
    ...when(missing, (n) => `${counted(n, 'object')} of Clerk could not be stored`),
    ...when(inError, (n) => `${counted(n, 'document')} in error`),
    ...when(
      waited && pushes?.pending,
      (n) => `${counted(n, 'push', 'pushes')} waiting, the oldest for ${Math.round((waited ?? 0) / MINUTE_MS)} minutes`,
    ),
  ]
}

function warningsOf({ deliveries, pushes, lastReconcile, missingIndexes }: SyncStatus): string[] {
  return [
    ...when(deliveries?.conflicts, (n) => `${counted(n, 'message')} in conflict`),
    ...when(pushes?.failed, (n) => `${counted(n, 'push', 'pushes')} abandoned`),
    ...when(lastReconcile?.drift, (n) => `the last reconcile found ${counted(n, 'difference')}`),
    ...when(missingIndexes.length, (n) => `${counted(n, 'index', 'indexes')} missing`),
  ]
}

const when = (n: number | undefined, text: (n: number) => string): string[] => (n ? [text(n)] : [])
