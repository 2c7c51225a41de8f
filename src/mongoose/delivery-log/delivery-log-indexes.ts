import type { Collection } from 'mongoose'
import { docsOf } from '../../errors'
import type { WriteContext } from '../../store/write'
import { isIndexConflict } from '../target/database-error'
import { fromPrimary, within } from '../target/target'

/** Indexes for what `status` counts and lists. Without these it reads every entry of the last day. */
const indexes = [
  { name: 'clerk_deliveries_day', key: { lastSeenAt: 1, outcome: 1 } },
  {
    name: 'clerk_deliveries_failed',
    key: { lastSeenAt: -1 },
    partialFilterExpression: { errorCode: { $exists: true } },
  },
] as const

/** Names of the log's missing indexes, except the one for expiry. */
export async function missingLogIndexes(entries: Collection, context: WriteContext): Promise<string[]> {
  const present = await entries.indexes({ ...fromPrimary, ...within(context) })
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

/** Builds the index that expires entries. */
async function ensureExpiry(entries: Collection, expireAfterSeconds: number, context: WriteContext): Promise<boolean> {
  const name = 'clerk_deliveries_ttl'
  try {
    await entries.createIndex({ lastSeenAt: 1 }, { name, expireAfterSeconds, ...within(context) }).catch((error) => {
      if (!isIndexConflict(error)) throw error
      return entries.conn.db?.command({ collMod: entries.collectionName, index: { name, expireAfterSeconds } })
    })
    return true
  } catch {
    context.logger?.warn(aboutLog(entries), 'entries of the delivery log will not expire')
    return false
  }
}

const aboutLog = (entries: Collection) => ({ collection: entries.collectionName, docs: docsOf('delivery_log') })
