import { ClerkSyncError, isClerkSyncError } from '../errors'

interface ServerError extends Error {
  code?: unknown
  keyPattern?: Record<string, unknown>
}

/** The driver's errors and mongoose's own about the connection; everything else was thrown before anything was sent. */
const isFromDatabase = (error: unknown): error is ServerError => error instanceof Error && /^Mongo/.test(error.name)

/** Whether a unique index refused (`E11000`). */
export const isDuplicateKey = (error: unknown): error is ServerError => isFromDatabase(error) && error.code === 11000

/** Whether this side of the wire refused, so that nothing was sent. */
export const isUnsent = (error: unknown): boolean =>
  !isFromDatabase(error) || error.name === 'MongoInvalidArgumentError'

/** The name of the index that refused: `E11000 duplicate key error collection: db.users index: email_1 dup key: …`. */
export function refusingIndex(error: ServerError): string | undefined {
  return /index: (?:\S+\.\$)?(.+?) (?:collation: |dup key)/.exec(error.message)?.[1]
}

const timeouts = /ServerSelection|OperationTimeout|WaitQueueTimeout|NetworkTimeout/

/** The one door for the database's errors: `timed_out` where time or the server was missing, else `database_failed`. */
export function wrapDatabaseError(error: unknown): unknown {
  if (!isFromDatabase(error)) return error
  if (timeouts.test(error.name) || /buffering timed out/.test(error.message) || error.code === 50) {
    return new ClerkSyncError('timed_out', 'The database did not answer in time. Is it reachable from here?', {
      cause: error,
    })
  }
  return new ClerkSyncError('database_failed', 'The database refused or failed.', { cause: error })
}

/**
 * Of the server: no primary here (any more), shutting down, another member cannot be reached, a majority did not acknowledge.
 * It labels these as worth a retry only for writes that the driver would retry itself.
 * @see https://github.com/mongodb/specifications/blob/master/source/server-discovery-and-monitoring/server-discovery-and-monitoring.md#not-writable-primary-and-node-is-recovering
 */
const outageCodes: readonly unknown[] = [
  6, 7, 50, 64, 89, 91, 100, 189, 262, 9001, 10058, 10107, 11600, 11602, 13435, 13436,
]
const outages = /Network|ServerSelection|PoolCleared|Topology|NotConnected|Timeout/

/** Whether the database is away or does not answer, rather than refusing something: whatever comes next will fail as well. */
export function isOutage(error: unknown): boolean {
  const cause = error instanceof ClerkSyncError ? error.cause : error
  if (!isFromDatabase(cause)) return false
  const labels: unknown = 'errorLabels' in cause ? cause.errorLabels : []
  if (Array.isArray(labels) && labels.includes('RetryableWriteError')) return true
  return outages.test(cause.name) || /buffering timed out/.test(cause.message) || outageCodes.includes(cause.code)
}

/** The error of one user among many, as ours: what is not of the database was thrown by the host's own code. */
export function asJobError(error: unknown): ClerkSyncError {
  const wrapped = wrapDatabaseError(error)
  if (isClerkSyncError(wrapped)) return wrapped
  const message = 'Code of your app failed for this user; the cause says how.'
  return new ClerkSyncError('host_code_failed', message, { cause: error })
}
