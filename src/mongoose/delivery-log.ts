import type { Collection } from 'mongoose'
import type { DeliveryEntry, DeliveryLog, DeliveryLogOptions, SyncOutcome, WriteContext } from '../store'
import { durable, fromPrimary, type Target, within } from './target'

const DAY_SECONDS = 24 * 60 * 60

/** The log on the model's connection: `{ _id: messageId, type, clerkId, …, attempts, firstSeenAt, lastSeenAt }`. */
export function openDeliveryLog(target: Target, { collection, ttlDays = 90, model }: DeliveryLogOptions): DeliveryLog {
  const name = collection ?? 'clerk_deliveries'
  const entries = (model?.collection ?? target.model.db.collection(name)) as Collection
  let indexed: Promise<unknown> | undefined

  /** Makes entries go by themselves, once a process. */
  async function ready(context: WriteContext): Promise<void> {
    const expire = { name: 'clerk_deliveries_ttl', expireAfterSeconds: ttlDays * DAY_SECONDS }
    indexed ??= entries.createIndex({ lastSeenAt: 1 }, { ...expire, ...within(context) })
    await indexed.catch((error) => {
      indexed = undefined
      throw error
    })
  }

  return {
    async outcomeOf(messageId, context) {
      const found = await entries.findOne(byId(messageId), { ...fromPrimary, ...within(context) })
      return (found?.outcome ?? undefined) as SyncOutcome | undefined
    },
    async record(entry, context) {
      await ready(context)
      await entries.updateOne(byId(entry.messageId), toUpdate(entry), { upsert: true, ...durable, ...within(context) })
    },
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
