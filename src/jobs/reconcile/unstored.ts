import type { JobStore } from '../../store/job-store'
import type { WriteContext } from '../../store/write'
import { lookUp } from '../clerk/clerk-look-up'
import { type FailureCause, FailureTally } from '../run/failure-tally'
import type { JobContext } from '../run/job-context'
import type { JobFailure } from '../run/job-failure'

/** Users that no event, job or `ensureUser` could store. */
export interface Unstored {
  /** Number of users. */
  count: number
  /** The first hundred. */
  failures: JobFailure[]
  /** All of them, counted by cause. */
  causes: FailureCause[]
}

/** Counts these users by cause; `undefined` if there are none. */
export async function tallyUnstored(jobs: JobStore, context: WriteContext): Promise<Unstored | undefined> {
  const tally = new FailureTally()
  let count = 0
  for await (const user of jobs.unstored(context)) {
    count += 1
    tally.add(user)
  }
  return count === 0 ? undefined : { count, failures: tally.failures, causes: tally.causes }
}

/** Removes records about users that Clerk no longer has. Other records end when their user is stored. */
export async function removeGoneUnstored(
  { api, jobs, contextWithoutDeadline, writeContext }: JobContext,
  signal: AbortSignal | undefined,
): Promise<void> {
  const clerkIds: string[] = []
  for await (const { clerkId } of jobs.unstored(contextWithoutDeadline)) clerkIds.push(clerkId)
  for await (const { gone } of lookUp(api, clerkIds, signal))
    if (gone.length > 0) await jobs.removeUnstored(gone, writeContext())
}
