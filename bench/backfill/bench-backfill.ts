import { setTimeout as sleep } from 'node:timers/promises'
import { type Setting, withSetting } from '../setting'
import { type Point, type Run, type RunOptions, runJob, startServer } from './run'
import { Traffic } from './traffic'

export interface BenchOptions {
  users: number
  /** The app has models of organizations and memberships if there are any. */
  organizations: number
  memberships: number
  /** Heap limit of the job processes in MiB. */
  heap: number
  mongoUri: string
}

/** Measurements; memory in MiB, times in seconds. */
export interface BackfillFigures {
  users: number
  organizations: number
  memberships: number
  heap: number
  kills: number
  /** Peak memory of the backfill process over all runs. */
  peakMemory: number
  backfillSeconds: number
  /** Users, organizations and memberships together. */
  perSecond: number
  /** Number of changes at Clerk meanwhile. */
  changes: number
  reconcileSeconds: number
  reconcilePeakMemory: number
  checked: number
  drift: number
  /** Documents of what Clerk has not deleted, counted by the driver. */
  documents: number
  atClerk: number
}

/** Backfills with two kills on its way, then has reconcile say what is missing. */
export function benchBackfill({ heap, mongoUri, ...size }: BenchOptions): Promise<BackfillFigures> {
  return withSetting({ mongoUri, name: `backfill_${size.users}` }, async (setting) => {
    const { clerk, connection } = setting
    const env = { ...setting.env, ...(size.organizations > 0 && { HAS_TENANTS: 'yes' }) }
    const { users, organizations, memberships } = size
    clerk.seed(users, { organizations, memberships })
    const server = await startServer(env)
    clerk.deliverTo(server.url)
    const traffic = new Traffic(clerk)
    const runs = await backfillWithKills({ env, heap }, size)
    await traffic.stop()
    await clerk.settle()
    await server.stop()
    const reconcile = await runJob('reconcile', { env, heap })
    const { checked, drift } = reportOf(reconcile)
    const seconds = sum(runs.map((run) => run.seconds))
    const names = ['users', ...(organizations > 0 ? ['organizations', 'memberships'] : [])]
    const alive = names.map((name) => connection.collection(name).countDocuments({ clerkDeletedAt: null }))
    return {
      ...size,
      heap,
      kills: runs.length - 1,
      peakMemory: Math.max(...runs.map(({ peak }) => peak)),
      backfillSeconds: Math.round(seconds),
      perSecond: Math.round((users + organizations + memberships) / seconds),
      changes: traffic.changes,
      reconcileSeconds: Math.round(reconcile.seconds),
      reconcilePeakMemory: reconcile.peak,
      checked,
      drift,
      documents: sum(await Promise.all(alive)),
      atClerk: numberAtClerk(clerk),
    }
  })
}

/** A third and two thirds of the way; with organizations, in the middle of them and of the memberships. */
function killPoints({ users, organizations, memberships }: Pick<BenchOptions, Point['resource']>): Point[] {
  const at = (resource: Point['resource'], done: number) => ({ resource, done })
  if (organizations === 0) return [at('users', users / 3), at('users', (users * 2) / 3)]
  return [at('organizations', organizations / 2), at('memberships', memberships / 2)]
}

async function backfillWithKills(options: RunOptions, size: Pick<BenchOptions, Point['resource']>): Promise<Run[]> {
  const runs: Run[] = []
  for (const killAt of [...killPoints(size), undefined]) {
    const run = await withLease(() => runJob('backfill', { ...options, ...(killAt && { killAt }) }))
    runs.push(run)
    if (!killAt && run.result?.complete !== true) throw new Error(`The last run failed: ${run.error}`)
    if (killAt && run.result) throw new Error('It had ended before it was to be killed.')
  }
  return runs
}

/** Retries until the lease of a killed run expires, within a minute. */
async function withLease(start: () => Promise<Run>): Promise<Run> {
  for (;;) {
    const run = await start()
    if (run.error !== 'job_running') return run
    await sleep(2_000)
  }
}

type Report = { checked: number; drift: Record<string, number>; organizations?: Report; memberships?: Report }

function reportOf({ result, error }: Run): { checked: number; drift: number } {
  if (!result) throw new Error(`Reconcile failed: ${error}`)
  const { organizations, memberships, ...users } = result as unknown as Report
  const reports = [users, organizations, memberships].filter((one) => one !== undefined)
  return {
    checked: sum(reports.map(({ checked }) => checked)),
    drift: sum(reports.flatMap(({ drift }) => Object.values(drift))),
  }
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)

function numberAtClerk({ users, organizations }: Setting['clerk']): number {
  const members = [...organizations.values()].map(({ id }) => organizations.members(id).length)
  return users.size + organizations.size + sum(members)
}
