import type { ClerkSync } from '../create-clerk-sync'
import { isClerkSyncError } from '../errors'
import type { ReconcileReport, ResourceReconcile } from '../jobs/reconcile/reconcile-report'
import { resourceOfId } from '../jobs/run/job-resources'
import type { Result } from './views/document'

/** Fetches a resource from Clerk and stores it. */
export async function retry(clerkSync: Pick<ClerkSync, 'reconcile'>, clerkId: string): Promise<Result> {
  try {
    return resultOf(clerkId, await clerkSync.reconcile({ ids: [clerkId], apply: true }))
  } catch (error) {
    if (!isClerkSyncError(error)) throw error
    return { name: 'failed', code: error.code }
  }
}

function resultOf(clerkId: string, report: ReconcileReport): Result {
  const name = resourceOfId(clerkId)
  const part = name === 'users' ? report : report[name]
  const [failure] = part?.failures ?? []
  if (failure) return { name: 'failed', code: failure.code }
  return { name: nameOf(part ?? report), code: undefined }
}

function nameOf({ unknown = [], drift, repaired = {} }: ResourceReconcile): string {
  if (unknown.length > 0) return 'unknown'
  if (drift.deletedHere > 0) return 'deletedHere'
  if (repaired.deletedInClerk) return 'deleted'
  return Object.keys(repaired).length > 0 ? 'stored' : 'same'
}
