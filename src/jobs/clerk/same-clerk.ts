import { ClerkSyncError } from '../../errors'
import type { StoredUser } from '../../store/job-store'
import type { JobContext } from '../run/job-context'
import { confirmGone, mayBeNew } from './confirm-gone'

/** As many ids as Clerk takes in one question. */
const ASKED = 100
/** So few users may all be leftovers. */
const FEW = 10

/**
 * Looks, before the first write, that some user stored here is known to Clerk: whom the key of another instance brings would
 * later pass for proof that the two belong together. Where the host gave its `instanceId` the key was judged by that.
 * @returns whether Clerk was seen to know one. `false`: it was not asked, or so few users say nothing.
 * @throws {ClerkSyncError} `clerk_instance_mismatch`
 */
export async function requireSameClerk(
  { api, jobs, options, unhurried, writeContext }: JobContext,
  { mayDelete, signal }: { mayDelete: boolean; signal: AbortSignal | undefined },
): Promise<boolean> {
  if (options.instanceId !== undefined) return false
  const call = signal && { signal }
  const knowsAny = async (users: readonly StoredUser[]) => {
    const userIds = users.map(({ clerkId }) => clerkId)
    if ((await api.listUsers({ userIds, limit: ASKED }, call)).length > 0) return true
    const fresh = users.filter(mayBeNew).map(({ clerkId }) => clerkId)
    return (await confirmGone(api, fresh, signal)).found.length > 0
  }
  const first = await firstAlive(jobs.walk({ ...unhurried, ...call }))
  if (first.length === 0) return false
  if (await knowsAny(first)) return true
  if (first.length <= FEW && !(mayDelete && (await api.listUsers({ limit: 1 }, call)).length > 0)) return false
  // The oldest may all be of another time; to draw costs more, so that is for the doubtful case.
  const drawn = (await jobs.sample(ASKED, writeContext())).filter(isAlive)
  if (drawn.length > 0 && (await knowsAny(drawn))) return true
  throw otherInstance('None of the users stored here that Clerk was asked about is known to it')
}

/** The error for what looks like the key of another instance. */
export function otherInstance(finding: string): ClerkSyncError {
  return new ClerkSyncError(
    'clerk_instance_mismatch',
    `${finding}: is CLERK_SECRET_KEY the key of another instance? If this is meant, give createClerkSync the instanceId (ins_…) of the key.`,
  )
}

async function firstAlive(stored: AsyncIterable<StoredUser>): Promise<StoredUser[]> {
  const users: StoredUser[] = []
  for await (const user of stored) {
    if (isAlive(user)) users.push(user)
    if (users.length === ASKED) break
  }
  return users
}

const isAlive = ({ isDeleted }: StoredUser): boolean => !isDeleted
