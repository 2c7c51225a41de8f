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
  /** Workers in processes of their own, which are killed. */
  processes: boolean
}

export interface WorldOptions extends Modes {
  /** Histories at once: most of their time they wait. */
  lanes: number
  /** How long a history may take to come to rest. @default 60000 */
  patienceMs?: number
  /** How long nothing may happen at rest; ten times as long at Clerk. @default 1000 */
  watchMs?: number
  /** Bugs to plant in the library. */
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
