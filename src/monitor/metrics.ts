import { type DeliveryCounters, durationBounds } from '../telemetry/delivery-counters'
import { cachedRead } from './cached-read'
import type { GetHandler } from './health'
import { type Metric, prometheusText, prometheusType } from './prometheus-text'
import type { ResourceStatus, SyncStatus } from './status'

/** Options of `toMetricsHandler`. */
export interface MetricsOptions {
  /** Whether a request may read the metrics. They contain numbers only. @default every request */
  authorize?: (request: Request) => boolean | Promise<boolean>
  /** How long `status()` is not read again, in milliseconds. @default 10_000 */
  cacheMs?: number
}

/** What `toMetricsHandler` needs of a `ClerkSync`. */
export interface Measured {
  counters(): DeliveryCounters
  status(): Promise<SyncStatus>
}

/**
 * Creates a handler that answers with metrics in Prometheus' text format: counters of what this process has answered, and
 * gauges of `status()`, which are the same in every process. If `status()` fails, `clerk_sync_status_up` is 0 and the
 * gauges are absent. No label is an id or an address.
 *
 * @example
 * app.get('/metrics', toExpressHandler(toMetricsHandler(clerkSync, { authorize: (request) => isInternal(request) })))
 */
export function toMetricsHandler(
  clerkSync: Measured,
  { authorize = () => true, cacheMs = 10_000 }: MetricsOptions = {},
): GetHandler {
  const status = cachedRead(cacheMs, () => clerkSync.status().catch(() => undefined))
  return {
    async handler(request) {
      if (request.method !== 'GET' && request.method !== 'HEAD')
        return new Response('', { status: 405, headers: { allow: 'GET, HEAD' } })
      if (!(await authorize(request))) return new Response('', { status: 403 })
      const metrics = [...processMetrics(clerkSync.counters()), ...statusMetrics(await status())]
      const headers = { 'content-type': prometheusType, 'cache-control': 'no-store' }
      return new Response(prometheusText(metrics), { headers })
    },
  }
}

/** What this process has answered. */
function processMetrics({ deliveries, durations }: DeliveryCounters): Metric[] {
  const total = durations.counts.reduce((sum, count) => sum + count, 0)
  let below = 0
  const buckets = durationBounds.map((bound, index) => {
    below += durations.counts[index] ?? 0
    return { suffix: '_bucket', labels: { le: String(bound) }, value: below }
  })
  return [
    {
      name: 'clerk_sync_deliveries_total',
      help: 'Deliveries that this process has answered, by event type, outcome and code.',
      type: 'counter',
      values: deliveries.map(({ type, outcome = 'failing', code = '', count }) => {
        return { labels: { type, outcome: type === 'unverified' ? 'refused' : outcome, code }, value: count }
      }),
    },
    {
      name: 'clerk_sync_delivery_duration_seconds',
      help: 'How long this process took to answer deliveries.',
      type: 'histogram',
      values: [
        ...buckets,
        { suffix: '_bucket', labels: { le: '+Inf' }, value: total },
        { suffix: '_sum', value: durations.sum },
        { suffix: '_count', value: total },
      ],
    },
  ]
}

/** What is stored, and waits. The same whichever process is asked. */
function statusMetrics(status: SyncStatus | undefined): Metric[] {
  const up = gauge('clerk_sync_status_up', 'Whether the state of the sync could be read.', [[{}, status ? 1 : 0]])
  if (!status) return [up]
  const { users, organizations, memberships, deliveries, pushes, lastReconcile, missingIndexes } = status
  const stored = [
    ...documentsOf('users', { ...users, ...(status.unstored && { unstored: status.unstored }) }),
    ...documentsOf('organizations', organizations),
    ...documentsOf('memberships', memberships),
  ]
  return [
    up,
    gauge('clerk_sync_documents', 'Documents by resource and state.', stored),
    gauge('clerk_sync_open_messages', 'Messages that never succeeded, and messages in conflict.', [
      [{ state: 'failing' }, deliveries?.failing],
      [{ state: 'conflict' }, deliveries?.conflicts],
    ]),
    time('clerk_sync_last_delivery', 'When the last delivery arrived.', deliveries?.lastAt),
    time(
      'clerk_sync_oldest_failing',
      'When the oldest failing message first arrived.',
      deliveries?.oldestFailing?.firstSeenAt,
    ),
    gauge('clerk_sync_pushes', 'Changes to push to Clerk, by state.', [
      [{ state: 'pending' }, pushes?.pending],
      [{ state: 'retrying' }, pushes?.retrying],
      [{ state: 'failed' }, pushes?.failed],
    ]),
    time('clerk_sync_oldest_push', 'Since when the oldest pending push is due.', pushes?.oldestDueAt),
    time('clerk_sync_last_reconcile', 'When the last reconcile ended.', lastReconcile?.at),
    gauge('clerk_sync_last_reconcile_drift', 'Differences that the last reconcile found or left.', [
      [{}, lastReconcile?.drift],
    ]),
    gauge('clerk_sync_missing_indexes', 'Indexes that are missing.', [[{}, missingIndexes.length]]),
  ]
}

type Value = [labels: Record<string, string>, value: number | undefined]

function documentsOf(resource: string, found: Omit<ResourceStatus, 'inError'> | undefined): Value[] {
  if (!found) return []
  const states = ['local', 'active', 'pending', 'error', 'deleted'] as const
  const counted: Value[] = states.map((state) => [{ resource, state }, found[state]])
  return [...counted, [{ resource, state: 'unstored' }, found.unstored?.count ?? 0]]
}

/** Leaves out values that are not known. */
function gauge(name: string, help: string, values: readonly Value[]): Metric {
  const known = values.flatMap(([labels, value]) => (value === undefined ? [] : [{ labels, value }]))
  return { name, help, type: 'gauge', values: known }
}

const time = (name: string, help: string, at: Date | undefined): Metric =>
  gauge(`${name}_timestamp_seconds`, help, [[{}, at && at.getTime() / 1000]])
