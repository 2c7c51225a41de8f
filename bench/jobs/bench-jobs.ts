import { withSetting } from '../setting'
import { runProgram } from '../shared/built'
import { startDatabase } from '../shared/start-database'
import { inWords, ratioOf, rotated, type Spread, spreadOf } from '../shared/statistics'
import type { Job, JobCost } from './measure'

export interface JobsOptions {
  /** Numbers of users, one after the other. */
  sizes: readonly number[]
  rounds: number
}

interface Sample extends JobCost {
  job: Job
  users: number
  round: number
  perSecond: number
}

/** What a job needs, over all rounds. */
export interface JobFigures {
  job: Job
  users: number
  perSecond: Spread
  /** Throughput divided by that of `bulkWrite`, in the same round. */
  speedOfBulkWrite: Spread
  /** CPU time per user, in microseconds. */
  cpu: Spread
  /** In MiB. */
  peak: Spread
}

const jobs: readonly Job[] = ['bulkWrite', 'backfill', 'reconcile']
/** So that the peak says what a job needs, not what Node leaves lying about. In MiB. */
const HEAP = 96

/** Measures the jobs beside a script written by hand, each in a process and a database of its own. */
export async function benchJobs({ sizes, rounds }: JobsOptions): Promise<JobFigures[]> {
  const database = await startDatabase(false)
  try {
    const figures: JobFigures[] = []
    for (const users of sizes) {
      const samples: Sample[] = []
      for (let round = 0; round < rounds; round++) {
        for (const job of rotated(jobs, round)) samples.push(await runOnce(database.uri, job, users, round))
      }
      figures.push(...jobs.map((job) => figuresOf(samples, job, users)))
    }
    return figures
  } finally {
    await database.stop()
  }
}

function runOnce(mongoUri: string, job: Job, users: number, round: number): Promise<Sample> {
  return withSetting({ mongoUri, name: `${job}_${users}_${round}` }, async ({ clerk, env }) => {
    clerk.seed(users)
    const run = (which: Job) =>
      runProgram<JobCost>('jobs/measure', { job: which, users }, { env, flags: [`--max-old-space-size=${HEAP}`] })
    // Reconcile compares what is stored.
    if (job === 'reconcile') await run('backfill')
    const cost = await run(job)
    return { job, users, round, ...cost, perSecond: users / cost.seconds }
  })
}

function figuresOf(samples: readonly Sample[], job: Job, users: number): JobFigures {
  const of = (name: Job) => samples.filter((one) => one.job === name)
  const spread = (what: 'perSecond' | 'cpu' | 'peak') => spreadOf(of(job).map((one) => one[what]))
  return {
    job,
    users,
    perSecond: spread('perSecond'),
    speedOfBulkWrite: ratioOf(of(job), of('bulkWrite'), 'perSecond'),
    cpu: spread('cpu'),
    peak: spread('peak'),
  }
}

/** A line of the table. */
export const jobRow = ({ job, users, perSecond, speedOfBulkWrite, cpu, peak }: JobFigures) => ({
  job,
  users,
  'per second': Math.round(perSecond.median),
  'of bulkWrite': inWords(speedOfBulkWrite),
  'CPU µs': Math.round(cpu.median),
  'peak MiB': Math.round(peak.median),
})
