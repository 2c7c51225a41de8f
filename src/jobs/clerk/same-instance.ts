import { ClerkSyncError } from '../../errors'
import type { StoredDocument } from '../../store/job-store'
import type { JobContext } from '../run/job-context'
import { confirmGone, mayBeNew } from './confirm-gone'

/** The largest number of ids in one request to Clerk. */
const SAMPLE_SIZE = 100
/** This few users could all be left over from tests. */
const TOO_FEW = 10

/**
 * Checks, before the first write, that Clerk knows a stored user. Otherwise users imported with a wrong key would later
 * look like proof that the key is right. Skipped with `instanceId`, by which the key was checked already.
 * @returns whether Clerk knows one. `false`: not checked, or too few users to decide.
 * @throws {ClerkSyncError} `clerk_instance_mismatch`
 */
export async function requireSameInstance(
  { api, jobs, options, contextWithoutDeadline, writeContext }: JobContext,
  { mayDelete, signal }: { mayDelete: boolean; signal: AbortSignal | undefined },
): Promise<boolean> {
  if (options.instanceId !== undefined) return false
  const call = signal && { signal }
  const knowsAny = async (users: readonly StoredDocument[]) => {
    const userIds = users.map(({ clerkId }) => clerkId)
    if ((await api.listUsers({ userIds, limit: SAMPLE_SIZE }, call)).length > 0) return true
    const fresh = users.filter(mayBeNew).map(({ clerkId }) => clerkId)
    return (await confirmGone(api, fresh, signal)).found.length > 0
  }
  const first = await firstAlive(jobs.walk({ ...contextWithoutDeadline, ...call }))
  if (first.length === 0) return false
  if (await knowsAny(first)) return true
  if (first.length <= TOO_FEW && !(mayDelete && (await api.listUsers({ limit: 1 }, call)).length > 0)) return false
  // The oldest users may be left over from another instance. A random sample costs more, so it is only used in
  // doubt.
  const drawn = (await jobs.sample(SAMPLE_SIZE, writeContext())).filter(isAlive)
  if (drawn.length > 0 && (await knowsAny(drawn))) return true
  throw instanceMismatch('Clerk has none of the stored users that were checked')
}

/** Creates the error for a key that seems to belong to another instance. */
export function instanceMismatch(finding: string): ClerkSyncError {
  return new ClerkSyncError(
    'clerk_instance_mismatch',
    `${finding}. CLERK_SECRET_KEY may belong to another instance. If it is the right key, set the instanceId (ins_…) of createClerkSync.`,
  )
}

async function firstAlive(stored: AsyncIterable<StoredDocument>): Promise<StoredDocument[]> {
  const users: StoredDocument[] = []
  for await (const user of stored) {
    if (isAlive(user)) users.push(user)
    if (users.length === SAMPLE_SIZE) break
  }
  return users
}

const isAlive = ({ isDeleted }: StoredDocument): boolean => !isDeleted
