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

/** Requests already checked against a client's address, so that later deliveries skip the check. */
const agreed = new WeakMap<Client, Set<string>>()

/**
 * Connects mongoose's default connection once per process, also across hot reloads and the requests of one serverless
 * container. Reuses a connection that the app opened, if it goes to the same database. A failed attempt is retried at
 * the next call. Commands are not buffered and a missing server is reported after five seconds, so that the delivery is
 * answered in time.
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
  // Version 6 of the driver parses the part between the two @ as a host, and messages name hosts: it is part of the
  // password.
  if (/^[^/]*\/\/[^/?]*@[^/?]*@/.test(uri)) {
    const message = `The password in ${connectionStringName(uri)} holds an @, which has to be written as %40.`
    throw new ClerkSyncError('database_failed', message)
  }
  const { connected, connecting, disconnected } = instance.ConnectionStates
  // mongoose's own state comes first, because it outlives a reload of this module.
  const { readyState } = instance.connection
  const known = clientOf(instance.connection)
  // After a freeze, or while the server is away, mongoose reports "disconnected" for a client that recovers by
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
  return remembering(instance)
}

function emptyMessage(): string {
  const [held] = uriVariables()
  const other = held === undefined ? 'Is the variable set where this runs?' : `${held} holds one.`
  return `connectOnce was given an empty connection string. ${other}`
}

/**
 * mongoose returns its existing connection for any address; users would then be written to a database that the app does
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
