import mongoose, { type Connection } from 'mongoose'
import { type Delivery, type KillPoint, makeApp } from './app'

const verbs = ['updateOne', 'bulkWrite', 'findOne', 'deleteOne', 'aggregate'] as const
const die = () => process.kill(process.pid, 'SIGKILL')

/** Counts the commands of the library, and kills this process before or after the given one. */
function watch(connection: Connection, kill: KillPoint | undefined): () => number {
  let sent = 0
  const around = async (send: () => unknown) => {
    const nth = sent++
    const isHere = kill?.at === 'command' && kill.nth === nth
    if (isHere && kill.side === 'before') die()
    const result = await send()
    if (isHere) die()
    return result
  }
  for (const collection of Object.values(connection.collections)) {
    const target = collection as unknown as Record<string, (...args: unknown[]) => { toArray(): unknown }>
    for (const verb of verbs) {
      const real = target[verb]?.bind(collection) as (...args: unknown[]) => { toArray(): unknown }
      target[verb] = (
        verb === 'aggregate'
          ? (...args: unknown[]) => ({ toArray: () => around(() => real(...args).toArray()) })
          : (...args: unknown[]) => around(() => real(...args))
      ) as never
    }
  }
  return () => sent
}

const { uri, event, messageId, kill } = JSON.parse(process.argv[2] ?? '') as Delivery
const connection = await mongoose.createConnection(uri).asPromise()
const app = await makeApp(connection, (side) => {
  if (kill?.at === 'hook' && kill.side === side) die()
})
// The first event of a process reads the indexes, which is not killed here.
await app.sync({ type: 'user.deleted', data: { id: 'user_nobody' } }, { messageId: 'msg_warm_up' })
const sent = watch(connection, kill)
await app.sync(event, { messageId })
if (kill?.at === 'answer') die()
console.log(sent())
await connection.close()
