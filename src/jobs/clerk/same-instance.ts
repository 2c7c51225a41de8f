import { ClerkSyncError } from '../../errors'
import type { StoredDocument } from '../../store/job-store'
import type { JobParts } from '../run/job-context'
import { confirmGone, mayBeNew } from './confirm-gone'

/** The largest number of ids in one request to Clerk. */
const SAMPLE_SIZE = 100
/** This few documents could all be left over from tests. */
const TOO_FEW = 10

/**
 * Checks, before the first write, that Clerk knows a stored document. Otherwise what is imported with a wrong key would
 * later look like proof that the key is right. Skipped with `instanceId`, by which the key was checked already.
 * @returns whether Clerk knows one. `false`: not checked, or too few documents to decide.
 * @throws {ClerkSyncError} `clerk_instance_mismatch`
 */
export async function requireSameInstance(
  { source, jobs, options, contextWithoutDeadline, writeContext }: JobParts,
  { mayDelete, signal }: { mayDelete: boolean; signal: AbortSignal | undefined },
): Promise<boolean> {
  if (options.instanceId !== undefined) return false
  const call = signal && { signal }
  const knowsAny = async (stored: readonly StoredDocument[]) => {
    for await (const { found } of source.lookUp(stored, signal)) if (found.length > 0) return true
    return (await confirmGone(source, stored.filter(mayBeNew), signal)).found.length > 0
  }
  const first = await firstAlive(jobs.walk({ ...contextWithoutDeadline, ...call }))
  if (first.length === 0) return false
  if (await knowsAny(first)) return true
  if (first.length <= TOO_FEW && !(mayDelete && (await source.pageAt({ limit: 1, offset: 0 }, call)).length > 0))
    return false
  // The oldest may be left over from another instance. A random sample costs more, so it is only used in
  // doubt.
  const drawn = (await jobs.sample(SAMPLE_SIZE, writeContext())).filter(isAlive)
  if (drawn.length > 0 && (await knowsAny(drawn))) return true
  throw instanceMismatch(`Clerk has none of the stored ${source.name}s that were checked`)
}

/** Creates the error for a key that seems to belong to another instance. */
export function instanceMismatch(finding: string): ClerkSyncError {
  return new ClerkSyncError(
    'clerk_instance_mismatch',
    `${finding}. CLERK_SECRET_KEY may belong to another instance. If it is the right key, set the instanceId (ins_…) of createClerkSync.`,
  )
}

async function firstAlive(stored: AsyncIterable<StoredDocument>): Promise<StoredDocument[]> {
  const alive: StoredDocument[] = []
  for await (const document of stored) {
    if (isAlive(document)) alive.push(document)
    if (alive.length === SAMPLE_SIZE) break
  }
  return alive
}

const isAlive = ({ isDeleted }: StoredDocument): boolean => !isDeleted
