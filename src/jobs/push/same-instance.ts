import type { ClerkApi } from '../../clerk-api/clerk-api'
import { ClerkSyncError } from '../../errors'
import type { PushContext } from './push-context'

/** So many are asked about: where Clerk knows none of them, that looks like the key of another instance. */
const ASKED = 11

const met = new WeakSet<ClerkApi>()

/** Notes that Clerk knew a user. */
export const noteAcquaintance = (api: ClerkApi): unknown => met.add(api)

/**
 * Looks, before a user whom Clerk does not know is taken for deleted, whether it knows any other. With the key of another instance it
 * knows nobody, and each of them would end as deleted.
 * @throws {ClerkSyncError} `clerk_instance_mismatch`
 */
export async function requireAcquaintance({ api, store, options, writeContext }: PushContext): Promise<void> {
  // Then it was looked at when the run began.
  if (options.instanceId !== undefined || met.has(api)) return
  const userIds: string[] = []
  for await (const { clerkId } of store.candidates(writeContext())) {
    if (userIds.push(clerkId) === ASKED) break
  }
  if (userIds.length === 0) return
  const known = await api.listUsers({ limit: userIds.length, userIds })
  if (known.length > 0) {
    met.add(api)
    return
  }
  // So few may all have been deleted, where Clerk has nobody else either.
  if (userIds.length < ASKED && (await api.countUsers()) === 0) return
  throw new ClerkSyncError(
    'clerk_instance_mismatch',
    'A user that was to be pushed is not known to Clerk, and neither are others: is CLERK_SECRET_KEY the key of another instance? ' +
      'If they were all deleted there, give createClerkSync the instanceId (ins_…) they belong to.',
  )
}
