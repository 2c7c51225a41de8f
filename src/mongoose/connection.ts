import mongoose, { type ConnectOptions, type Mongoose } from 'mongoose'
import { ClerkSyncError } from '../errors'
import { connectionStringName, uriVariables } from '../store/connection-string'
import { wrapDatabaseError } from './target/database-error'
import { addressIn, addressOf, type Client, clientOf, isSameDatabase, isSameServer, serverOf } from './target/location'

/** Options of `connectOnce`: those of `mongoose.connect`, and which mongoose to connect. */
export interface ConnectOnceOptions extends ConnectOptions {
  /** The mongoose to connect, if the app uses another copy than the one this package resolves. */
  mongoose?: Mongoose
}

/** Clients that connected and have not been closed, even if mongoose reports missed heartbeats. */
const alive = new WeakSet<Client>()

/** Arguments that were compared with a client's address, so that later deliveries skip the comparison. */
const agreed = new WeakMap<Client, Set<string>>()

/**
 * Connects mongoose's default connection once per process, also across hot reloads and the requests of one serverless
 * container. Reuses a connection of the app to the same database. The next call repeats a failed attempt. Commands are
 * not buffered, and the error about a missing server comes after five seconds, so that the delivery is answered in time.
 *
 * @param uri MongoDB connection string.
 * @param options Those of `mongoose.connect`, such as `dbName`. Pass what the app passes.
 * @throws {ClerkSyncError} `timed_out` if no server can be reached, `database_failed` if it refuses the connection,
 * `database_mismatch` if mongoose is already connected to another database.
 *
 * @example
 * createClerkSync({ users: User, connect: () => connectOnce(process.env.MONGODB_URI!) })
 */
export async function connectOnce(uri: string, options: ConnectOnceOptions = {}): Promise<Mongoose> {
  const { mongoose: instance = mongoose, ...connectOptions } = options
  if (!uri) throw new ClerkSyncError('database_failed', emptyMessage())
  // Version 6 of the driver parses the part between the two @ as a host. It is part of the password, and error messages
  // contain hosts.
  if (/^[^/]*\/\/[^/?]*@[^/?]*@/.test(uri)) {
    const message = `The password in ${connectionStringName(uri)} contains an @. Write it as %40.`
    throw new ClerkSyncError('database_failed', message)
  }
  const { connected, connecting, disconnected } = instance.ConnectionStates
  // mongoose's own state comes first, because it outlives a reload of this module.
  const { readyState } = instance.connection
  const known = clientOf(instance.connection)
  // After a freeze, or while the server is unavailable, mongoose reports "disconnected" for a client that recovers by
  // itself.
  const isOpen = readyState === connected || (readyState === disconnected && known && alive.has(known))
  const connection = { bufferCommands: false, serverSelectionTimeoutMS: 5_000, ...connectOptions }
  try {
    if (readyState === connecting) await instance.connection.asPromise()
    else if (!isOpen) await instance.connect(uri, connection)
    requireSameDatabase(instance, uri, connectOptions.dbName)
  } catch (error) {
    throw wrapDatabaseError(error, { client: clientOf(instance.connection), uri })
  }
  return trackClient(instance)
}

function emptyMessage(): string {
  const [held] = uriVariables()
  const remedy = held === undefined ? 'Set its environment variable.' : `Pass the one in ${held}: process.env.${held}.`
  return `The connection string passed to connectOnce is empty. ${remedy}`
}

/**
 * mongoose returns its existing connection for any address. Users would then be written to a database that the app does
 * not read.
 */
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
      `mongoose is already connected to the database ${has.database} on ${serverOf(client)}, but connectOnce was called for the ` +
        `database ${asked.database} on ${where} (${connectionStringName(uri)}; without a name, MongoDB uses test). Call ` +
        `connectOnce(uri, { dbName: '${has.database}' }) with the app's connection string, or pass the app's own function to ` +
        'createClerkSync as connect.',
    )
  }
  agreed.set(client, keys.add(key))
}

function trackClient(instance: Mongoose): Mongoose {
  const client = clientOf(instance.connection)
  if (!client || alive.has(client)) return instance
  alive.add(client)
  for (const end of ['topologyClosed', 'close'] as const) client.once(end, () => alive.delete(client))
  return instance
}
