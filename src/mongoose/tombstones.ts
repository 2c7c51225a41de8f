import type { WriteContext } from '../store'
import { durable, fromPrimary, type Target, within } from './target'

/** Svix keeps messages for 90 days, and any of them can be replayed. */
export const TOMBSTONE_TTL_SECONDS = 100 * 24 * 60 * 60

/** Proof that Clerk deleted an id, which it never gives again. */
export interface Tombstone {
  /** Clerk's id. */
  _id: string
  /** When the deletion occurred at Clerk; when we were told, where it did not say. */
  deletedAt: Date
  /** When we were told first. */
  receivedAt: Date
}

/** The tombstone of an id, if Clerk has deleted it as far as we were told. */
export async function findTombstone(target: Target, clerkId: string, context: WriteContext): Promise<Tombstone | null> {
  const found = await target.tombstones.findOne(byId(clerkId), { ...fromPrimary, ...within(context) })
  return found as Tombstone | null
}

/** Writes the tombstone; `false` when it was there already. */
export async function writeTombstone(target: Target, clerkId: string, context: WriteContext): Promise<boolean> {
  const receivedAt = new Date()
  const deletedAt = context.eventAt === undefined ? receivedAt : new Date(context.eventAt)
  const { upsertedCount } = await target.tombstones.updateOne(
    byId(clerkId),
    { $setOnInsert: { deletedAt, receivedAt } },
    { upsert: true, ...durable, ...within(context) },
  )
  return upsertedCount > 0
}

// The driver's types expect an ObjectId.
const byId = (clerkId: string) => ({ _id: clerkId as never })

/** Makes tombstones go by themselves once nothing can be replayed any more. */
export async function ensureTombstoneIndex(target: Target, context: WriteContext): Promise<void> {
  await target.tombstones.createIndex(
    { receivedAt: 1 },
    { name: 'clerk_tombstones_ttl', expireAfterSeconds: TOMBSTONE_TTL_SECONDS, ...within(context) },
  )
}
