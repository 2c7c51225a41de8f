import type { DeliveryEntry, DeliveryLog, DeliveryLogOptions } from '../../store/delivery-log'
import type { DeliveryQuery, LoggedDelivery } from '../../store/job-store'
import type { WriteContext } from '../../store/write'
import { type Answer, type Command, sendTogether } from '../command/send-together'
import { modelKey } from '../deletion/pending-hooks'
import { isDuplicateKey } from '../target/database-error'
import { type AnyDoc, durable, fromPrimary, type Target, within } from '../target/target'
import { ensureLogIndexes } from './delivery-log-indexes'
import { findEntries, isOpen, logCollection, type StoredEntry, toLogged, ttlSecondsOf } from './entries'
import { countDelivery } from './tallies'

/**
 * Opens the log on the model's connection: `{ _id: messageId, type, clerkId, …, attempts, firstSeenAt, lastSeenAt }`.
 */
export function openDeliveryLog(target: Target, options: DeliveryLogOptions): DeliveryLog {
  const ttlSeconds = ttlSecondsOf(options)
  const entries = logCollection(target, options)
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
      await write({ collection: entries, base: target.model.base }, entry, modelKey(target), context)
    },
  }
}

/** Iterates over the entries, last delivered first; those that failed by the time of their first failure. */
export async function* readDeliveries(
  target: Target,
  options: DeliveryLogOptions,
  { failed, since, limit }: DeliveryQuery,
  context: WriteContext,
): AsyncGenerator<LoggedDelivery> {
  const filter = {
    ...(failed && isOpen),
    ...(since && { lastSeenAt: { $gte: since } }),
  }
  const cursor = findEntries(logCollection(target, options), filter, context).sort(
    failed ? { openSince: -1 } : { lastSeenAt: -1 },
  )
  for await (const entry of limit === undefined ? cursor : cursor.limit(limit)) {
    yield toLogged(entry as unknown as StoredEntry)
  }
}

/** What an entry loses as soon as its message needs no attention. */
const closed = { errorCode: 1, openSince: 1 } as const

/** Records failed messages and conflicts as `stale`, which a redelivery would be. */
export async function closeDeliveries(
  target: Target,
  options: DeliveryLogOptions,
  messageIds: readonly string[],
  context: WriteContext,
): Promise<void> {
  const filter = { _id: { $in: messageIds as never[] } }
  const update = { $set: { outcome: 'stale' }, $unset: closed } as never
  await logCollection(target, options).updateMany(filter, update, { ...durable, ...within(context) })
}

/**
 * Writes an entry and counts the delivery, with one command. A conflict is kept if a redelivery changes nothing, because
 * it still needs attention.
 */
async function write(
  log: Parameters<typeof sendTogether>[0],
  entry: DeliveryEntry,
  model: string,
  context: WriteContext,
): Promise<void> {
  const now = new Date()
  const own = { _id: entry.messageId }
  const isRepeat = entry.outcome === 'stale' || entry.outcome === 'duplicate'
  const known = isRepeat ? { outcome: { $ne: 'conflict' } } : {}
  const count = countDelivery(entry, now)
  const first: Command = { filter: { ...own, ...known }, update: toUpdate(entry, model, now), upsert: true }
  const done = entry.isHookDone && { $addToSet: { hooksDone: model } }
  const again: AnyDoc = { $set: { lastSeenAt: now }, $inc: { attempts: 1 }, ...done }
  const second: Command = isRepeat ? { filter: own, update: again, upsert: false } : first
  const options = { ...durable, ...within(context) }
  const answers = await sendTogether(log, [first, count], options)
  // What was refused is sent once more: the entry is a conflict, or another process inserted the same document.
  const refused = [second, count].filter((_, index) => isDuplicate(answers[index]))
  const left = refused.length > 0 ? await sendTogether(log, refused, options) : []
  const failed = [...answers.filter((answer) => !isDuplicate(answer)), ...left].find((answer) => 'error' in answer)
  if (failed) throw failed.error
}

const isDuplicate = (answer: Answer<unknown> | undefined): boolean =>
  answer !== undefined && 'error' in answer && isDuplicateKey(answer.error)

function toUpdate(entry: DeliveryEntry, model: string, now: Date): AnyDoc {
  const { type, clerkId, instanceId, eventAt, durationMs, outcome, errorCode, isHookDone } = entry
  const known = { type, clerkId, instanceId, eventAt: eventAt === undefined ? undefined : new Date(eventAt) }
  return {
    $setOnInsert: { ...withoutMissing(known), firstSeenAt: now, ...(!isHookDone && { hooksDone: [] }) },
    ...(isHookDone && { $addToSet: { hooksDone: model } }),
    $set: { lastSeenAt: now, durationMs, ...withoutMissing({ outcome, errorCode }) },
    // A failure does not affect an earlier success; a success removes an earlier failure.
    ...(errorCode === undefined ? { $unset: closed } : { $min: { openSince: now } }),
    $inc: { attempts: 1 },
  }
}

function withoutMissing(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}

// The driver's types expect an ObjectId.
const byId = (messageId: string) => ({ _id: messageId as never })
