import { counted } from '../monitor/counted'
import type { SyncStatus } from '../monitor/status'
import { issuesOf, type StatusIssue } from '../monitor/status-issues'
import { ago, percent } from './page/format'

/** `bad`: something is not stored as Clerk has it. `warn`: worth a look. `idle`: nothing to judge. */
export type Level = 'ok' | 'idle' | 'warn' | 'bad'

/** The state of the sync in one sentence, and what needs attention. */
export interface Headline {
  level: Level
  /** One to three words: `All is well`. */
  verdict: string
  /** The rest of the sentence: what arrived, and when. */
  detail: string
  /** Most urgent first. `about` is the id of the panel that shows more. */
  issues: StatusIssue[]
}

const verdicts: Record<Level, string> = {
  bad: 'Needs attention',
  warn: 'Worth a look',
  idle: 'Quiet',
  ok: 'All is well',
}

/** Judges the state of the sync. @param now Milliseconds. */
export function judge(status: SyncStatus, now: number): Headline {
  const issues = issuesOf(status, now)
  const level = levelOf(status, issues[0])
  const isFailing = (status.deliveries?.failing ?? 0) > 0
  const verdict = isFailing ? 'Deliveries are failing' : verdicts[level]
  return { level, verdict, detail: traffic(status, now), issues }
}

function levelOf({ deliveries }: SyncStatus, first: StatusIssue | undefined): Level {
  if (first) return first.severity === 'problem' ? 'bad' : 'warn'
  return deliveries?.lastDay.total ? 'ok' : 'idle'
}

function traffic({ deliveries }: SyncStatus, now: number): string {
  if (!deliveries) return 'there is no delivery log.'
  const { lastDay, lastAt } = deliveries
  if (!lastAt) return 'no delivery has arrived yet.'
  if (lastDay.successRate === undefined) return `no delivery in the last day, the last ${ago(lastAt, now)}.`
  const total = counted(lastDay.total, 'delivery', 'deliveries')
  return `${total} in the last day, ${percent(lastDay.successRate)} stored, the last ${ago(lastAt, now)}.`
}
