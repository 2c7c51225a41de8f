import mongoose from 'mongoose'
import { makePushApp, type PushTask } from './push-app'

const task = JSON.parse(process.argv[2] ?? '') as PushTask
const { kill } = task
const die = () => process.kill(process.pid, 'SIGKILL')
const sent = { command: 0, request: 0 }
let isWatched = false

const connection = await mongoose.createConnection(task.uri, { monitorCommands: true }).asPromise()
// The app has a user.created hook, whose mark must be left.
const app = await makePushApp(connection, task, { on: { 'user.created': () => {} } })
// The index checks of a new process are not killed here.
await app.clerkSync.push({ dryRun: true })
watchCommands()
watchRequests()
isWatched = true
if (task.register) await app.clerkSync.registerClerkUser({ _id: task.register })
else await app.clerkSync.push({ limit: 1 })
console.log(JSON.stringify(sent))
await connection.close()

/** The driver emits events before it writes a command, and before it resolves its reply. */
function watchCommands(): void {
  const client = connection.getClient()
  const counted = new Map<number, number>()
  client.on('commandStarted', ({ requestId, commandName }) => {
    if (!isWatched || ['hello', 'ping', 'endSessions'].includes(commandName)) return
    const nth = sent.command++
    counted.set(requestId, nth)
    if (kill?.at === 'command' && kill.side === 'before' && kill.nth === nth) die()
  })
  client.on('commandSucceeded', ({ requestId }) => {
    if (kill?.at === 'command' && kill.side === 'after' && counted.get(requestId) === kill.nth) die()
  })
}

function watchRequests(): void {
  const real = globalThis.fetch
  globalThis.fetch = async (...given) => {
    const nth = sent.request++
    const side = kill?.at === 'request' && kill.nth === nth ? kill.side : undefined
    if (side === 'before') die()
    if (side === 'during') {
      void real(...given)
      await new Promise((resume) => setTimeout(resume, 500))
      die()
    }
    const response = await real(...given)
    if (side === 'after') die()
    return response
  }
}
