import mongoose, { type ConnectOptions, type Mongoose } from 'mongoose'
import { ClerkSyncError } from '../errors'
import { connectionStringName, uriVariables } from '../store/connection-string'
import { wrapDatabaseError } from './target/database-error'
import { addressIn, addressOf, type Client, clientOf, isSameDatabase, isSameServer, serverOf } from './target/location'

export interface ConnectOnceOptions extends ConnectOptions {
  /** The mongoose to connect, where the app uses another copy than the one this package finds. */
  mongoose?: Mongoose
}

/** Clients that connected and were not closed since, whatever mongoose makes of their heartbeats. */
const alive = new WeakSet<Client>()

/** What was asked for and is where a client is, so that a delivery costs no second look. */
const agreed = new WeakMap<Client, Set<string>>()

/**
 * Connects mongoose's default connection once a process, also across hot reloads and the requests of one serverless
 * container; a connection that the app opened itself is used as it is, if it is to the same database. A failed attempt is tried
 * again at the next call. Commands are not buffered and a missing server is reported after five seconds, so that a delivery gets
 * its answer in time.
 *
 * @param uri MongoDB connection string.
 * @param options Those of `mongoose.connect`, such as `dbName`: give what the app gives.
 * @throws {ClerkSyncError} `timed_out` when no server can be reached, `database_failed` when it refuses us, `database_mismatch`
 * when mongoose is connected to another database already.
 *
 * @example
 * createClerkSync({ users: User, connect: () => connectOnce(process.env.MONGODB_URI!) })
 */
export async function connectOnce(uri: string, options: ConnectOnceOptions = {}): Promise<Mongoose> {
  const { mongoose: instance = mongoose, ...connectOptions } = options
  if (!uri) throw new ClerkSyncError('database_failed', emptyMessage())
  // Version 6 of the driver takes what stands between the two for a host, which messages name: it is a piece of the password.
  if (/^[^/]*\/\/[^/?]*@[^/?]*@/.test(uri)) {
    const message = `The password in ${connectionStringName(uri)} holds an @, which has to be written as %40.`
    throw new ClerkSyncError('database_failed', message)
  }
  const { connected, connecting, disconnected } = instance.ConnectionStates
  // Mongoose's own state comes first: it outlives this module, whoever loads that again.
  const { readyState } = instance.connection
  const known = clientOf(instance.connection)
  // After a freeze, or while the server is away, mongoose says "disconnected" of a client that recovers by itself.
  const isOpen = readyState === connected || (readyState === disconnected && known && alive.has(known))
  const connection = { bufferCommands: false, serverSelectionTimeoutMS: 5_000, ...connectOptions }
  try {
    if (readyState === connecting) await instance.connection.asPromise()
    else if (!isOpen) await instance.connect(uri, connection)
    requireSameDatabase(instance, uri, connectOptions.dbName)
  } catch (error) {
    throw wrapDatabaseError(error, { client: clientOf(instance.connection), uri })
  }
  return remembering(instance)
}

function emptyMessage(): string {
  const [held] = uriVariables()
  const other = held === undefined ? 'Is the variable set where this runs?' : `${held} holds one.`
  return `connectOnce was given an empty connection string. ${other}`
}

/** Mongoose gives back the connection it has, whatever it is asked for by then: users would go to a database that nobody reads. */
function requireSameDatabase(instance: Mongoose, uri: string, dbName: string | undefined): void {
  const client = clientOf(instance.connection)
  if (!client) return
  const key = JSON.stringify([uri, dbName])
  const keys = agreed.get(client) ?? new Set()
  if (keys.has(key)) return
  const [asked, has] = [addressIn(uri, dbName, instance), addressOf(instance.connection, client)]
  if (!isSameDatabase(asked, has)) {
    const where = isSameServer(asked, has) ? 'the same server' : (asked.srvHost ?? asked.hosts.join(','))
    throw new ClerkSyncError(
      'database_mismatch',
      `mongoose is connected to the database ${has.database} on ${serverOf(client)} already, and connectOnce was asked for the ` +
        `database ${asked.database} on ${where} (${connectionStringName(uri)}; without a name MongoDB takes test). Connect both ` +
        `alike: connectOnce(uri, { dbName: '${has.database}' }) with the connection string of the app, or give createClerkSync ` +
        "the app's own function as connect.",
    )
  }
  agreed.set(client, keys.add(key))
}

function remembering(instance: Mongoose): Mongoose {
  const client = clientOf(instance.connection)
  if (!client || alive.has(client)) return instance
  alive.add(client)
  for (const end of ['topologyClosed', 'close'] as const) client.once(end, () => alive.delete(client))
  return instance
}
