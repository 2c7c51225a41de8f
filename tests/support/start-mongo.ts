import mongoose from 'mongoose'
import { startMemoryServer } from './memory-server'
import { startSecantus } from './secantus'

export interface StartedMongo {
  /** Connection string without a database name. */
  uri: string
  /** Stops the server if this function started it. */
  stop(): Promise<void>
  /** What the server's threads are doing, where it can say. */
  stacks?(): Promise<string>
}

export interface StartMongoOptions {
  /** Called with the server that is used, and why others are not. @default prints to stderr */
  say?: (line: string) => void
}

type Way = (say: (line: string) => void) => Promise<StartedMongo | undefined>

/** The three ways to a server that speaks MongoDB's wire protocol, best first. */
const ways: readonly [name: string, way: Way][] = [
  ['MONGODB_URI', fromEnvironment],
  ['a real mongod', startMemoryServer],
  ['SecantusDB', startSecantus],
]

/**
 * A MongoDB to test against, wherever this runs: the one `MONGODB_URI` names, else a real `mongod` by
 * mongodb-memory-server, else SecantusDB from PyPI. The server has answered a ping by then.
 * @throws when none of the three works, with what each one said.
 */
export async function startMongo({
  say = (line) => console.error(line),
}: StartMongoOptions = {}): Promise<StartedMongo> {
  const failures: string[] = []
  for (const [name, way] of ways) {
    try {
      const started = await way(say)
      if (!started) continue
      await ping(started.uri)
      say(`MongoDB: ${name}`)
      return started
    } catch (error) {
      const reason = String(error instanceof Error ? error.message : error).split('\n')[0]
      failures.push(`  ${name}: ${reason}`)
      if (name === 'MONGODB_URI') break
      say(`MongoDB: ${name} cannot be had here (${reason})`)
    }
  }
  throw new Error(
    [
      'No MongoDB to work with. Any one of these three is enough:',
      '  1. set MONGODB_URI to a running server (a replica set, no data you care about),',
      '  2. have a mongod: installed on this machine, or downloadable by mongodb-memory-server,',
      '  3. have Python 3.10 to 3.13 with pip, for SecantusDB.',
      'What went wrong:',
      ...failures,
    ].join('\n'),
  )
}

async function fromEnvironment(): Promise<StartedMongo | undefined> {
  const uri = process.env.MONGODB_URI
  return uri ? { uri, stop: async () => {} } : undefined
}

async function ping(uri: string): Promise<void> {
  const connection = mongoose.createConnection(uri, { serverSelectionTimeoutMS: 10_000 })
  try {
    await connection.asPromise()
    await connection.db?.command({ ping: 1 })
  } finally {
    await connection.close()
  }
}
