// A push worker in a process of its own, for `workers.ts` to start and to kill.
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

/** Its database may be away as it starts: then it ends, and is started again. Later nothing is to end it but a signal. */
async function connect(): Promise<Connection> {
  try {
    const made = await mongoose.createConnection(databaseUri, connectionOptions).asPromise()
    for (const shape of shapeNames) await modelOf(library, made, lane, shape).init()
    return made
  } catch {
    process.exit(NOT_STARTED)
  }
}
