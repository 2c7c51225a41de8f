import { serveClerkApi } from './clerk-api'
import { startChaosDatabase } from './database'
import { noFigures } from './figures'
import { startFleet } from './fleet'
import { importLibrary } from './import-library'
import { failPointMishaps, killPoints, type MishapKind, wireMishaps } from './plot'
import { startProcesses } from './processes'
import type { World } from './run-history'
import { type LibraryExports, type Setting, usersApp } from './subject'

export interface Modes {
  /** Break wires, commands and the server. */
  faults: boolean
  /** Handlers run in their own processes, which are killed. */
  processes: boolean
}

export function mishapKinds({ faults, processes }: Modes): MishapKind[] {
  return [
    ...(faults ? [...wireMishaps, ...failPointMishaps, 'databaseKilled' as const] : []),
    ...(processes ? killPoints.map((point) => `kill:${point}` as const) : []),
  ]
}

export type OpenWorld = World & { close(): Promise<void> }

/** @param given The library to test, if it has planted bugs. */
export async function createWorld(modes: Modes, given?: LibraryExports): Promise<OpenWorld> {
  const library = given ?? (await importLibrary())
  const database = await startChaosDatabase({ mortal: modes.faults })
  const clerkApi = await serveClerkApi()
  // Without faults, a delivery ends within this time on the slowest machine.
  const timeoutMs = modes.faults ? 800 : 10_000
  const options = { library, port: database.port, clerkApiUrl: clerkApi.url, timeoutMs, size: 3 }
  await usersApp.initModels(library, database.connection)
  const fleet = modes.processes
    ? await startProcesses<Setting>('handler-process', options)
    : await startFleet(usersApp, options)
  return {
    database,
    fleet,
    library,
    clerkApi,
    timeoutMs,
    figures: { ...noFigures(), kills: fleet.kills },
    async close() {
      await fleet.close()
      await clerkApi.close()
      await database.stop()
    },
  }
}
