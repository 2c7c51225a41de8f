import mongoose, { type ConnectOptions, type Mongoose } from 'mongoose'

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
 * @throws mongoose's own error when no server can be reached.
 *
 * @example
 * createClerkSync({ users: User, connect: () => connectOnce(process.env.MONGODB_URI!) })
 */
export async function connectOnce(uri: string, options: ConnectOnceOptions = {}): Promise<Mongoose> {
  const { mongoose: instance = mongoose, ...connectOptions } = options
  const { connected, connecting } = instance.ConnectionStates
  // What is remembered is mongoose's own state: it outlives this module, whoever loads that again.
  const { readyState } = instance.connection
  if (readyState === connecting) await instance.connection.asPromise()
  else if (readyState !== connected) {
    await instance.connect(uri, { bufferCommands: false, serverSelectionTimeoutMS: 5_000, ...connectOptions })
  }
  return instance
}
