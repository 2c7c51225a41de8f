import type { ClerkApi } from '../../clerk-api/clerk-api'
import { isClerkSyncError } from '../../errors'
import { requireSameClerk } from '../clerk/same-clerk'
import { requireJobStore } from '../run/job-context'
import type { PushContext } from './push-context'

const met = new WeakSet<ClerkApi>()

/** Records that Clerk knows a stored user. */
export const noteAcquaintance = (api: ClerkApi): unknown => met.add(api)

/**
 * Whether the key is known to belong to the stored users' instance: Clerk knew one of them, or the run checked
 * `instanceId`.
 */
export const isAcquainted = ({ api, options }: PushContext): boolean => options.instanceId !== undefined || met.has(api)

/**
 * Checks, before a user unknown to Clerk is treated as deleted, that Clerk knows any other stored user. With the key of
 * another instance it knows none, and all users would be deleted.
 * @throws {ClerkSyncError} `clerk_instance_mismatch`
 */
export async function requireAcquaintance(context: PushContext, signal: AbortSignal): Promise<void> {
  if (isAcquainted(context)) return
  const { api, options, writeContext } = context
  const { deadline: _, ...unhurried } = writeContext()
  const asked = { api, options, jobs: requireJobStore(options), unhurried, writeContext }
  if (await requireSameClerk(asked, { mayDelete: true, signal })) noteAcquaintance(api)
}

/** Whether the key seems to belong to another instance. */
export const isMismatch = (error: unknown): boolean =>
  isClerkSyncError(error) && error.code === 'clerk_instance_mismatch'
