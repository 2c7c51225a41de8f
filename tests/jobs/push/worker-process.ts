import { createClerkSync } from 'clerk-mongo-sync'
import { clerkModel, clerkSyncPlugin } from 'clerk-mongo-sync/mongoose'
import mongoose from 'mongoose'

/** A push worker in a separate process; prints `ready`, and its progress. */
const { uri, collection, clerk } = JSON.parse(process.argv[2] ?? '')
const connection = await mongoose.createConnection(uri).asPromise()
const schema = new mongoose.Schema({ plan: String }, { collection })
schema.plugin(clerkSyncPlugin, { push: { publicMetadata: ['plan'] } })
const users = clerkModel('User', schema, connection)
const clerkSync = createClerkSync({ users, clerk, logger: false })
clerkSync.startPushWorker({ pollMs: 60_000, onProgress: ({ pushed }) => console.log(`pushed ${pushed}`) })
if (process.argv.includes('graceful')) {
  // An app that exits after its own shutdown.
  process.once('SIGTERM', () => setTimeout(() => process.exit(7), 1_500))
}
console.log('ready')
