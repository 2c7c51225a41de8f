import type { Collection } from 'mongoose'
import { docsOf } from '../errors'
import type { DeliveryQuery, LoggedDelivery } from '../job-store'
import type { DeliveryEntry, DeliveryLog, DeliveryLogOptions, SyncOutcome, WriteContext } from '../store'
import { isDuplicateKey, isIndexConflict } from './database-error'
import { durable, fromPrimary, type Target, within } from './target'

const DAY_SECONDS = 24 * 60 * 60

/** The log on the model's connection: `{ _id: messageId, type, clerkId, …, attempts, firstSeenAt, lastSeenAt }`. */
export function openDeliveryLog(target: Target, options: DeliveryLogOptions): DeliveryLog {
  const { ttlDays = 90 } = options
  const entries = entriesOf(target, options)
  let isIndexed = false
  return {
    async outcomeOf(messageId, context) {
      const found = await entries.findOne(byId(messageId), { ...fromPrimary, ...within(context) })
      return (found?.outcome ?? undefined) as SyncOutcome | undefined
    },
    async record(entry, context) {
      if (!isIndexed) isIndexed = await ensureExpiry(entries, ttlDays * DAY_SECONDS, context)
      await write(entries, entry, { ...durable, ...within(context) })
    },
  }
}

/** The entries, the one delivered last first. */
export async function* readDeliveries(
  target: Target,
  options: DeliveryLogOptions,
  { failed, since, limit }: DeliveryQuery,
  context: WriteContext,
): AsyncGenerator<LoggedDelivery> {
  const filter = {
    ...(failed && { $or: [{ errorCode: { $exists: true } }, { outcome: 'conflict' }] }),
    ...(since && { lastSeenAt: { $gte: since } }),
  }
  const cursor = entriesOf(target, options)
    .find(filter as never, { ...fromPrimary, ...within(context) })
    .sort({ lastSeenAt: -1 })
  for await (const entry of limit === undefined ? cursor : cursor.limit(limit)) {
    const { _id: messageId, clerkId, instanceId, eventAt, ...rest } = entry as unknown as StoredEntry
    yield { messageId, clerkId, instanceId, eventAt, ...rest }
  }
}

/** What failed or was a conflict is neither any more: should it come again, it would be `stale`. */
export async function settleDeliveries(
  target: Target,
  options: DeliveryLogOptions,
  messageIds: readonly string[],
  context: WriteContext,
): Promise<void> {
  const filter = { _id: { $in: messageIds as never[] } }
  const update = { $set: { outcome: 'stale' }, $unset: { errorCode: 1 } } as never
  await entriesOf(target, options).updateMany(filter, update, { ...durable, ...within(context) })
}

type StoredEntry = Omit<LoggedDelivery, 'messageId'> & { _id: string }

/** Where the entries are. */
export const entriesOf = (target: Target, { collection = 'clerk_deliveries', model }: DeliveryLogOptions): Collection =>
  (model?.collection ?? target.model.db.collection(collection)) as Collection

/** Makes entries go by themselves. Without it the log only grows, so a failure costs no entry. */
async function ensureExpiry(entries: Collection, expireAfterSeconds: number, context: WriteContext): Promise<boolean> {
  const name = 'clerk_deliveries_ttl'
  try {
    await entries.createIndex({ lastSeenAt: 1 }, { name, expireAfterSeconds, ...within(context) }).catch((error) => {
      if (!isIndexConflict(error)) throw error
      return entries.conn.db?.command({ collMod: entries.collectionName, index: { name, expireAfterSeconds } })
    })
    return true
  } catch {
    const fields = { collection: entries.collectionName, docs: docsOf('delivery_log') }
    context.logger?.warn(fields, 'entries of the delivery log will not expire')
    return false
  }
}

/** A conflict stays on record when the message comes again, which changes nothing: somebody still has to look at it. */
async function write(entries: Collection, entry: DeliveryEntry, options: object): Promise<void> {
  const isRepeat = entry.outcome === 'stale' || entry.outcome === 'duplicate'
  const known = isRepeat ? { outcome: { $ne: 'conflict' } } : {}
  try {
    await entries.updateOne({ ...byId(entry.messageId), ...known }, toUpdate(entry), { upsert: true, ...options })
  } catch (error) {
    if (!isRepeat || !isDuplicateKey(error)) throw error
    const again = { $set: { lastSeenAt: new Date() }, $inc: { attempts: 1 } } as never
    await entries.updateOne(byId(entry.messageId), again, options)
  }
}

function toUpdate({ messageId: _, type, clerkId, instanceId, eventAt, durationMs, outcome, errorCode }: DeliveryEntry) {
  const now = new Date()
  const known = { type, clerkId, instanceId, eventAt: eventAt === undefined ? undefined : new Date(eventAt) }
  return {
    $setOnInsert: { ...withoutMissing(known), firstSeenAt: now },
    $set: { lastSeenAt: now, durationMs, ...withoutMissing({ outcome, errorCode }) },
    // A failure says nothing about an earlier success, and a success ends what failed before.
    ...(errorCode === undefined && { $unset: { errorCode: 1 } }),
    $inc: { attempts: 1 },
  } as never
}

function withoutMissing(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}

// The driver's types expect an ObjectId.
const byId = (messageId: string) => ({ _id: messageId as never })
