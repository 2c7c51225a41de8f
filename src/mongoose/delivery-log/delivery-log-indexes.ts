import type { Collection } from 'mongoose'
import { docsOf } from '../../errors'
import type { WriteContext } from '../../store/write'
import { isIndexConflict } from '../target/database-error'
import { indexesOf } from '../target/indexes-of'
import { within } from '../target/target'

/** An index of the log. */
interface LogIndex {
  name: string
  key: Record<string, 1>
  /** Holds only documents with the path. */
  sparse?: true
  /** Whether documents expire by it. */
  isExpiry?: true
}

/**
 * Every index has one path: servers that only resemble MongoDB search by ranges of one path, and not by partial indexes.
 * What `status` reads is in the last two, which do not grow with the log.
 */
const entryExpiry: LogIndex = { name: 'clerk_deliveries_ttl', key: { lastSeenAt: 1 }, isExpiry: true }
const tallyExpiry: LogIndex = { name: 'clerk_deliveries_tally', key: { slotAt: 1 }, sparse: true, isExpiry: true }
const open: LogIndex = { name: 'clerk_deliveries_open', key: { openSince: 1 }, sparse: true }

/** Names of the indexes that `status` lacks. Empty if the collection does not exist yet. */
export async function missingLogIndexes(log: Collection, context: WriteContext): Promise<string[]> {
  const present = await indexesOf(log, context)
  if (present.length === 0) return []
  const keys = new Set(present.map(({ key }) => JSON.stringify(key)))
  return [tallyExpiry, open].filter(({ key }) => !keys.has(JSON.stringify(key))).map(({ name }) => name)
}

/** Builds all indexes of the log. */
export async function buildLogIndexes(log: Collection, ttlSeconds: number, context: WriteContext): Promise<void> {
  for (const index of [entryExpiry, tallyExpiry, open]) await buildIndex(log, index, ttlSeconds, context)
}

/**
 * Builds all indexes; `false` if one failed. Failures are only logged: without the indexes the log grows and `status`
 * is slow.
 */
export async function ensureLogIndexes(log: Collection, ttlSeconds: number, context: WriteContext): Promise<boolean> {
  try {
    await buildLogIndexes(log, ttlSeconds, context)
    return true
  } catch {
    const about = { collection: log.collectionName, docs: docsOf('delivery_log') }
    context.logger?.warn(about, 'the delivery log lacks indexes: its entries will not expire, or status() is slow')
    return false
  }
}

async function buildIndex(
  log: Collection,
  { key, isExpiry, ...given }: LogIndex,
  ttlSeconds: number,
  context: WriteContext,
): Promise<void> {
  const expiry = isExpiry && { expireAfterSeconds: ttlSeconds }
  try {
    await log.createIndex({ ...key }, { ...given, ...expiry, ...within(context) })
  } catch (error) {
    if (!isIndexConflict(error)) throw error
    if (expiry) await log.conn.db?.command({ collMod: log.collectionName, index: { name: given.name, ...expiry } })
  }
}
