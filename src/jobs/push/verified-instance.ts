import type { ClerkApi } from '../../clerk-api/clerk-api'
import { isClerkSyncError } from '../../errors'
import { clerkSource } from '../clerk/clerk-source'
import { requireSameInstance } from '../clerk/same-instance'
import { requireJobStore } from '../run/job-context'
import type { PushContext } from './push-context'

const verified = new WeakSet<ClerkApi>()

/** Records that Clerk knows a stored user. */
export const markVerified = (api: ClerkApi): unknown => verified.add(api)

/**
 * Whether the key is known to belong to the stored users' instance: Clerk knew one of them, or the run checked
 * `instanceId`.
 */
export const isVerified = ({ api, options }: PushContext): boolean =>
  options.instanceId !== undefined || verified.has(api)

/**
 * Checks, before a user unknown to Clerk is treated as deleted, that Clerk knows any other stored user. With the key of
 * another instance it knows none, and all users would be deleted.
 * @throws {ClerkSyncError} `clerk_instance_mismatch`
 */
export async function requireVerified(context: PushContext, signal: AbortSignal): Promise<void> {
  if (isVerified(context)) return
  const { api, options, writeContext } = context
  const { deadline: _, ...contextWithoutDeadline } = writeContext()
  const source = clerkSource(api, 'user')
  const job = { source, options, jobs: requireJobStore(options), contextWithoutDeadline, writeContext }
  if (await requireSameInstance(job, { mayDelete: true, signal })) markVerified(api)
}

/** Whether the key seems to belong to another instance. */
export const isInstanceMismatch = (error: unknown): boolean =>
  isClerkSyncError(error) && error.code === 'clerk_instance_mismatch'
