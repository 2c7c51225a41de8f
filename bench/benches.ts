import { startMongo } from '../tests/support/start-mongo'
import { benchBackfill } from './backfill/bench-backfill'
import { benchColdStart, coldStartRow } from './cold-start/bench-cold-start'
import { benchDeletion, type DeletionFigures } from './deletion/bench-deletion'
import { benchDelivery, deliveryChart, deliveryRow } from './delivery/bench-delivery'
import { benchGrowth, growthRow } from './growth/bench-growth'
import { benchJobs, jobRow } from './jobs/bench-jobs'
import { given, numberOf, numbersOf, phasesOf } from './options'
import { benchScaleOut, scaleOutRow } from './scale-out/bench-scale-out'
import { benchStatus, statusRow } from './status/bench-status'
import { benchVerification, verificationRow } from './verification/bench-verification'

/** What a measurement prints. */
export interface Printed {
  /** One line of JSON each. */
  figures: readonly object[]
  /** For people. */
  table: object
  /** For the documentation. */
  svg?: string
  /** It found something that must not be. */
  isWrong?: boolean
}

/** The measurements, by name. */
export const benches: Record<string, () => AsyncGenerator<Printed>> = {
  async *delivery() {
    const everyone = ['ours', 'ours, log', 'ours, hooks', 'raw', 'raw, durable', 'tutorial', 'lean', 'lean, durable']
    const figures = await benchDelivery({
      isStub: given.stub,
      via: given.http ? 'http' : 'fetch',
      subjects: given.handler ?? everyone,
      phases: phasesOf(),
      inFlight: numbersOf('in-flight', [1, 8, 64]),
      users: numbersOf('users', [400])[0] ?? 0,
      rounds: numberOf('rounds', 5),
    })
    yield { figures, table: figures.map(deliveryRow), svg: deliveryChart(figures) }
  },
  async *verification() {
    const figures = await benchVerification({ rounds: numberOf('rounds', 7), bytes: 4_000_000 })
    yield { figures, table: figures.map(verificationRow) }
  },
  async *jobs() {
    const sizes = numbersOf('users', given.full ? [5_000, 50_000, 200_000] : [5_000, 50_000])
    const figures = await benchJobs({ sizes, rounds: numberOf('rounds', 3) })
    yield { figures, table: figures.map(jobRow) }
  },
  async *growth() {
    const sizes = numbersOf('stored', given.full ? [1_000, 10_000, 100_000, 1_000_000] : [1_000, 10_000, 100_000])
    const users = numbersOf('users', [400])[0] ?? 0
    const figures = await benchGrowth({ sizes, users, rounds: numberOf('rounds', 5) })
    yield { figures, table: figures.map(growthRow) }
  },
  async *status() {
    const figures = await benchStatus({
      entries: numbersOf('entries', [10_000, 1_000_000]),
      rounds: numberOf('rounds', 5),
    })
    yield { figures, table: figures.map(statusRow) }
  },
  async *'scale-out'() {
    const figures = await benchScaleOut({
      isStub: given.stub,
      processes: numbersOf('processes', [1, 2, 4]),
      inFlight: numbersOf('in-flight', [8])[0] ?? 0,
      users: numbersOf('users', [400])[0] ?? 0,
      rounds: numberOf('rounds', 3),
    })
    yield { figures, table: figures.map(scaleOutRow) }
  },
  async *'cold-start'() {
    const figures = await benchColdStart({ rounds: numberOf('rounds', 10) })
    yield { figures, table: figures.map(coldStartRow) }
  },
  async *interrupted() {
    const mongo = await startMongo()
    try {
      for (const users of numbersOf('users', [5_000, 50_000])) {
        const tenants = { organizations: numberOf('organizations', 0), memberships: numberOf('memberships', 0) }
        const figures = await benchBackfill({ users, ...tenants, heap: numberOf('heap', 96), mongoUri: mongo.uri })
        yield { figures: [figures], table: figures, isWrong: figures.drift !== 0 }
      }
    } finally {
      await mongo.stop()
    }
  },
  async *deletion() {
    const mongo = await startMongo()
    try {
      const all: DeletionFigures[] = []
      for (const owner of ['user', 'organization'] as const) {
        for (const ending of ['atOnce', 'redelivery', 'reconcile'] as const) {
          const memberships = numberOf('memberships', 10_000)
          all.push(await benchDeletion({ owner, ending, memberships, mongoUri: mongo.uri }))
        }
      }
      yield { figures: all, table: all, isWrong: all.some(({ alive }) => alive !== 0) }
    } finally {
      await mongo.stop()
    }
  },
}
