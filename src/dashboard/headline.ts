import { counted } from '../monitor/counted'
import { stuckFor } from '../monitor/judge-status'
import type { SyncStatus } from '../monitor/status'
import { ago, duration, number, percent } from './page/format'

/** `bad`: deliveries fail. `warn`: something is not as Clerk has it. `idle`: nothing to judge. */
export type Level = 'ok' | 'idle' | 'warn' | 'bad'

/** Something that needs attention. */
export interface Issue {
  level: 'warn' | 'bad'
  /** A clause: `3 messages are failing`. */
  text: string
  /** Id of the panel that shows more. */
  panel: 'failures' | 'differences' | 'pushes' | 'jobs'
}

/** The state of the sync in one sentence, and what needs attention. */
export interface Headline {
  level: Level
  /** One to three words: `All is well`. */
  verdict: string
  /** The rest of the sentence: what arrived, and when. */
  detail: string
  /** Worst first. */
  issues: Issue[]
}

const verdicts: Record<Level, string> = {
  bad: 'Deliveries are failing',
  warn: 'Needs attention',
  idle: 'Quiet',
  ok: 'All is well',
}

/** Judges the state of the sync. @param now Milliseconds. */
export function judge(status: SyncStatus, now: number): Headline {
  const issues = [...failing(status, now), ...differing(status), ...waiting(status, now), ...drifted(status, now)]
  const level = issues[0]?.level ?? (status.deliveries?.lastDay.total ? 'ok' : 'idle')
  return { level, verdict: verdicts[level], detail: traffic(status, now), issues }
}

function traffic({ deliveries }: SyncStatus, now: number): string {
  if (!deliveries) return 'there is no delivery log.'
  const { lastDay, lastAt } = deliveries
  if (!lastAt) return 'no delivery has arrived yet.'
  if (lastDay.successRate === undefined) return `no delivery in the last day, the last ${ago(lastAt, now)}.`
  const total = counted(lastDay.total, 'delivery', 'deliveries')
  return `${total} in the last day, ${percent(lastDay.successRate)} stored, the last ${ago(lastAt, now)}.`
}

function failing({ deliveries, missingIndexes }: SyncStatus, now: number): Issue[] {
  const issues: Issue[] = []
  if (deliveries && deliveries.failing > 0) {
    const { failing: messages, oldestFailing: oldest } = deliveries
    const subject = messages === 1 ? '1 message is failing' : `${number(messages)} messages are failing`
    const since = oldest
      ? `, ${messages === 1 ? '' : 'the oldest '}for ${duration(now - oldest.firstSeenAt.getTime())}`
      : ''
    issues.push({ level: 'bad', text: subject + since, panel: 'failures' })
  }
  if (deliveries && deliveries.conflicts > 0)
    issues.push({ level: 'warn', text: `${counted(deliveries.conflicts, 'message')} in conflict`, panel: 'failures' })
  if (missingIndexes.length > 0)
    issues.push({
      level: 'warn',
      text: `${counted(missingIndexes.length, 'index', 'indexes')} missing`,
      panel: 'differences',
    })
  return issues
}

/** Documents that are not as Clerk has them. */
function differing({ users, unstored, organizations, memberships }: SyncStatus): Issue[] {
  const parts = [
    { noun: 'user', part: { ...users, unstored } },
    { noun: 'organization', part: organizations },
    { noun: 'membership', part: memberships },
  ]
  return parts.flatMap(({ noun, part }) => {
    const texts = [
      part && part.error > 0 && `${counted(part.error, noun)} in error`,
      part?.unstored && `${counted(part.unstored.count, noun)} could not be stored`,
    ]
    return texts.flatMap((text) => (text ? [{ level: 'warn' as const, text, panel: 'differences' as const }] : []))
  })
}

function waiting({ pushes }: SyncStatus, now: number): Issue[] {
  const waited = stuckFor(pushes, now)
  if (!pushes || waited === undefined) return []
  const text = `${counted(pushes.pending, 'push', 'pushes')} waiting, the oldest for ${duration(waited)}`
  return [{ level: 'warn', text, panel: 'pushes' }]
}

function drifted({ lastReconcile }: SyncStatus, now: number): Issue[] {
  if (!lastReconcile || lastReconcile.drift === 0) return []
  const text = `${counted(lastReconcile.drift, 'difference')} found by the reconcile ${ago(lastReconcile.at, now)}`
  return [{ level: 'warn', text, panel: 'jobs' }]
}
