import { counted, duration } from './counted'
import type { SyncStatus } from './status'

/** Something in a status that needs attention. */
export interface StatusIssue {
  /** `problem`: something is not stored as Clerk has it, or is about not to be. `warning`: worth a look. */
  severity: 'warning' | 'problem'
  /** A clause: `3 messages are failing`. */
  text: string
  /** The part of the status that says more. */
  about: 'failures' | 'differences' | 'pushes' | 'jobs'
}

const MINUTE_MS = 60_000
/** A push that is due for longer than this has no worker. */
const PUSH_STUCK_MS = 15 * MINUTE_MS

/** How long the oldest push has been due, in milliseconds, if that is so long that no worker can be running. */
export function stuckFor(pushes: SyncStatus['pushes'], now: number): number | undefined {
  const waited = pushes?.oldestDueAt ? now - pushes.oldestDueAt.getTime() : 0
  return waited > PUSH_STUCK_MS ? waited : undefined
}

/** What needs attention, most urgent first. @param now Milliseconds since the epoch. */
export function issuesOf(status: SyncStatus, now: number): StatusIssue[] {
  const issues = [
    ...ofDeliveries(status, now),
    ...ofDocuments(status),
    ...ofPushes(status, now),
    ...ofJobs(status, now),
    ...when(status.missingIndexes.length, 'warning', 'differences', (n) => `${counted(n, 'index', 'indexes')} missing`),
  ]
  return issues.sort((one, other) => rank(one) - rank(other))
}

const rank = ({ severity }: StatusIssue): number => (severity === 'problem' ? 0 : 1)

function ofDeliveries({ deliveries }: SyncStatus, now: number): StatusIssue[] {
  if (!deliveries) return []
  const { failing, conflicts, oldestFailing: oldest } = deliveries
  const since = oldest
    ? `, ${failing === 1 ? '' : 'the oldest '}for ${duration(now - oldest.firstSeenAt.getTime())}`
    : ''
  return [
    ...when(
      failing,
      'problem',
      'failures',
      (n) => `${counted(n, 'message')} ${n === 1 ? 'is' : 'are'} failing${since}`,
    ),
    ...when(conflicts, 'warning', 'failures', (n) => `${counted(n, 'message')} in conflict`),
  ]
}

/** Documents that are not as Clerk has them. */
function ofDocuments({ users, unstored, organizations, memberships }: SyncStatus): StatusIssue[] {
  const resources = [
    { noun: 'user', counts: { ...users, unstored } },
    { noun: 'organization', counts: organizations },
    { noun: 'membership', counts: memberships },
  ]
  return resources.flatMap(({ noun, counts }) => [
    ...when(counts?.unstored?.count, 'problem', 'differences', (n) => `${counted(n, noun)} could not be stored`),
    ...when(counts?.error, 'problem', 'differences', (n) => `${counted(n, noun)} in error`),
  ])
}

function ofPushes({ pushes }: SyncStatus, now: number): StatusIssue[] {
  const waited = stuckFor(pushes, now)
  const since = waited === undefined ? '' : duration(waited)
  return [
    ...when(waited && pushes?.pending, 'problem', 'pushes', (n) => {
      return `${counted(n, 'push', 'pushes')} waiting, the oldest for ${since}`
    }),
    ...when(pushes?.failed, 'warning', 'pushes', (n) => `${counted(n, 'push', 'pushes')} abandoned`),
  ]
}

function ofJobs({ lastReconcile }: SyncStatus, now: number): StatusIssue[] {
  return when(lastReconcile?.drift, 'warning', 'jobs', (n) => {
    const ago = lastReconcile ? duration(now - lastReconcile.at.getTime()) : ''
    return `${counted(n, 'difference')} found by the reconcile ${ago} ago`
  })
}

function when(
  n: number | undefined,
  severity: StatusIssue['severity'],
  about: StatusIssue['about'],
  text: (n: number) => string,
): StatusIssue[] {
  return n ? [{ severity, text: text(n), about }] : []
}
