import type { Collection } from 'mongoose'
import { docsOf } from '../../errors'
import type { WriteContext } from '../../store/write'
import { isIndexConflict } from '../target/database-error'
import { indexesOf } from '../target/indexes-of'
import { within } from '../target/target'

const isOpen = { errorCode: { $exists: true } }

/** Indexes of the messages that failed or are in conflict, which `status` lists and counts. Other messages are not in them. */
const indexes = [
  { name: 'clerk_deliveries_failed', key: { lastSeenAt: -1 }, partialFilterExpression: isOpen },
  {
    name: 'clerk_deliveries_open',
    key: { outcome: 1, firstSeenAt: 1, lastSeenAt: 1 },
    partialFilterExpression: isOpen,
  },
] as const

/** Names of the log's missing indexes, except those for expiry. Empty if the collection does not exist yet. */
export async function missingLogIndexes(entries: Collection, context: WriteContext): Promise<string[]> {
  const present = await indexesOf(entries, context)
  if (present.length === 0) return []
  const keys = new Set(present.map(({ key }) => JSON.stringify(key)))
  return indexes.filter(({ key }) => !keys.has(JSON.stringify(key))).map(({ name }) => name)
}

/** Builds the log's indexes, except the one for expiry. */
export async function buildLogIndexes(entries: Collection, context: WriteContext): Promise<void> {
  for (const { key, ...options } of indexes) {
    await entries.createIndex({ ...key }, { ...options, ...within(context) }).catch((error) => {
      if (!isIndexConflict(error)) throw error
    })
  }
}

/**
 * Builds all indexes; `false` if one failed. Failures are only logged: without the indexes the log grows and `status`
 * is slow.
 */
export async function ensureLogIndexes(
  entries: Collection,
  ttlSeconds: number,
  context: WriteContext,
): Promise<boolean> {
  const expires = await ensureExpiry(entries, ttlSeconds, context)
  try {
    await buildLogIndexes(entries, context)
    return expires
  } catch {
    context.logger?.warn(aboutLog(entries), 'the delivery log lacks indexes, so status() is slow')
    return false
  }
}

/** The indexes that expire entries and tallies. */
const expiries = [
  { name: 'clerk_deliveries_ttl', key: { lastSeenAt: 1 } },
  { name: 'clerk_deliveries_tally_ttl', key: { slotAt: 1 }, partialFilterExpression: { slotAt: { $exists: true } } },
] as const

/** Builds the indexes that expire entries and tallies. */
async function ensureExpiry(entries: Collection, expireAfterSeconds: number, context: WriteContext): Promise<boolean> {
  try {
    for (const { key, ...given } of expiries) {
      const { name } = given
      await entries.createIndex({ ...key }, { ...given, expireAfterSeconds, ...within(context) }).catch((error) => {
        if (!isIndexConflict(error)) throw error
        return entries.conn.db?.command({ collMod: entries.collectionName, index: { name, expireAfterSeconds } })
      })
    }
    return true
  } catch {
    context.logger?.warn(aboutLog(entries), 'entries of the delivery log will not expire')
    return false
  }
}

const aboutLog = (entries: Collection) => ({ collection: entries.collectionName, docs: docsOf('delivery_log') })
