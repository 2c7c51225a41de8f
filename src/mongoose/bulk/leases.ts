import type { Collection } from 'mongoose'
import { ClerkSyncError } from '../../errors'
import type { JobLease, StoreSummary } from '../../store/job-store'
import type { WriteContext } from '../../store/write'
import { isDuplicateKey } from '../target/database-error'
import { durable, fromPrimary, within } from '../target/target'

/** What a job has in the collection, its name being the `_id`. */
interface JobDocument {
  _id: string
  /** Who holds the lease: a token of one run. */
  holder?: string
  leaseUntil?: Date
  state?: Record<string, unknown>
  savedAt?: Date
  endedAt?: Date
}

/**
 * Takes the lease of a job in one atomic command: an upsert that matches only where nobody's runs, so that it meets the holder's
 * document otherwise (`E11000`). `null`: another holds it.
 *
 * Whether a lease has run out is judged by this process's clock. A clock that is ahead by more than the time to live takes
 * a running job's place: then two run at once, which harms nothing as every write is guarded, until the first saves and learns
 * of it.
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

/** All jobs that ever ran, and how far those came that did not end. */
export async function listJobs(jobs: Collection, context: WriteContext): Promise<StoreSummary['jobs']> {
  const found = await jobs.find({}, { ...fromPrimary, ...within(context) }).toArray()
  const now = new Date()
  return (found as unknown as JobDocument[]).map(({ _id: job, leaseUntil, state, endedAt }) => {
    return { job, runningUntil: leaseUntil && leaseUntil > now ? leaseUntil : undefined, state, endedAt }
  })
}

const taken = (job: string) =>
  new ClerkSyncError(
    'job_running',
    `Another process has taken the job "${job}" over, as nothing was heard of this one for too long. It goes on from what was saved.`,
  )
