// A push worker in a process of its own, for `workers.ts` to start and to kill.
import mongoose from 'mongoose'
import * as library from './library'
import { connectionOptions, modelOf, startWorker } from './subject'
import type { WorkerOrder, WorkerPlace } from './workers'

const { databaseUri, lane } = JSON.parse(process.argv[2] ?? '') as WorkerPlace
const connection = await mongoose.createConnection(databaseUri, connectionOptions).asPromise()
await modelOf(library, connection, lane).init()
let stop = async () => {}
process.on('message', (order: WorkerOrder) => {
  const stopped = stop()
  if ('start' in order) stop = startWorker(library, connection, lane, order.start)
  else void stopped.then(() => process.send?.('stopped'))
})
process.once('disconnect', () => process.exit())
process.send?.('ready')
