import { withHarmlessListeners } from '../host/harmless'
import type { ResolvedClerkSyncOptions } from '../resolved-options'
import { runBackfill } from './backfill/backfill'
import type { BackfillOptions, BackfillResult } from './backfill/backfill-report'
import { createEnsureMembership, createEnsureOrganization, createEnsureUser, type Ensure } from './ensure'
import { runReconcile } from './reconcile/reconcile'
import type { ReconcileOptions, ReconcileReport } from './reconcile/reconcile-report'

/** The jobs of `ClerkSync` that fetch from Clerk. */
export interface Jobs {
  ensureUser: Ensure
  ensureOrganization: Ensure
  ensureMembership: ReturnType<typeof createEnsureMembership>
  backfill(options?: BackfillOptions): Promise<BackfillResult>
  reconcile(options?: ReconcileOptions): Promise<ReconcileReport>
}

/** Creates the jobs for these options. */
export function createJobs(resolved: ResolvedClerkSyncOptions): Jobs {
  return {
    ensureUser: createEnsureUser(resolved),
    ensureOrganization: createEnsureOrganization(resolved),
    ensureMembership: createEnsureMembership(resolved),
    backfill: (options = {}) =>
      resolved.meter.span('backfill', {}, () => runBackfill(resolved, withHarmlessListeners(options, resolved.logger))),
    reconcile: (options = {}) =>
      resolved.meter.span('reconcile', {}, () =>
        runReconcile(resolved, withHarmlessListeners(options, resolved.logger)),
      ),
  }
}
