import { startChaosDatabase } from '../chaos/database'
import type { Edit } from '../chaos/edited'
import { bundleEdited, importEdited } from './faster-time'
import { noFigures } from './figures'
import { type Lane, openLane } from './lane'
import { faultMishaps, type MishapKind, processMishaps, workerMishaps } from './plot'
import type { TwoWayWorld } from './run-history'

export interface Modes {
  /** Break wires, commands and the server. */
  faults: boolean
  /** Workers run in their own processes, which are killed. */
  processes: boolean
}

export interface WorldOptions extends Modes {
  /** Number of concurrent histories. */
  lanes: number
  /** Maximum time in milliseconds for a history to finish its work. @default 60000 */
  patienceMs?: number
  /** Time in milliseconds without any activity at the end. @default 1000 */
  watchMs?: number
  /** Edits that plant bugs in the library. */
  edits?: readonly Edit[]
}

export type OpenWorld = TwoWayWorld & { lanes: Lane[]; close(): Promise<void> }

export const mishapKinds = ({ faults, processes }: Modes): MishapKind[] => [
  ...workerMishaps,
  ...(faults ? faultMishaps : []),
  ...(processes ? processMishaps : []),
]

export async function createWorld({
  patienceMs = 60_000,
  watchMs = 1_000,
  ...options
}: WorldOptions): Promise<OpenWorld> {
  const { faults, processes, lanes: count, edits = [] } = options
  const library = await importEdited(edits)
  const script = processes ? await bundleEdited('worker-process', edits) : undefined
  const database = await startChaosDatabase({ mortal: faults })
  const lanes: Lane[] = []
  for (let number = 0; number < count; number++) lanes.push(await openLane(library, database, number, script))
  return {
    database,
    lanes,
    figures: noFigures(),
    patienceMs,
    watchMs,
    async close() {
      await Promise.all(lanes.map((lane) => lane.close()))
      await database.stop()
    },
  }
}
