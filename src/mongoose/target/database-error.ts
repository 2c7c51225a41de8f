import { ClerkSyncError, isClerkSyncError } from '../../errors'
import { connectionStringName } from '../../store/connection-string'
import { redactedMessage } from '../../store/finding'
import { awayReason, isLookup } from './failure-reason'
import { type Client, serverOf } from './location'

interface ServerError extends Error {
  code?: unknown
  codeName?: unknown
  keyPattern?: Record<string, unknown>
}

/** Errors of the driver and mongoose's errors about the connection. Others are thrown before a command is sent. */
const isFromDatabase = (error: unknown): error is ServerError => error instanceof Error && /^Mongo/.test(error.name)

/** Whether a unique index refused the write (`E11000`). */
export const isDuplicateKey = (error: unknown): error is ServerError => isFromDatabase(error) && error.code === 11000

/** `IndexOptionsConflict` and `IndexKeySpecsConflict`, depending on the server's version. */
const indexConflicts: readonly unknown[] = [85, 86]

/** Whether an index with the same key or name exists with other options, such as another expiry time. */
export const isIndexConflict = (error: unknown): boolean => isFromDatabase(error) && indexConflicts.includes(error.code)

/** Whether the error was thrown locally, so that nothing was sent. */
export const isUnsent = (error: unknown): boolean =>
  !isFromDatabase(error) || error.name === 'MongoInvalidArgumentError'

/** The name of the index that refused the write: `E11000 … collection: db.users index: email_1 dup key: …`. */
export function refusingIndex(error: ServerError): string | undefined {
  return /index: (?:\S+\.\$)?(.+?) (?:collation: |dup key)/.exec(error.message)?.[1]
}

const timeouts = /ServerSelection|OperationTimeout|WaitQueueTimeout|NetworkTimeout/

/** The connection in which an error occurred. */
export interface ErrorPlace {
  client?: Client | undefined
  /** The connection string, if known. */
  uri?: string
}

/**
 * Converts an error of the database: to `timed_out` if no server could be reached or the time was not enough, else to
 * `database_failed`. Returns other errors unchanged. The message contains the servers, the driver's reason and the
 * variable to check, but no values, user names or passwords.
 */
export function wrapDatabaseError(error: unknown, place: ErrorPlace = {}): unknown {
  if (isLookup(error)) return new ClerkSyncError('timed_out', awayMessage(error, place), { cause: error })
  if (!isFromDatabase(error)) return error
  if (timeouts.test(error.name) || /buffering timed out/.test(error.message) || error.code === 50) {
    return new ClerkSyncError('timed_out', awayMessage(error, place), { cause: error })
  }
  return new ClerkSyncError('database_failed', refusalMessage(error, place), { cause: error })
}

/**
 * Adds the reason that a connection's client has to a connection error or to `timed_out`. Returns other errors unchanged.
 */
export function explainFailure(error: unknown, client: Client | undefined): unknown {
  if (!isClerkSyncError(error)) return wrapDatabaseError(error, { client })
  // If the driver caused the error, the message already has the reason.
  if (error.code !== 'timed_out' || error.cause !== undefined || !awayReason(client)) return error
  return new ClerkSyncError('timed_out', awayMessage(error, { client }))
}

function awayMessage(error: unknown, { client, uri }: ErrorPlace): string {
  const reason = awayReason(client, error)
  if (reason === undefined) return 'The database did not answer in time. Check that this machine can reach it.'
  const [, host = ''] = /(?:^| )([^\s:]+)(?::\d+)?:? /.exec(reason) ?? []
  const string = connectionStringName(uri ?? host)
  return `No MongoDB server answers (${reason}). Check that the server runs and that ${string} is correct.`
}

/**
 * Whether the user name or password is wrong. MongoDB Atlas has its own code for this, which it also uses for other
 * refusals.
 */
export const isBadLogin = ({ code, message }: ServerError): boolean =>
  code === 18 || (code === 8000 && /auth/i.test(message))

/** The driver's errors about a connection string or options. Their messages contain no documents. */
const setUp = /^Mongo(Parse|InvalidArgument|MissingCredentials|API|Runtime)Error$/

const escapes = 'Write characters such as @ : / % in a password as %40 %3A %2F %25.'

function refusalMessage(error: ServerError, { client, uri }: ErrorPlace): string {
  const string = connectionStringName(uri ?? client?.options.srvHost ?? client?.options.hosts[0]?.host)
  const server = client ? serverOf(client) : 'The database'
  if (isBadLogin(error)) {
    return (
      `${server} refused the user name or password (${nameOf(error)}). Correct them in ${string}, and set authSource if the user ` +
      `belongs to another database. ${escapes}`
    )
  }
  if (setUp.test(error.name) || /`uri` parameter/.test(error.message)) {
    return (
      `MongoDB's driver refused ${string}: ${redactedMessage(error).replace(/\.$/, '')}. ` +
      `Expected mongodb://USER:PASSWORD@HOST/DATABASE. ${escapes}`
    )
  }
  return `The database refused the command or failed${error.code === undefined ? '' : `: ${nameOf(error)}`}.`
}

function nameOf({ code, codeName }: ServerError): string {
  const named = typeof codeName === 'string' && /^\w+$/.test(codeName) ? `${codeName}, ` : ''
  return `${named}code ${typeof code === 'number' ? code : 'unknown'}`
}

/**
 * Server errors: not the primary, shutting down, another member is unreachable, no majority acknowledged. The server
 * labels these as retryable only for writes that the driver would retry itself.
 * @see
 * https://github.com/mongodb/specifications/blob/master/source/server-discovery-and-monitoring/server-discovery-and-monitoring.md#not-writable-primary-and-node-is-recovering
 */
const outageCodes: readonly unknown[] = [
  6, 7, 50, 64, 89, 91, 100, 189, 262, 9001, 10058, 10107, 11600, 11602, 13435, 13436,
]
const outages = /Network|ServerSelection|PoolCleared|Topology|NotConnected|Timeout/

/** Whether the database is unavailable, so that further commands will fail too. */
export function isOutage(error: unknown): boolean {
  const cause = error instanceof ClerkSyncError ? error.cause : error
  if (!isFromDatabase(cause)) return false
  const labels: unknown = 'errorLabels' in cause ? cause.errorLabels : []
  if (Array.isArray(labels) && labels.includes('RetryableWriteError')) return true
  return outages.test(cause.name) || /buffering timed out/.test(cause.message) || outageCodes.includes(cause.code)
}

/** Converts the error of one user among many. Errors that are not from the database are from the app's code. */
export function asJobError(error: unknown): ClerkSyncError {
  const wrapped = wrapDatabaseError(error)
  if (isClerkSyncError(wrapped)) return wrapped
  const message = "Your app's code failed for this user. The error's cause has the reason."
  return new ClerkSyncError('host_code_failed', message, { cause: error })
}

/** Runs work that uses the database, and converts its errors to ours. */
export async function atDatabase<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw wrapDatabaseError(error)
  }
}
