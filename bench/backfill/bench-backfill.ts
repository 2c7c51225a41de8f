import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { createFakeClerk, type FakeClerk } from 'clerk-mongo-sync/testing'
import mongoose from 'mongoose'
import { freePort } from '../../tests/support/free-port'
import { type Run, type RunOptions, runJob, startScript } from './run'
import { Traffic } from './traffic'

export interface BenchOptions {
  users: number
  /** Heap limit of the job processes in MiB. */
  heap: number
  mongoUri: string
}

/** Measurements; memory in MiB, times in seconds. */
export interface BackfillFigures {
  users: number
  heap: number
  kills: number
  /** Peak memory of the backfill process over all runs. */
  peakMemory: number
  backfillSeconds: number
  usersPerSecond: number
  /** Number of changes at Clerk meanwhile. */
  webhooks: number
  reconcileSeconds: number
  reconcilePeakMemory: number
  checked: number
  drift: number
  /** Documents of users that Clerk has not deleted, counted by the driver. */
  documents: number
  usersAtClerk: number
}

/** Two kills, a third and two thirds of the way. */
export async function benchBackfill({ users, heap, mongoUri }: BenchOptions): Promise<BackfillFigures> {
  const database = `bench_backfill_${process.pid}_${users}`
  const uri = withDatabase(mongoUri, database)
  const clerk = await createFakeClerk({ secretKey: 'sk_live_bench', delivery: { speed: 50 } })
  const connection = await mongoose.createConnection(uri).asPromise()
  const env = {
    MONGODB_URI: uri,
    CLERK_API_URL: clerk.url,
    CLERK_SECRET_KEY: clerk.secretKey,
    CLERK_WEBHOOK_SIGNING_SECRET: clerk.signingSecret,
  }
  try {
    clerk.seed(users)
    const stopServer = await startServer(clerk, env)
    const traffic = new Traffic(clerk)
    const runs = await backfillWithKills({ env, heap }, users)
    await traffic.stop()
    await clerk.settle()
    await stopServer()
    const reconcile = await runJob('reconcile', { env, heap })
    const { checked, drift } = reportOf(reconcile)
    const seconds = sum(runs.map((run) => run.seconds))
    return {
      users,
      heap,
      kills: runs.length - 1,
      peakMemory: Math.max(...runs.map(({ peak }) => peak)),
      backfillSeconds: Math.round(seconds),
      usersPerSecond: Math.round(users / seconds),
      webhooks: traffic.changes,
      reconcileSeconds: Math.round(reconcile.seconds),
      reconcilePeakMemory: reconcile.peak,
      checked,
      drift,
      documents: await connection.collection('users').countDocuments({ clerkDeletedAt: null }),
      usersAtClerk: clerk.users.size,
    }
  } finally {
    await connection.dropDatabase()
    await connection.close()
    await clerk.close()
  }
}

async function backfillWithKills(options: RunOptions, users: number): Promise<Run[]> {
  const runs: Run[] = []
  for (const killAt of [users / 3, (users * 2) / 3, undefined]) {
    const run = await withLease(() => runJob('backfill', { ...options, ...(killAt !== undefined && { killAt }) }))
    runs.push(run)
    if (killAt === undefined && run.result?.complete !== true) throw new Error(`The last run failed: ${run.error}`)
    if (killAt !== undefined && run.result) throw new Error('It had ended before it was to be killed.')
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

async function startServer(clerk: FakeClerk, env: Record<string, string>): Promise<() => Promise<void>> {
  const port = await freePort()
  const child = startScript('server.ts', [], { ...env, PORT: String(port) }, 512)
  const url = `http://127.0.0.1:${port}`
  const answers = () =>
    fetch(url).then(
      () => true,
      () => false,
    )
  while (!(await answers())) await sleep(100)
  clerk.deliverTo(url)
  return async () => {
    child.kill()
    await once(child, 'exit')
  }
}

function reportOf({ result, error }: Run): { checked: number; drift: number } {
  if (!result) throw new Error(`Reconcile failed: ${error}`)
  const { checked, drift } = result as { checked: number; drift: Record<string, number> }
  return { checked, drift: sum(Object.values(drift)) }
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)

function withDatabase(uri: string, name: string): string {
  const url = new URL(uri)
  url.pathname = `/${name}`
  return url.href
}
