import { prepareCalls, requireJobStore } from '../../jobs/run/job-context'
import { resourceFor } from '../../jobs/run/job-resources'
import type { ResolvedClerkSyncOptions } from '../../resolved-options'
import { timeLimit } from '../../time/abort-with'

/** One small request. */
const NEWEST = 100
/** Later changes may still be on their way. */
const GRACE_MS = 10 * 60_000
const LIMIT_MS = 15_000

/**
 * Counts users that Clerk has changed since then and that are not stored at that version, of the hundred changed last.
 * Changes of the last ten minutes do not count.
 * @throws {ClerkSyncError} `clerk_key_missing`, `clerk_instance_mismatch`, those of the API and of the store.
 */
export async function findMissed(options: ResolvedClerkSyncOptions, since: Date, now: Date): Promise<number> {
  const limit = timeLimit(LIMIT_MS)
  try {
    const api = await prepareCalls(options, limit.signal)
    const call = { deadline: Date.now() + LIMIT_MS, signal: limit.signal }
    const newest = await api.listUsers({ limit: NEWEST, orderBy: '-updated_at' }, call)
    const until = now.getTime() - GRACE_MS
    const changed = newest.filter(({ updated_at }) => isBetween(updated_at ?? 0, since.getTime(), until))
    if (changed.length === 0) return 0
    const { rules, fetcher } = resourceFor(options, 'users')
    const context = { ...rules, ...fetcher, logger: options.logger, fromApi: true, deadline: Date.now() + LIMIT_MS }
    const jobs = requireJobStore(options)
    const ids = changed.map(({ id }) => id)
    const stored = new Map((await jobs.find(ids, context)).map((one) => [one.clerkId, one]))
    const missed = changed.map((user) => jobs.compare(user, stored.get(user.id), context))
    return missed.filter((comparison) => comparison === 'missing' || comparison === 'stale').length
  } finally {
    limit.clear()
  }
}

const isBetween = (at: number, since: number, until: number): boolean => at > since && at <= until
