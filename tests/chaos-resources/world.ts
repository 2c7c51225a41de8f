import { startChaosDatabase } from '../chaos/database'
import { noFigures } from '../chaos/figures'
import { startFleet } from '../chaos/fleet'
import { importLibrary } from '../chaos/import-library'
import { startProcesses } from '../chaos/processes'
import type { LibraryExports } from '../chaos/subject'
import type { Modes } from '../chaos/world'
import type { World } from './run-history'
import { type Setting, tenantsApp } from './subject'

export type OpenWorld = World & { close(): Promise<void> }

/** @param given The library to test, if it has planted bugs. */
export async function createWorld(modes: Modes, given?: LibraryExports): Promise<OpenWorld> {
  const library = given ?? (await importLibrary())
  const database = await startChaosDatabase({ mortal: modes.faults })
  // Without faults, a delivery ends within this time on the slowest machine.
  const timeoutMs = modes.faults ? 800 : 10_000
  const options = { library, port: database.port, clerkApiUrl: '', timeoutMs, size: 3 }
  await tenantsApp.initModels(library, database.connection)
  const fleet = modes.processes
    ? await startProcesses<Setting>('../chaos-resources/handler-process', options)
    : await startFleet(tenantsApp, options)
  return {
    database,
    fleet,
    library,
    timeoutMs,
    figures: { ...noFigures(), kills: fleet.kills },
    async close() {
      await fleet.close()
      await database.stop()
    },
  }
}
