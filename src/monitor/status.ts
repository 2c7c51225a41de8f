import { tallyUnstored, type Unstored } from '../jobs/reconcile/unstored'
import { requireJobStore } from '../jobs/run/job-context'
import { count } from '../number-options'
import type { ResolvedClerkSyncOptions } from '../resolved-options'
import type { DeliveryCounts, DeliveryQuery, JobStore, LoggedDelivery, StoreSummary } from '../store/job-store'
import type { WriteContext } from '../store/write'

/** Result of `status()`, for people and monitors. */
export interface SyncStatus extends StoreSummary {
  /** Users whose state in Clerk could not be stored. Absent if there are none. */
  unstored?: Unstored
  /** Messages of the last 24 hours, if there is a delivery log. */
  deliveries?: DeliveryCounts & {
    /** The newest ten that failed or are in conflict. */
    failed: LoggedDelivery[]
  }
}

const DAY_MS = 24 * 60 * 60 * 1000
/** Time limit for counting a large collection. */
const STATUS_MS = 60_000

/** Implements `ClerkSync.status`. */
export async function readStatus(options: ResolvedClerkSyncOptions): Promise<SyncStatus> {
  const jobs = requireJobStore(options)
  await options.connect()
  const context = { logger: options.logger, deadline: Date.now() + STATUS_MS }
  const [summary, unstored] = await Promise.all([jobs.summary(context), tallyUnstored(jobs, context)])
  return {
    ...summary,
    ...(unstored && { unstored }),
    ...(options.deliveryLog && { deliveries: await lastDay(jobs, context) }),
  }
}

async function lastDay(jobs: JobStore, context: WriteContext): Promise<NonNullable<SyncStatus['deliveries']>> {
  const since = new Date(Date.now() - DAY_MS)
  const counts = await jobs.countDeliveries(since, context)
  const failed: LoggedDelivery[] = []
  for await (const entry of jobs.deliveries({ since, failed: true, limit: 10 }, context)) failed.push(entry)
  return { ...counts, failed }
}

/** Implements `ClerkSync.deliveries`. */
export async function* readDeliveries(
  options: ResolvedClerkSyncOptions,
  query: DeliveryQuery,
): AsyncGenerator<LoggedDelivery, void> {
  const limit = count('limit', query.limit ?? Number.POSITIVE_INFINITY)
  const jobs = requireJobStore(options)
  if (limit === 0) return
  await options.connect()
  const { limit: _, ...rest } = query
  const limited = limit === Number.POSITIVE_INFINITY ? rest : query
  yield* jobs.deliveries(limited, { logger: options.logger })
}
