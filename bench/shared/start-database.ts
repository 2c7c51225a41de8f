import { type StartedMongo, startMongo } from '../../tests/support/start-mongo'
import { startProgram } from './built'

/** A started server, and what the tables call it. */
export type Database = StartedMongo & { name: 'server' | 'stub' }

/** Starts the database of the tests, or the stub that answers at once. */
export async function startDatabase(isStub: boolean): Promise<Database> {
  if (!isStub) return { name: 'server', ...(await startMongo()) }
  const { ask, stop } = await startProgram('stub-server/server')
  return { name: 'stub', ...(await ask<{ uri: string }>({})), stop }
}
