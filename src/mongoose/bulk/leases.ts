import type { Collection } from 'mongoose'
import { ClerkSyncError } from '../../errors'
import type { JobLease, JobSummary } from '../../store/job-store'
import type { WriteContext } from '../../store/write'
import { isDuplicateKey } from '../target/database-error'
import { durable, fromPrimary, within } from '../target/target'

/** A job's document in the collection. Its `_id` is the job's name. */
interface JobDocument {
  _id: string
  /** Token of the run that holds the lease. */
  holder?: string
  leaseUntil?: Date
  state?: Record<string, unknown>
  savedAt?: Date
  endedAt?: Date
  result?: Record<string, unknown>
  resultAt?: Date
}

/**
 * Takes the lease of a job in one atomic command: an upsert that matches only if no lease is active, and otherwise
 * collides with the holder's document (`E11000`). `null`: another process holds it.
 *
 * Expiry is measured with this process's clock. A clock that is ahead by more than the time to live takes over a
 * running job. Both then run, which is harmless because every write is guarded, until the first one fails to save.
 */
export async function takeLease(
  jobs: Collection,
  job: string,
  ttlMs: number,
  context: WriteContext,
): Promise<JobLease | null> {
  const holder = crypto.randomUUID()
  const until = () => new Date(Date.now() + ttlMs)
  const own = { _id: job, holder } as never
  const write = async (filter: object, update: object, upsert = false) => {
    const options = { upsert, ...durable, ...within(context) }
    return (await jobs.updateOne(filter as never, update as never, options)).matchedCount > 0
  }
  try {
    const isFree = { _id: job, leaseUntil: { $not: { $gt: new Date() } } }
    await write(isFree, { $set: { holder, leaseUntil: until() } }, true)
  } catch (error) {
    if (isDuplicateKey(error)) return null
    throw error
  }
  const found = (await jobs.findOne(own, { ...fromPrimary, ...within(context) })) as JobDocument | null
  return {
    state: found?.state,
    async save(state) {
      const isOurs = await write(own, { $set: { state, savedAt: new Date(), leaseUntil: until() } })
      if (!isOurs) throw taken(job)
    },
    async release(how) {
      const given = { holder: 1, leaseUntil: 1 }
      const ended = { $set: { endedAt: new Date() }, $unset: { ...given, state: 1, savedAt: 1 } }
      await write(own, how === 'ended' ? ended : { $unset: given })
    },
  }
}

/** Saves what a run of a job found. */
export async function saveResult(
  jobs: Collection,
  job: string,
  result: Record<string, unknown>,
  context: WriteContext,
): Promise<void> {
  const update = { $set: { result, resultAt: new Date() } }
  await jobs.updateOne({ _id: job as never }, update as never, { upsert: true, ...durable, ...within(context) })
}

/** Lists all jobs that ever ran, with the saved state of those that did not finish. */
export async function listJobs(jobs: Collection, context: WriteContext): Promise<JobSummary[]> {
  const found = await jobs.find({}, { ...fromPrimary, ...within(context) }).toArray()
  const now = new Date()
  return (found as unknown as JobDocument[]).map(({ _id: job, leaseUntil, state, endedAt, result, resultAt }) => ({
    job,
    runningUntil: leaseUntil && leaseUntil > now ? leaseUntil : undefined,
    state,
    endedAt,
    ...(result && resultAt && { result, resultAt }),
  }))
}

const taken = (job: string) =>
  new ClerkSyncError(
    'job_running',
    `The lease of the job "${job}" expired, and another process took over. It continues from the saved state.`,
  )
