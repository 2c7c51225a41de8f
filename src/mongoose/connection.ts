import mongoose, { type ConnectOptions, type Mongoose } from 'mongoose'
import { wrapDatabaseError } from './database-error'

export interface ConnectOnceOptions extends ConnectOptions {
  /** The mongoose to connect, where the app uses another copy than the one this package finds. */
  mongoose?: Mongoose
}

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
  const { connected, connecting } = instance.ConnectionStates
  // What is remembered is mongoose's own state: it outlives this module, whoever loads that again.
  const { readyState } = instance.connection
  if (readyState === connected) return instance
  const connection = { bufferCommands: false, serverSelectionTimeoutMS: 5_000, ...connectOptions }
  await (readyState === connecting ? instance.connection.asPromise() : instance.connect(uri, connection)).catch(
    (error) => {
      throw wrapDatabaseError(error)
    },
  )
  return instance
}
