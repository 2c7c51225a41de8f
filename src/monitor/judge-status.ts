import { counted } from './counted'
import type { SyncStatus } from './status'
import { issuesOf } from './status-issues'

/** A status in one sentence. */
export interface StatusVerdict {
  /** `problem`: users are not stored as Clerk has them, or are about not to be. `warning`: worth a look. */
  verdict: 'ok' | 'warning' | 'problem'
  /** For a person who looks for five seconds. */
  sentence: string
  /** What the sentence sums up, most urgent first. Empty with `ok`. */
  reasons: string[]
}

/** Sums up the state of the sync in one sentence. Uses the status alone: only the monitor asks Clerk for newer changes. */
export function judgeStatus(status: SyncStatus, now = new Date()): StatusVerdict {
  const issues = issuesOf(status, now.getTime())
  const reasons = issues.map(({ text }) => text)
  const [first, ...others] = issues
  if (!first) return { verdict: 'ok', sentence: wellSentence(status), reasons }
  const more = others.length === 0 ? '' : ` and ${others.length} more`
  const beginning = first.severity === 'problem' ? 'Needs attention' : 'Worth a look'
  return { verdict: first.severity, sentence: `${beginning}: ${first.text}${more}.`, reasons }
}

function wellSentence({ users, deliveries }: SyncStatus): string {
  const stored = `${counted(users.active, 'user')} in step with Clerk`
  if (!deliveries) return `${stored}. There is no delivery log.`
  const { total } = deliveries.lastDay
  if (total === 0) return `${stored}. No delivery in the last day.`
  return `${stored}. ${counted(total, 'delivery', 'deliveries')} in the last day, none failing.`
}
