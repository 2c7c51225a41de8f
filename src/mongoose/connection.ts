import mongoose, { type ConnectOptions, type Mongoose } from 'mongoose'
import { ClerkSyncError } from '../errors'
import { wrapDatabaseError } from './database-error'

export interface ConnectOnceOptions extends ConnectOptions {
  /** The mongoose to connect, where the app uses another copy than the one this package finds. */
  mongoose?: Mongoose
}

type Client = ReturnType<Mongoose['connection']['getClient']>

/** Clients that connected and were not closed since, whatever mongoose makes of their heartbeats. */
const alive = new WeakSet<Client>()

/**
 * Connects mongoose's default connection once a process, also across hot reloads and the requests of one serverless
 * container; a connection that the app opened itself is used as it is. A failed attempt is tried again at the next call.
 * Commands are not buffered and a missing server is reported after five seconds, so that a delivery gets its answer in time.
 *
 * @param uri MongoDB connection string.
 * @throws {ClerkSyncError} `timed_out` when no server can be reached, `database_failed` when it refuses us.
 *
 * @example
 * createClerkSync({ users: User, connect: () => connectOnce(process.env.MONGODB_URI!) })
 */
export async function connectOnce(uri: string, options: ConnectOnceOptions = {}): Promise<Mongoose> {
  const { mongoose: instance = mongoose, ...connectOptions } = options
  if (!uri) {
    throw new ClerkSyncError('database_failed', 'The connection string is empty: is MONGODB_URI set where this runs?')
  }
  const { connected, connecting, disconnected } = instance.ConnectionStates
  // Mongoose's own state comes first: it outlives this module, whoever loads that again.
  const { readyState } = instance.connection
  if (readyState === connected) return remembering(instance)
  const known = clientOf(instance)
  // After a freeze, or while the server is away, mongoose says "disconnected" of a client that recovers by itself.
  if (readyState === disconnected && known && alive.has(known)) return instance
  const connection = { bufferCommands: false, serverSelectionTimeoutMS: 5_000, ...connectOptions }
  await (readyState === connecting ? instance.connection.asPromise() : instance.connect(uri, connection)).catch(
    (error) => {
      throw wrapDatabaseError(error)
    },
  )
  return remembering(instance)
}

function remembering(instance: Mongoose): Mongoose {
  const client = clientOf(instance)
  if (!client || alive.has(client)) return instance
  alive.add(client)
  for (const end of ['topologyClosed', 'close'] as const) client.once(end, () => alive.delete(client))
  return instance
}

/** There is none before the first connection, though mongoose's types say otherwise. */
const clientOf = ({ connection }: Mongoose): Client | undefined => connection.getClient() ?? undefined
