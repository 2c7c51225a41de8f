import { withHarmlessListeners } from '../harmless'
import type { ResolvedClerkSyncOptions } from '../resolved-options'
import { type BackfillOptions, type BackfillResult, runBackfill } from './backfill'
import { createEnsureUser } from './ensure-user'
import { type ReconcileOptions, type ReconcileReport, runReconcile } from './reconcile'

/** What the core offers that asks Clerk by itself. */
export interface Jobs {
  ensureUser(clerkId: string | null | undefined, deadline: number): Promise<unknown>
  backfill(options?: BackfillOptions): Promise<BackfillResult>
  reconcile(options?: ReconcileOptions): Promise<ReconcileReport>
}

/** The jobs over the options given. */
export function createJobs(resolved: ResolvedClerkSyncOptions): Jobs {
  return {
    ensureUser: createEnsureUser(resolved),
    backfill: (options = {}) => runBackfill(resolved, withHarmlessListeners(options, resolved.logger)),
    reconcile: (options = {}) => runReconcile(resolved, withHarmlessListeners(options, resolved.logger)),
  }
}
