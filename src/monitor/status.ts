import { tallyUnstored, type Unstored } from '../jobs/reconcile/unstored'
import { jobStoreOf, requireJobStore } from '../jobs/run/job-context'
import { resourcesFor } from '../jobs/run/job-resources'
import { count } from '../number-options'
import type { ResolvedClerkSyncOptions } from '../resolved-options'
import type {
  DeliveryCounts,
  DeliveryQuery,
  DocumentCounts,
  DocumentInError,
  JobStore,
  LoggedDelivery,
  StoreSummary,
} from '../store/job-store'
import type { WriteContext } from '../store/write'

/** Documents of one resource by state, and what needs attention. */
export interface ResourceStatus extends DocumentCounts {
  /** The first ten counted as `error`, by Clerk id. Absent if there are none. */
  inError?: DocumentInError[]
  /** What could not be stored as Clerk has it. Absent if there is nothing. */
  unstored?: Unstored
}

/** Result of `status()`, for people and monitors. */
export interface SyncStatus extends Pick<StoreSummary, 'tombstones' | 'jobs'> {
  /** Users by `authProvider` and state. */
  users: DocumentCounts
  /** The first ten users counted as `error`, by Clerk id. Absent if there are none. */
  inError?: DocumentInError[]
  /** Users whose state in Clerk could not be stored. Absent if there are none. */
  unstored?: Unstored
  /** Absent if organizations are not stored. */
  organizations?: ResourceStatus
  /** Absent if memberships are not stored. */
  memberships?: ResourceStatus
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
  const others = resourcesFor(options).filter(({ name }) => name !== 'users')
  const stores = others.map(({ name, resource }) => [name, jobStoreOf(options, name, resource)] as const)
  await options.connect()
  const context = { logger: options.logger, deadline: Date.now() + STATUS_MS }
  const [users, ...found] = await Promise.all([
    readStore(jobs, context),
    ...stores.map(async ([name, store]) => [name, statusOf(await readStore(store, context))] as const),
  ])
  const { documents, ...summary } = users
  return {
    users: documents,
    ...summary,
    ...Object.fromEntries(found),
    ...(options.deliveryLog && { deliveries: await lastDay(jobs, context) }),
  }
}

async function readStore(jobs: JobStore, context: WriteContext): Promise<StoreSummary & { unstored?: Unstored }> {
  const [summary, unstored] = await Promise.all([jobs.summary(context), tallyUnstored(jobs, context)])
  return { ...summary, ...(unstored && { unstored }) }
}

function statusOf({ documents, inError, unstored }: StoreSummary & { unstored?: Unstored }): ResourceStatus {
  return { ...documents, ...(inError && { inError }), ...(unstored && { unstored }) }
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
