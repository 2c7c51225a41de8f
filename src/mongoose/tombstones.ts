import type { WriteContext } from '../store'
import { durable, fromPrimary, type Target, within } from './target'

/** Svix keeps messages for 90 days, and any of them can be replayed. */
export const TOMBSTONE_TTL_SECONDS = 100 * 24 * 60 * 60

/** Tombstones are `{ _id: clerkId, receivedAt }`: proof that Clerk deleted an id, which it never gives again. */
type Id = never

/** Whether Clerk has deleted this id, as far as we were told. */
export async function hasTombstone(target: Target, clerkId: string, context: WriteContext): Promise<boolean> {
  const found = await target.tombstones.findOne({ _id: clerkId as Id }, { ...fromPrimary, ...within(context) })
  return found !== null
}

/** Writes the tombstone; `false` when it was there already. */
export async function writeTombstone(target: Target, clerkId: string, context: WriteContext): Promise<boolean> {
  const { upsertedCount } = await target.tombstones.updateOne(
    { _id: clerkId as Id },
    { $setOnInsert: { receivedAt: new Date() } },
    { upsert: true, ...durable, ...within(context) },
  )
  return upsertedCount > 0
}

/** Makes tombstones go by themselves once nothing can be replayed any more. */
export async function ensureTombstoneIndex(target: Target, context: WriteContext): Promise<void> {
  await target.tombstones.createIndex(
    { receivedAt: 1 },
    { name: 'clerk_tombstones_ttl', expireAfterSeconds: TOMBSTONE_TTL_SECONDS, ...within(context) },
  )
}
