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
  connection: mongoose.Connection
  /** Number of commands it has sent, with monitoring. */
  commands(): number
  close(): Promise<void>
}

export interface OpenOptions {
  /** Counts commands, which costs time. */
  isCounted?: boolean
  /** @default one of its own */
  dbName?: string
}

let opened = 0

/** Opens a handler by its name in the tables. */
export async function open(mongoUri: string, name: string, options: OpenOptions = {}): Promise<Opened> {
  const { isCounted = false, dbName = `bench_${process.pid}_${++opened}` } = options
  const makers = { ...ours, ...rivals }
  const maker = makers[name]
  if (!maker) throw new Error(`No handler is called ${name}. There are: ${Object.keys(makers).join(' | ')}`)
  const connection = await mongoose.createConnection(mongoUri, { dbName, monitorCommands: isCounted }).asPromise()
  let commands = 0
  connection.getClient().on('commandStarted', () => {
    commands++
  })
  return {
    name,
    connection,
    handler: await maker(connection),
    hasOutcomes: name in ours,
    commands: () => commands,
    async close() {
      await connection.dropDatabase()
      await connection.close()
    },
  }
}
