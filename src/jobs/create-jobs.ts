import type { ClerkSync } from '../create-clerk-sync'
import type { ResolvedClerkSyncOptions } from '../resolved-options'

/** The methods of `ClerkSync` that ask Clerk. */
export function createJobs<Doc>(
  _resolved: ResolvedClerkSyncOptions,
): Pick<ClerkSync<Doc>, 'ensureUser' | 'backfill' | 'reconcile' | 'status' | 'deliveries'> {
  const inProgress = () => {
    throw new Error('in progress')
  }
  return {
    ensureUser: inProgress,
    backfill: inProgress,
    reconcile: inProgress,
    status: inProgress,
    deliveries: inProgress,
  }
}
