import { type Phase, phases } from '../delivery/deliveries'
import { type Program, startProgram } from '../shared/built'
import type { Cost } from '../shared/drive'
import { startDatabase } from '../shared/start-database'
import { inWords, ratioOf, type Spread, spreadOf } from '../shared/statistics'
import type { Question } from './process'

export interface ScaleOutOptions {
  isStub: boolean
  /** Numbers of processes, the smallest first. */
  processes: readonly number[]
  /** For each process. */
  users: number
  inFlight: number
  rounds: number
}

interface Sample {
  processes: number
  phase: Phase
  round: number
  perSecond: number
}

/** What several processes handle together, over all rounds. */
export interface ScaleOutFigures {
  phase: Phase
  processes: number
  perSecond: Spread
  /** Divided by what the smallest number of processes handled, in the same round. */
  ofFewest: Spread
}

const ask = (program: Program, question: Question) => program.ask<Cost>(question)

/** Measures deliveries to one collection by several handler processes at once. */
export async function benchScaleOut(options: ScaleOutOptions): Promise<ScaleOutFigures[]> {
  const database = await startDatabase(options.isStub)
  const { users, inFlight } = options
  const programs = await Promise.all(
    Array.from({ length: Math.max(...options.processes) }, () => startProgram('scale-out/process')),
  )
  try {
    const dbName = `bench_scale_out_${process.pid}`
    for (const program of programs) await ask(program, { do: 'open', mongoUri: database.uri, dbName, users, inFlight })
    const samples = await takeSamples(options, programs)
    await Promise.all(programs.map((program) => ask(program, { do: 'close' })))
    return figuresOf(samples, options)
  } finally {
    await Promise.all(programs.map(({ stop }) => stop()))
    await database.stop()
  }
}

async function takeSamples({ rounds, processes }: ScaleOutOptions, programs: readonly Program[]): Promise<Sample[]> {
  const samples: Sample[] = []
  for (let round = 0; round < rounds; round++) {
    for (const count of processes) {
      const working = programs.slice(0, count)
      await Promise.all(working.map((program) => ask(program, { do: 'prepare' })))
      for (const phase of phases) {
        const costs = await Promise.all(working.map((program) => ask(program, { do: 'deliver', phase })))
        // All have as much to do; it has ended when the slowest one has.
        const perSecond = count * Math.min(...costs.map((cost) => cost.perSecond))
        samples.push({ processes: count, phase, round, perSecond })
      }
    }
  }
  return samples
}

function figuresOf(samples: readonly Sample[], { processes }: ScaleOutOptions): ScaleOutFigures[] {
  const of = (phase: Phase, count: number) => samples.filter((one) => one.phase === phase && one.processes === count)
  return phases.flatMap((phase) =>
    processes.map((count) => ({
      phase,
      processes: count,
      perSecond: spreadOf(of(phase, count).map((one) => one.perSecond)),
      ofFewest: ratioOf(of(phase, count), of(phase, Math.min(...processes)), 'perSecond'),
    })),
  )
}

/** A line of the table. */
export const scaleOutRow = ({ phase, processes, perSecond, ofFewest }: ScaleOutFigures) => ({
  phase,
  processes,
  'per second': Math.round(perSecond.median),
  'of one': inWords(ofFewest),
})
