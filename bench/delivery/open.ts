import mongoose from 'mongoose'
import { ours } from './ours'
import { rivals } from './rivals'
import type { Subject } from './subject'

/** A handler that is ready, with a database and connections of its own. */
export interface Opened {
  name: string
  handler: Subject
  /** Whether its answers contain the outcome. */
  hasOutcomes: boolean
  /** Number of commands it has sent, with monitoring. */
  commands(): number
  close(): Promise<void>
}

/**
 * Opens a handler by its name in the tables.
 * @param isCounted Counts commands, which costs time.
 */
export async function open(mongoUri: string, name: string, isCounted: boolean): Promise<Opened> {
  const makers = { ...ours, ...rivals }
  const maker = makers[name]
  if (!maker) throw new Error(`No handler is called ${name}. There are: ${Object.keys(makers).join(' | ')}`)
  const dbName = `bench_${name.replace(/\W+/g, '_')}_${isCounted ? 'counted_' : ''}${process.pid}`
  const connection = await mongoose.createConnection(mongoUri, { dbName, monitorCommands: isCounted }).asPromise()
  let commands = 0
  connection.getClient().on('commandStarted', () => {
    commands++
  })
  return {
    name,
    handler: await maker(connection),
    hasOutcomes: name in ours,
    commands: () => commands,
    async close() {
      await connection.dropDatabase()
      await connection.close()
    },
  }
}
