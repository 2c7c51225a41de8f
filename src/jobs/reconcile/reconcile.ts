import { count } from '../../number-options'
import type { ResolvedClerkSyncOptions } from '../../resolved-options'
import { holdLease } from '../run/hold-lease'
import { type JobContext, prepareJob } from '../run/job-context'
import { type ResourceOption, resourceOfId, resourcesFor } from '../run/job-resources'
import { saveResult } from '../run/save-result'
import { DriftTally } from './drift-tally'
import { toLastReconcile } from './last-reconcile'
import type { ReconcileOptions, ReconcileReport, ResourceReconcile } from './reconcile-report'
import { ResourceRun } from './resource-run'

type Runs = ReadonlyMap<ResourceOption, ResourceRun>

/** Implements `ClerkSync.reconcile`. */
export async function runReconcile(
  resolved: ResolvedClerkSyncOptions,
  options: ReconcileOptions,
): Promise<ReconcileReport> {
  count('sample', options.sample ?? 0)
  const { signal } = options
  const only = resourcesOf(options)
  const names = resourcesFor(resolved, only).map(({ name }) => name)
  const runs: Runs = new Map(names.map((name) => [name, new ResourceRun(optionsFor(options, name))]))
  let contexts: JobContext[] = []
  try {
    contexts = await prepareJob(resolved, { only, signal })
    if (options.apply || options.revive?.length) await repairAll(contexts, runs)
    else for (const context of contexts) await runs.get(context.name)?.compareOnly(context)
  } catch (error) {
    if (!signal?.aborted || error !== signal.reason) throw error
  }
  const reports = reportsOf(runs)
  const { users, ...others } = reports
  const complete = Object.values(others).reduce((all, one) => all && one.complete, users?.complete ?? true)
  const report = { ...(users ?? emptyReport(options)), complete, ...others }
  const [first] = contexts
  if (first && report.mode !== 'users') await saveResult(first, 'reconcile', toLastReconcile(reports, report))
  return report
}

async function repairAll(contexts: readonly JobContext[], runs: Runs): Promise<void> {
  const [first] = contexts
  if (!first) return
  const lease = await holdLease(first, 'reconcile')
  try {
    for (const context of contexts) await runs.get(context.name)?.repair(context)
  } finally {
    // The lease expires by itself; an error before this explains why it could not be released.
    await lease.release('ended').catch(() => {})
  }
}

/** The resources that the options concern; `undefined` for all. */
function resourcesOf({ only, users, ids, revive, apply }: ReconcileOptions): readonly ResourceOption[] | undefined {
  if (ids) return [...new Set(ids.map(resourceOfId))]
  if (users) return ['users']
  if (apply || !revive?.length) return only
  const revived = [...new Set(revive.map(resourceOfId))]
  return only ? revived.filter((name) => only.includes(name)) : revived
}

/** The options for one resource: of all ids, its own. */
function optionsFor({ revive, ids, ...options }: ReconcileOptions, name: ResourceOption): ReconcileOptions {
  const ownOf = (all: readonly string[]) => all.filter((id) => resourceOfId(id) === name)
  return { ...options, ...(ids && { users: ownOf(ids) }), ...(revive && { revive: ownOf(revive) }) }
}

function reportsOf(runs: Runs): Partial<Record<ResourceOption, ResourceReconcile>> {
  return Object.fromEntries([...runs].map(([name, run]) => [name, run.report()]))
}

/** About users, if they were not part of the run. */
function emptyReport(options: ReconcileOptions): ResourceReconcile {
  return { mode: new ResourceRun(optionsFor(options, 'users')).mode, complete: true, ...new DriftTally().report() }
}
