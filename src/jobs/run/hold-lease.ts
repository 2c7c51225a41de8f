import { ClerkSyncError } from '../../errors'
import type { JobLease } from '../../store/job-store'
import type { JobContext } from './job-context'

const TTL_MS = 60_000
/** A page can take longer than the lease, because Clerk may limit requests or the database may be slow. */
const EXTEND_MS = TTL_MS / 3

/**
 * Takes the lease of a job and extends it until it is released.
 * @throws {ClerkSyncError} `job_running` if another process, or this one, is running the job.
 */
export async function holdLease({ home, contextWithoutDeadline }: JobContext, job: string): Promise<JobLease> {
  const lease = await home.lease(job, TTL_MS, contextWithoutDeadline)
  if (!lease) {
    throw new ClerkSyncError(
      'job_running',
      `Another process is running ${job}. Wait until it ends. If it crashed, its lease expires within a minute.`,
    )
  }
  let state: Record<string, unknown> = { ...lease.state }
  let last: Promise<void> = Promise.resolve()
  // One after the other, so that an extension cannot restore an older state.
  const inTurn = (work: () => Promise<void>) => {
    last = last.catch(() => {}).then(work)
    return last
  }
  // If another process took the lease, the next save fails; concurrent writes are safe.
  const timer = setInterval(() => inTurn(() => lease.save(state)).catch(() => {}), EXTEND_MS)
  return {
    state: lease.state,
    save(next) {
      state = next
      return inTurn(() => lease.save(next))
    },
    release(how) {
      clearInterval(timer)
      return inTurn(() => lease.release(how))
    },
  }
}
