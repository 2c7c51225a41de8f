import { runProgram } from '../shared/built'
import { startDatabase } from '../shared/start-database'
import { inWords, ratioOf, type Spread, spreadOf } from '../shared/statistics'
import type { Question, Sample } from './measure'

/** How long `status()` takes with so many entries in the delivery log, over all rounds. */
export interface StatusFigures {
  entries: number
  milliseconds: Spread
  /** Time divided by that with the fewest entries, in the same round. */
  timeOfSmallest: Spread
}

/** Measures `status()` with logs of several sizes, one after the other in each round. */
export async function benchStatus(options: Omit<Question, 'mongoUri'>): Promise<StatusFigures[]> {
  const database = await startDatabase(false)
  try {
    const samples = await runProgram<Sample[]>('status/measure', { mongoUri: database.uri, ...options })
    const of = (entries: number) => samples.filter((one) => one.entries === entries)
    const smallest = of(Math.min(...options.entries))
    return options.entries.map((entries) => ({
      entries,
      milliseconds: spreadOf(of(entries).map(({ milliseconds }) => milliseconds)),
      timeOfSmallest: ratioOf(of(entries), smallest, 'milliseconds'),
    }))
  } finally {
    await database.stop()
  }
}

/** A line of the table. */
export const statusRow = ({ entries, milliseconds, timeOfSmallest }: StatusFigures) => ({
  'log entries': entries,
  'ms per status()': milliseconds.median.toFixed(1),
  'time of smallest': inWords(timeOfSmallest),
})
