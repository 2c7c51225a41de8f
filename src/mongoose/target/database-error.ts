import { ClerkSyncError, isClerkSyncError } from '../../errors'
import { connectionStringName } from '../../store/connection-string'
import { told } from '../../store/finding'
import { awayReason, isLookup } from './failure-reason'
import { type Client, serverOf } from './location'

interface ServerError extends Error {
  code?: unknown
  codeName?: unknown
  keyPattern?: Record<string, unknown>
}

/** The driver's errors and mongoose's own about the connection; everything else was thrown before anything was sent. */
const isFromDatabase = (error: unknown): error is ServerError => error instanceof Error && /^Mongo/.test(error.name)

/** Whether a unique index refused (`E11000`). */
export const isDuplicateKey = (error: unknown): error is ServerError => isFromDatabase(error) && error.code === 11000

/** `IndexOptionsConflict` and `IndexKeySpecsConflict`; which of the two depends on the server's version. */
const indexConflicts: readonly unknown[] = [85, 86]

/** Whether an index with the same key or name is there already, with other options such as another time to live. */
export const isIndexConflict = (error: unknown): boolean => isFromDatabase(error) && indexConflicts.includes(error.code)

/** Whether this side of the wire refused, so that nothing was sent. */
export const isUnsent = (error: unknown): boolean =>
  !isFromDatabase(error) || error.name === 'MongoInvalidArgumentError'

/** The name of the index that refused: `E11000 duplicate key error collection: db.users index: email_1 dup key: …`. */
export function refusingIndex(error: ServerError): string | undefined {
  return /index: (?:\S+\.\$)?(.+?) (?:collation: |dup key)/.exec(error.message)?.[1]
}

const timeouts = /ServerSelection|OperationTimeout|WaitQueueTimeout|NetworkTimeout/

/** What is known of the connection that an error is of. */
export interface ErrorPlace {
  client?: Client | undefined
  /** The connection string, where this library was given it. */
  uri?: string
}

/**
 * The one adapter for the database's errors: `timed_out` where time or the server was missing, else `database_failed`. The message
 * names servers, the driver's reason, and the variable to look at; never a value, a user name or a password.
 */
export function wrapDatabaseError(error: unknown, place: ErrorPlace = {}): unknown {
  if (isLookup(error)) return new ClerkSyncError('timed_out', awayMessage(error, place), { cause: error })
  if (!isFromDatabase(error)) return error
  if (timeouts.test(error.name) || /buffering timed out/.test(error.message) || error.code === 50) {
    return new ClerkSyncError('timed_out', awayMessage(error, place), { cause: error })
  }
  return new ClerkSyncError('database_failed', refusalMessage(error, place), { cause: error })
}

/** An error of connecting, or the end of the time budget, with all that the client of a connection knows. Others stay as they are. */
export function explainFailure(error: unknown, client: Client | undefined): unknown {
  if (!isClerkSyncError(error)) return wrapDatabaseError(error, { client })
  // Of the driver's errors the message says enough already.
  if (error.code !== 'timed_out' || error.cause !== undefined || !awayReason(client)) return error
  return new ClerkSyncError('timed_out', awayMessage(error, { client }))
}

function awayMessage(error: unknown, { client, uri }: ErrorPlace): string {
  const reason = awayReason(client, error)
  if (reason === undefined) return 'The database did not answer in time. Is it reachable from here?'
  const [, host = ''] = /(?:^| )([^\s:]+)(?::\d+)?:? /.exec(reason) ?? []
  return `No MongoDB server answers (${reason}). Is it up, and is ${connectionStringName(uri ?? host)} right?`
}

/** User or password are wrong; MongoDB Atlas says it with a number of its own, which stands for other refusals as well. */
export const isBadLogin = ({ code, message }: ServerError): boolean =>
  code === 18 || (code === 8000 && /auth/i.test(message))

/** The driver's errors about a connection string or options, whose texts hold no document. */
const setUp = /^Mongo(Parse|InvalidArgument|MissingCredentials|API|Runtime)Error$/

const escapes = 'characters such as @ : / % in a password are written as %40 %3A %2F %25.'

function refusalMessage(error: ServerError, { client, uri }: ErrorPlace): string {
  const string = connectionStringName(uri ?? client?.options.srvHost ?? client?.options.hosts[0]?.host)
  const server = client ? serverOf(client) : 'The database'
  if (isBadLogin(error)) {
    return (
      `${server} refused the user name or the password (${nameOf(error)}). Look at ${string}: user, password, and authSource where ` +
      'the user belongs to another database; ' +
      escapes
    )
  }
  if (setUp.test(error.name) || /`uri` parameter/.test(error.message)) {
    return (
      `MongoDB's driver does not take ${string}: ${told(error).replace(/\.$/, '')}. Its form is mongodb://USER:PASSWORD@HOST/DATABASE; ` +
      escapes
    )
  }
  return `The database refused or failed${error.code === undefined ? '' : `: ${nameOf(error)}`}.`
}

function nameOf({ code, codeName }: ServerError): string {
  const named = typeof codeName === 'string' && /^\w+$/.test(codeName) ? `${codeName}, ` : ''
  return `${named}code ${typeof code === 'number' ? code : 'unknown'}`
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
