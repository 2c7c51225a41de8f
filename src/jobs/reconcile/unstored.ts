import type { JobStore } from '../../store/job-store'
import type { WriteContext } from '../../store/write'
import { type FailureCause, FailureTally } from '../run/failure-tally'
import type { JobContext } from '../run/job-context'
import type { JobFailure } from '../run/job-failure'

/** What no event, job or `ensureUser` could store. */
export interface Unstored {
  /** How many. */
  count: number
  /** The first hundred. */
  failures: JobFailure[]
  /** All of them, counted by cause. */
  causes: FailureCause[]
}

/** Counts them by cause; `undefined` if there are none. */
export async function tallyUnstored(jobs: JobStore, context: WriteContext): Promise<Unstored | undefined> {
  const tally = new FailureTally()
  let count = 0
  for await (const document of jobs.unstored(context)) {
    count += 1
    tally.add(document)
  }
  return count === 0 ? undefined : { count, failures: tally.failures, causes: tally.causes }
}

/** Removes records about what Clerk no longer has. Other records end when their subject is stored. */
export async function removeGoneUnstored(
  { source, jobs, contextWithoutDeadline, writeContext }: JobContext,
  signal: AbortSignal | undefined,
): Promise<void> {
  const clerkIds: string[] = []
  for await (const { clerkId } of jobs.unstored(contextWithoutDeadline)) clerkIds.push(clerkId)
  const stored = new Map((await jobs.find(clerkIds, writeContext())).map((one) => [one.clerkId, one]))
  const references = clerkIds.map((clerkId) => stored.get(clerkId) ?? { clerkId })
  for await (const { gone } of source.lookUp(references, signal)) {
    const ids = gone.map(({ clerkId }) => clerkId)
    if (ids.length > 0) await jobs.removeUnstored(ids, writeContext())
  }
}
