import type { Phase } from '../delivery/deliveries'
import { runProgram } from '../shared/built'
import { startDatabase } from '../shared/start-database'
import { inWords, ratioOf, type Spread, spreadOf } from '../shared/statistics'
import type { Question, Sample } from './measure'

/** What a delivery costs with so many stored users, over all rounds. */
export interface GrowthFigures {
  phase: Phase
  stored: number
  perSecond: Spread
  /** Time per delivery divided by that of the smallest collection, in the same round. */
  timeOfSmallest: Spread
}

/** Measures deliveries to collections of several sizes, one after the other in each round. */
export async function benchGrowth(options: Omit<Question, 'mongoUri'>): Promise<GrowthFigures[]> {
  const database = await startDatabase(false)
  try {
    const samples = await runProgram<Sample[]>('growth/measure', { mongoUri: database.uri, ...options })
    const of = (phase: Phase, stored: number) => samples.filter((one) => one.phase === phase && one.stored === stored)
    const smallest = Math.min(...options.sizes)
    return samples
      .filter(({ round }) => round === 0)
      .map(({ phase, stored }) => {
        const own = of(phase, stored)
        const perSecond = spreadOf(own.map((one) => one.perSecond))
        return { phase, stored, perSecond, timeOfSmallest: ratioOf(of(phase, smallest), own, 'perSecond') }
      })
  } finally {
    await database.stop()
  }
}

/** A line of the table. */
export const growthRow = ({ phase, stored, perSecond, timeOfSmallest }: GrowthFigures) => ({
  phase,
  'stored users': stored,
  'per second': Math.round(perSecond.median),
  'time of smallest': inWords(timeOfSmallest),
})
