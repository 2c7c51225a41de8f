import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Io } from '../terminal/io'
import { CommandError } from '../terminal/run-command'
import { messageOf } from '../terminal/text'

/** An empty database for the tour. */
export interface TourDatabase {
  uri: string
  /** The server's origin, for people. */
  where: string
  /** Whether the server continues after the tour. */
  isKept: boolean
  stop(): Promise<void>
}

const DATABASE = 'clerk_tour'
const LOCAL = 'mongodb://127.0.0.1:27017/?directConnection=true'
const MEMORY_SERVER = 'mongodb-memory-server-core'

/**
 * The server in MONGODB_URI, else a local one on the default port, else one started for the tour, with
 * mongodb-memory-server-core if it is installed.
 * @throws {CommandError} `database_unreachable`, `no_database`: how to get one.
 */
export async function findMongo(io: Io): Promise<TourDatabase> {
  const given = io.env.MONGODB_URI
  if (given) return kept(given, 'MONGODB_URI', 5_000)
  return kept(LOCAL, 'running on this machine', 1_000).catch((error: unknown) => {
    const isThere = !(error instanceof CommandError && /ServerSelection/.test((error.cause as Error).name))
    if (isThere) throw error
    return startMemoryServer(io)
  })
}

async function kept(server: string, where: string, timeoutMs: number): Promise<TourDatabase> {
  const uri = inDatabase(server)
  await empty(uri, timeoutMs)
  return { uri, where, isKept: true, stop: async () => {} }
}

async function startMemoryServer(io: Io): Promise<TourDatabase> {
  const { MongoMemoryServer } = requireMemoryServer(io.cwd)
  io.err('Starting a MongoDB for the tour. The first start downloads it, which takes a while …')
  const server = await MongoMemoryServer.create().catch((error: unknown) => {
    const reason = messageOf(error)
    throw new CommandError(`${MEMORY_SERVER} could not start a MongoDB: ${reason}\n\n${ways}`, { code: 'no_database' })
  })
  const uri = inDatabase(server.getUri())
  return {
    uri,
    where: `started for this tour by ${MEMORY_SERVER}`,
    isKept: false,
    stop: async () => void (await server.stop()),
  }
}

/** Loads it from the current folder, because this package has no dependencies. */
function requireMemoryServer(cwd: string): typeof import('mongodb-memory-server') {
  try {
    return createRequire(join(cwd, 'package.json'))(MEMORY_SERVER)
  } catch (error) {
    throw new CommandError(`No MongoDB for the tour: none is running at ${LOCAL.slice(0, 25)}.\n\n${ways}`, {
      code: 'no_database',
      cause: error,
    })
  }
}

const ways = `Provide one in any of these ways, then run it again:
  npm install ${MEMORY_SERVER}    downloads a MongoDB once
  docker run -d -p 27017:27017 mongo
  set MONGODB_URI to your server; the tour uses only its database ${DATABASE}`

/** The connection string with the tour's database. */
function inDatabase(server: string): string {
  const [, scheme, hosts, named, query = ''] =
    /^(mongodb(?:\+srv)?:\/\/)([^/?]+)(?:\/([^?]*))?(?:\?(.*))?$/.exec(server) ?? []
  if (!scheme || !hosts) {
    const message = 'MONGODB_URI must start with mongodb:// or mongodb+srv:// and name a host.'
    throw new CommandError(message, { code: 'database_unreachable' })
  }
  const options = new URLSearchParams(query)
  // The driver also authenticates against the database in the path.
  if (hosts.includes('@') && !options.has('authSource')) options.set('authSource', named || 'admin')
  return `${scheme}${hosts}/${DATABASE}${options.size > 0 ? `?${options}` : ''}`
}

/** Drops data of an earlier tour. */
async function empty(uri: string, serverSelectionTimeoutMS: number): Promise<void> {
  const { default: mongoose } = await import('mongoose')
  const connection = mongoose.createConnection(uri, { serverSelectionTimeoutMS })
  try {
    await connection.asPromise()
    await connection.dropDatabase()
  } catch (error) {
    const reason = messageOf(error)
    const message = `The MongoDB at ${withoutPassword(uri)} cannot be used: ${reason}`
    throw new CommandError(message, { code: 'database_unreachable', cause: error })
  } finally {
    await connection.close()
  }
}

/** The connection string without its password. */
export const withoutPassword = (uri: string) => uri.replace(/\/\/([^:@/]*):[^@/]*@/, '//$1:***@')
