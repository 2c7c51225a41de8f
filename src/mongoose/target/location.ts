import type { Connection, Mongoose } from 'mongoose'
import { ClerkSyncError } from '../../errors'
import type { StoreLocation } from '../../store/write'
import type { SyncModel } from './target'

/** The driver's client. */
export type Client = ReturnType<Connection['getClient']>

/** The address of a client's database. */
export interface Address {
  /** `host:port` in lower case: from the connection string, and members of the replica set that the driver found. */
  hosts: readonly string[]
  /** The name in a `mongodb+srv` connection string. */
  srvHost: string | undefined
  database: string
}

/**
 * Returns the location of a model's users. Waits for a connection that is being opened.
 * @throws {ClerkSyncError} `database_failed` if no connection was opened; the driver's errors.
 */
export async function locate({ db, base, collection, modelName }: SyncModel): Promise<StoreLocation> {
  if (db.readyState === base.ConnectionStates.connecting) await db.asPromise()
  const client = clientOf(db)
  if (client && db.db)
    return { server: serverOf(client), database: databaseOf(db, client), collection: collection.name }
  throw new ClerkSyncError(
    'database_failed',
    `The model ${modelName} is not connected. Pass connect: () => connectOnce(uri) to createClerkSync, with the mongoose ` +
      'that created the model, or connect that mongoose first.',
  )
}

/** The connection's client; `undefined` before the first connection, unlike in mongoose's types. */
export const clientOf = (db: Connection): Client | undefined => db.getClient() ?? undefined

/** A client's servers, as messages name them: `localhost:27017`, `a:27017,b:27017`, `cluster0.abcde.mongodb.net`. */
export function serverOf({ options: { srvHost, hosts } }: Client): string {
  return srvHost ?? hosts.join(',')
}

/** The address of a connection, also while it is being opened. */
export function addressOf(db: Connection, client: Client): Address {
  const { hosts, srvHost } = client.options
  const found = serversOf(client).map(({ address }) => address)
  return { ...addressFrom(srvHost, [...hosts.map(String), ...found]), database: databaseOf(db, client) }
}

/**
 * The address in a connection string, parsed by the driver. Opens no connection.
 * @throws the driver's errors for an invalid connection string.
 */
export function addressIn(uri: string, dbName: string | undefined, { mongo }: Mongoose): Address {
  const { srvHost, hosts, dbName: inUri } = new mongo.MongoClient(uri).options
  return { ...addressFrom(srvHost, hosts.map(String)), database: dbName ?? inUri }
}

const addressFrom = (srvHost: string | undefined, hosts: readonly string[]) => ({
  srvHost: srvHost?.toLowerCase(),
  hosts: [...new Set(hosts.map(spelt))],
})

/** Normalizes a host: DNS ignores case, and the local machine has several names. */
function spelt(host: string): string {
  return host.toLowerCase().replace(/^(localhost|127\.0\.0\.1|\[::1\]|::1)(?=:\d+$)/, 'localhost')
}

/** Whether two addresses are of one database. MongoDB refuses a second name that differs only in case. */
export function isSameDatabase(one: Address, other: Address): boolean {
  return one.database.toLowerCase() === other.database.toLowerCase() && isSameServer(one, other)
}

/** Whether two addresses can be of one server, or of members of one replica set. */
export function isSameServer(one: Address, other: Address): boolean {
  if (one.srvHost !== undefined && other.srvHost !== undefined) return one.srvHost === other.srvHost
  if (one.srvHost !== undefined || other.srvHost !== undefined) {
    // The hosts of a `mongodb+srv` name are in its parent domain.
    // https://github.com/mongodb/specifications/blob/master/source/initial-dns-seedlist-discovery/initial-dns-seedlist-discovery.md
    const [srv, list] = one.srvHost !== undefined ? [one.srvHost, other] : [other.srvHost ?? '', one]
    const domain = srv.slice(srv.indexOf('.'))
    return list.hosts.some((host) => host.replace(/:\d+$/, '').endsWith(domain))
  }
  return one.hosts.some((host) => other.hosts.includes(host))
}

/** The driver's last known state of a server. */
export interface SeenServer {
  address: string
  /** `RSPrimary`, `Standalone`, `Unknown`, … */
  type: string
  error: unknown
}

/**
 * The servers that a client monitors. The driver's types do not include them; checked with versions 6.20 and 7.5.
 * @param from A server selection error of the driver, which contains them too.
 */
export function serversOf(client: Client | undefined, from: unknown = undefined): SeenServer[] {
  const { reason } = (from ?? {}) as { reason?: Description }
  const { topology } = (client ?? {}) as { topology?: { description?: Description } }
  const servers = reason?.servers ?? topology?.description?.servers
  return servers instanceof Map ? [...servers.values()] : []
}

interface Description {
  servers?: ReadonlyMap<string, SeenServer>
}

/**
 * Before mongoose is connected, a database name given beside the connection string is stored only here. Checked with
 * 8.24 and 9.12.
 */
function databaseOf(db: Connection, { options }: Client): string {
  return db.name ?? (db as { $dbName?: string }).$dbName ?? options.dbName
}
