import type { Collection } from 'mongoose'
import { atLeast } from '../../number-options'
import type { DeliveryEntry, DeliveryLog, DeliveryLogOptions } from '../../store/delivery-log'
import type { DeliveryCounts, DeliveryQuery, LoggedDelivery } from '../../store/job-store'
import type { WriteContext } from '../../store/write'
import { modelKey } from '../deletion/pending-hooks'
import { isDuplicateKey } from '../target/database-error'
import { durable, fromPrimary, type Target, within } from '../target/target'
import { ensureLogIndexes } from './delivery-log-indexes'

const DAY_SECONDS = 24 * 60 * 60
/** The largest value of a TTL index. */
const MAX_TTL_SECONDS = 2 ** 31 - 1

/**
 * Opens the log on the model's connection: `{ _id: messageId, type, clerkId, …, attempts, firstSeenAt, lastSeenAt }`.
 */
export function openDeliveryLog(target: Target, options: DeliveryLogOptions): DeliveryLog {
  const ttlSeconds = Math.min(MAX_TTL_SECONDS, atLeast('deliveries.ttlDays', options.ttlDays ?? 90, 0) * DAY_SECONDS)
  const entries = entriesOf(target, options)
  let isIndexed = false
  return {
    async isHookDone(messageId, context) {
      const found = await entries.findOne(byId(messageId), { ...fromPrimary, ...within(context) })
      const entry = found as unknown as StoredEntry | null
      // Earlier versions stored no list: an outcome meant success.
      return entry?.hooksDone?.includes(modelKey(target)) ?? entry?.outcome !== undefined
    },
    async record(entry, context) {
      if (!isIndexed) isIndexed = await ensureLogIndexes(entries, ttlSeconds, context)
      await write(entries, entry, modelKey(target), { ...durable, ...within(context) })
    },
  }
}

/** Iterates over the entries, last delivered first. */
export async function* readDeliveries(
  target: Target,
  options: DeliveryLogOptions,
  { failed, since, limit }: DeliveryQuery,
  context: WriteContext,
): AsyncGenerator<LoggedDelivery> {
  const filter = {
    // Conflicts have one too.
    ...(failed && { errorCode: { $exists: true } }),
    ...(since && { lastSeenAt: { $gte: since } }),
  }
  const cursor = entriesOf(target, options)
    .find(filter as never, { ...fromPrimary, ...within(context) })
    .sort({ lastSeenAt: -1 })
  for await (const entry of limit === undefined ? cursor : cursor.limit(limit)) {
    const { _id: messageId, clerkId, instanceId, eventAt, hooksDone: _, ...rest } = entry as unknown as StoredEntry
    yield { messageId, clerkId, instanceId, eventAt, ...rest }
  }
}

/** Counts entries with an index that contains all that is needed, one key per message. */
export async function countDeliveries(
  target: Target,
  options: DeliveryLogOptions,
  since: Date,
  context: WriteContext,
): Promise<DeliveryCounts> {
  const group = { _id: '$outcome', count: { $sum: 1 }, lastAt: { $max: '$lastSeenAt' } }
  const pipeline = [{ $match: { lastSeenAt: { $gte: since } } }, { $group: group }]
  const counted = await entriesOf(target, options)
    .aggregate<{ _id: string | null; count: number; lastAt: Date }>(pipeline, { ...fromPrimary, ...within(context) })
    .toArray()
  const last = Math.max(...counted.map(({ lastAt }) => lastAt.getTime()))
  return {
    byOutcome: Object.fromEntries(counted.map(({ _id, count }) => [_id ?? 'failing', count])),
    lastAt: counted.length > 0 ? new Date(last) : undefined,
  }
}

/** Records failed messages and conflicts as `stale`, which a redelivery would be. */
export async function closeDeliveries(
  target: Target,
  options: DeliveryLogOptions,
  messageIds: readonly string[],
  context: WriteContext,
): Promise<void> {
  const filter = { _id: { $in: messageIds as never[] } }
  const update = { $set: { outcome: 'stale' }, $unset: { errorCode: 1 } } as never
  await entriesOf(target, options).updateMany(filter, update, { ...durable, ...within(context) })
}

interface StoredEntry extends Omit<LoggedDelivery, 'messageId'> {
  _id: string
  /** Models whose hook for this message has finished, named as in a tombstone. */
  hooksDone?: string[]
}

/** The log's collection. */
export const entriesOf = (target: Target, { collection = 'clerk_deliveries', model }: DeliveryLogOptions): Collection =>
  (model?.collection ?? target.model.db.collection(collection)) as Collection

/** Writes an entry. A conflict is kept if a redelivery changes nothing, because it still needs attention. */
async function write(entries: Collection, entry: DeliveryEntry, model: string, options: object): Promise<void> {
  const isRepeat = entry.outcome === 'stale' || entry.outcome === 'duplicate'
  const known = isRepeat ? { outcome: { $ne: 'conflict' } } : {}
  try {
    await entries.updateOne({ ...byId(entry.messageId), ...known }, toUpdate(entry, model), {
      upsert: true,
      ...options,
    })
  } catch (error) {
    if (!isRepeat || !isDuplicateKey(error)) throw error
    const done = entry.isHookDone && { $addToSet: { hooksDone: model } }
    const again = { $set: { lastSeenAt: new Date() }, $inc: { attempts: 1 }, ...done } as never
    await entries.updateOne(byId(entry.messageId), again, options)
  }
}

function toUpdate(entry: DeliveryEntry, model: string) {
  const { type, clerkId, instanceId, eventAt, durationMs, outcome, errorCode, isHookDone } = entry
  const now = new Date()
  const known = { type, clerkId, instanceId, eventAt: eventAt === undefined ? undefined : new Date(eventAt) }
  return {
    $setOnInsert: { ...withoutMissing(known), firstSeenAt: now, ...(!isHookDone && { hooksDone: [] }) },
    ...(isHookDone && { $addToSet: { hooksDone: model } }),
    $set: { lastSeenAt: now, durationMs, ...withoutMissing({ outcome, errorCode }) },
    // A failure does not affect an earlier success; a success removes an earlier failure.
    ...(errorCode === undefined && { $unset: { errorCode: 1 } }),
    $inc: { attempts: 1 },
  } as never
}

function withoutMissing(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}

// The driver's types expect an ObjectId.
const byId = (messageId: string) => ({ _id: messageId as never })
