import type { ClerkApi } from '../../clerk-api/clerk-api'
import { isClerkSyncError } from '../../errors'
import { requireSameClerk } from '../clerk/same-clerk'
import { requireJobStore } from '../run/job-context'
import type { PushContext } from './push-context'

const met = new WeakSet<ClerkApi>()

/** Notes that Clerk knew a user. */
export const noteAcquaintance = (api: ClerkApi): unknown => met.add(api)

/** Whether the key is known to be that of the users stored here: Clerk knew one, or it was looked at when the run began. */
export const isAcquainted = ({ api, options }: PushContext): boolean => options.instanceId !== undefined || met.has(api)

/**
 * Looks, before a user whom Clerk does not know is taken for deleted, whether it knows any other, drawn from all that are stored here.
 * With the key of another instance it knows nobody, and each of them would end as deleted.
 * @throws {ClerkSyncError} `clerk_instance_mismatch`
 */
export async function requireAcquaintance(context: PushContext, signal: AbortSignal): Promise<void> {
  if (isAcquainted(context)) return
  const { api, options, writeContext } = context
  const { deadline: _, ...unhurried } = writeContext()
  const asked = { api, options, jobs: requireJobStore(options), unhurried, writeContext }
  if (await requireSameClerk(asked, { mayDelete: true, signal })) noteAcquaintance(api)
}

export const isMismatch = (error: unknown): boolean =>
  isClerkSyncError(error) && error.code === 'clerk_instance_mismatch'
