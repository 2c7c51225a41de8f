// A push worker in its own process, started and killed by `workers.ts`.
import mongoose, { type Connection } from 'mongoose'
import * as library from './library'
import { shapeNames } from './shape'
import { connectionOptions, modelOf, NOT_STARTED, startWorker } from './subject'
import type { WorkerOrder, WorkerPlace } from './workers'

const { databaseUri, lane } = JSON.parse(process.argv[2] ?? '') as WorkerPlace
const connection = await connect()
let stop = async () => {}
process.on('message', (order: WorkerOrder) => {
  const stopped = stop()
  if ('start' in order) stop = startWorker(library, connection, lane, order.start)
  else void stopped.then(() => process.send?.('stopped'))
})
process.once('disconnect', () => process.exit())
process.send?.('ready')

/** Exits if the database is unreachable at the start, and is restarted. Later only a signal may end it. */
async function connect(): Promise<Connection> {
  try {
    const made = await mongoose.createConnection(databaseUri, connectionOptions).asPromise()
    for (const shape of shapeNames) await modelOf(library, made, lane, shape).init()
    return made
  } catch {
    process.exit(NOT_STARTED)
  }
}
