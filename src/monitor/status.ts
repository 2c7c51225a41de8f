import type { LastBackfill } from '../jobs/backfill/last-backfill'
import type { LastReconcile } from '../jobs/reconcile/last-reconcile'
import { tallyUnstored, type Unstored } from '../jobs/reconcile/unstored'
import { jobStoreOf, requireJobStore } from '../jobs/run/job-context'
import { resourcesFor } from '../jobs/run/job-resources'
import { count } from '../number-options'
import type { ResolvedClerkSyncOptions } from '../resolved-options'
import type {
  DeliveryQuery,
  DocumentCounts,
  DocumentInError,
  JobStore,
  LoggedDelivery,
  StoreSummary,
} from '../store/job-store'
import type { PushCounts } from '../store/push-store'
import type { WriteContext } from '../store/write'
import { type DeliveryStatus, readDeliveryStatus } from './delivery-status'

/** Documents of one resource by state, and what needs attention. */
export interface ResourceStatus extends DocumentCounts {
  /** The first ten counted as `error`, by Clerk id. Absent if there are none. */
  inError?: DocumentInError[]
  /** What could not be stored as Clerk has it. Absent if there is nothing. */
  unstored?: Unstored
}

/** Result of `status()`, for people and monitors. */
export interface SyncStatus extends Pick<StoreSummary, 'tombstones' | 'jobs' | 'missingIndexes'> {
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
  /** Counts of the delivery log, if there is one. */
  deliveries?: DeliveryStatus
  /** The queue of changes to push, of all resources together. Absent if nothing is pushed. */
  pushes?: PushCounts
  /** Absent before the first run. */
  lastBackfill?: LastBackfill
  /** Absent before the first run. */
  lastReconcile?: LastReconcile
}

/** Time limit for counting a large collection. */
const STATUS_MS = 30_000

/** Implements `ClerkSync.status`. */
export async function readStatus(options: ResolvedClerkSyncOptions): Promise<SyncStatus> {
  const home = requireJobStore(options)
  const resources = resourcesFor(options)
  const stores = resources.map(({ name, resource }) => [name, jobStoreOf(options, name, resource)] as const)
  await options.connect()
  const context = { logger: options.logger, deadline: Date.now() + STATUS_MS }
  const [found, deliveries, pushes] = await Promise.all([
    Promise.all(stores.map(async ([name, store]) => [name, await readStore(store, context)] as const)),
    options.deliveryLog && readDeliveryStatus(home, context),
    countPushes(resources, context),
  ])
  const { users, organizations, memberships } = Object.fromEntries(found)
  if (!users) throw new TypeError('createClerkSync stores no users')
  const { documents, missingIndexes: _, ...summary } = users
  return {
    users: documents,
    ...summary,
    missingIndexes: found.flatMap(([, { missingIndexes }]) => missingIndexes),
    ...(organizations && { organizations: statusOf(organizations) }),
    ...(memberships && { memberships: statusOf(memberships) }),
    ...(deliveries && { deliveries }),
    ...(pushes && { pushes }),
    ...lastRuns(summary.jobs),
  }
}

async function countPushes(
  resources: ReturnType<typeof resourcesFor>,
  context: WriteContext,
): Promise<PushCounts | undefined> {
  const queues = resources.flatMap(({ resource }) => resource.store.pushes?.() ?? [])
  const counts = await Promise.all(queues.map((queue) => queue.counts(context)))
  const [first, ...others] = counts
  return first && others.reduce(addCounts, first)
}

function addCounts(all: PushCounts, one: PushCounts): PushCounts {
  const dates = [all.oldestDueAt, one.oldestDueAt].flatMap((date) => date ?? [])
  return {
    pending: all.pending + one.pending,
    retrying: all.retrying + one.retrying,
    failed: all.failed + one.failed,
    oldestDueAt: dates.sort((a, b) => a.getTime() - b.getTime())[0],
  }
}

/** What the last runs saved. */
function lastRuns(jobs: StoreSummary['jobs']): Pick<SyncStatus, 'lastBackfill' | 'lastReconcile'> {
  const saved = (job: string) => {
    const { result, resultAt } = jobs.find((one) => one.job === job) ?? {}
    return result && resultAt && { at: resultAt, ...result }
  }
  const [backfill, reconcile] = [saved('backfill'), saved('reconcile')]
  return {
    ...(backfill && { lastBackfill: backfill as LastBackfill }),
    ...(reconcile && { lastReconcile: reconcile as LastReconcile }),
  }
}

async function readStore(jobs: JobStore, context: WriteContext): Promise<StoreSummary & { unstored?: Unstored }> {
  const [summary, unstored] = await Promise.all([jobs.summary(context), tallyUnstored(jobs, context)])
  return { ...summary, ...(unstored && { unstored }) }
}

function statusOf({ documents, inError, unstored }: StoreSummary & { unstored?: Unstored }): ResourceStatus {
  return { ...documents, ...(inError && { inError }), ...(unstored && { unstored }) }
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
