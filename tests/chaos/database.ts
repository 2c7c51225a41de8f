import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import mongoose, { type Connection } from 'mongoose'
import { type RunningSecantus, startSecantus } from '../support/secantus'
import { startMongo } from '../support/start-mongo'

/** A separate server, so that faults do not affect other tests. */
export interface ChaosDatabase {
  port: number
  /** A direct connection to the server. */
  connection: Connection
  /** Whether the server itself may be killed. */
  canDie: boolean
  /** Kills the server and restarts it with the same files. */
  killAndRestart(): Promise<void>
  /** Makes the next `times` commands of handlers fail. `false` if the server has no fail points. */
  failNext(times: number, how: object): Promise<boolean>
  heal(): Promise<void>
  stop(): Promise<void>
}

const NAME = 'chaos'
const commands = ['update', 'find', 'aggregate', 'delete', 'findAndModify', 'listIndexes']

/** @param mortal Stores data in files, synced at each write: slower, but can be killed. */
export async function startChaosDatabase({ mortal }: { mortal: boolean }): Promise<ChaosDatabase> {
  const given = process.env.MONGODB_URI ? await startMongo({ say: () => {} }) : undefined
  const folder = given || !mortal ? undefined : await mkdtemp(join(tmpdir(), 'clerk-chaos-'))
  const start = (port?: number) =>
    startSecantus(() => {}, { ...(folder && { storagePath: folder }), ...(port && { port }) })
  let server: RunningSecantus | undefined = given ? undefined : await start()
  const uri = given?.uri ?? (server as RunningSecantus).uri
  const port = Number(new URL(uri).port || 27017)
  const connection = await mongoose
    // A server that is killed repeatedly may never answer.
    .createConnection(databaseUri(port), { serverSelectionTimeoutMS: 15_000, socketTimeoutMS: 15_000 })
    .asPromise()
  await connection.dropDatabase()
  let restarted = Promise.resolve()
  const restart = async () => {
    if (!server) return
    const died = once(server.process, 'exit')
    server.process.kill('SIGKILL')
    await died
    await server.stop()
    server = await start(port)
  }
  const failPoint = (mode: unknown, data: object = {}) =>
    connection.db?.admin().command({ configureFailPoint: 'failCommand', mode, ...data })
  return {
    port,
    connection,
    canDie: folder !== undefined,
    // One restart at a time, as one server uses the files.
    killAndRestart: () => (restarted = restarted.then(restart)),
    async failNext(times, how) {
      const armed = failPoint({ times }, { data: { failCommands: commands, ...how } })
      return (await armed?.catch(() => undefined)) !== undefined
    },
    heal: async () => void (await failPoint('off')?.catch(() => {})),
    async stop() {
      await connection.close()
      await server?.stop()
      if (folder) await rm(folder, { recursive: true, force: true })
    },
  }
}

/** The database at a port, or at the wire that leads there. */
export function databaseUri(port: number): string {
  const given = process.env.MONGODB_URI
  const url = new URL(given ?? 'mongodb://127.0.0.1/')
  url.host = `127.0.0.1:${port}`
  url.pathname = `/${NAME}`
  url.searchParams.set('retryWrites', 'false')
  url.searchParams.set('directConnection', 'true')
  return url.href
}
