import type { HookMarks, WriteContext } from '../store'
import { durable, fromPrimary, inOneBatch, type Target, within } from './target'

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
  /** Marks of hooks that have not finished, see `hook-marks.ts`. */
  hooksDue?: string[]
  /** Where documents are removed: marks of hooks that have finished since, whoever may still be about to keep them. */
  hooksDone?: string[]
  /** Where documents are removed and there are hooks: what owes one after this was inserted too late to count. */
  removed?: boolean
}

/** The tombstone of an id, if Clerk has deleted it as far as we were told. */
export async function findTombstone(target: Target, clerkId: string, context: WriteContext): Promise<Tombstone | null> {
  const found = await target.tombstones.findOne(byId(clerkId), { ...fromPrimary, ...within(context) })
  return found as Tombstone | null
}

/** The tombstones among many ids, by id. */
export async function findTombstones(
  target: Target,
  clerkIds: readonly string[],
  context: WriteContext,
): Promise<Map<string, Tombstone>> {
  if (clerkIds.length === 0) return new Map()
  const filter = { _id: { $in: [...clerkIds] as never[] } }
  const options = { ...inOneBatch(clerkIds), ...fromPrimary, ...within(context) }
  const found = await target.tombstones.find(filter, options).toArray()
  return new Map((found as unknown as Tombstone[]).map((tombstone) => [tombstone._id, tombstone]))
}

/** Writes the tombstone; `false` when it was there already. */
export async function writeTombstone(target: Target, clerkId: string, context: WriteContext): Promise<boolean> {
  const receivedAt = new Date()
  const marks = marksOf(context.marks)
  const deletedAt = context.eventAt === undefined ? receivedAt : new Date(context.eventAt)
  const { upsertedCount } = await target.tombstones.updateOne(
    byId(clerkId),
    // Only with the insert: a redelivery would leave the mark again.
    { $setOnInsert: { deletedAt, receivedAt, ...(marks.length > 0 && { hooksDue: marks }) } },
    { upsert: true, ...durable, ...within(context) },
  )
  return upsertedCount > 0
}

/** Takes a finished hook's marks away. */
export async function settleTombstone(
  target: Target,
  clerkId: string,
  hook: HookMarks,
  context: WriteContext,
): Promise<void> {
  const marks = marksOf(hook)
  const update = { $pull: { hooksDue: { $in: marks } }, $addToSet: { hooksDone: { $each: marks } } } as never
  await target.tombstones.updateOne(byId(clerkId), update, { ...durable, ...within(context) })
}

/** Keeps the marks of a document that is about to be removed. */
export async function inheritMarks(
  target: Target,
  clerkId: string,
  marks: readonly string[],
  context: WriteContext,
): Promise<void> {
  const $addToSet = { hooksDue: { $each: marks } } as never
  await target.tombstones.updateOne(byId(clerkId), { $addToSet }, { ...durable, ...within(context) })
}

/** Notes that the document is gone, and that its marks have been kept. */
export async function noteRemoval(target: Target, clerkId: string, context: WriteContext): Promise<void> {
  await target.tombstones.updateOne(byId(clerkId), { $set: { removed: true } }, { ...durable, ...within(context) })
}

/** The marks as the list they are stored as. */
export function marksOf({ message, sentinel }: HookMarks = {}): string[] {
  return [message, sentinel].filter((mark) => mark !== undefined)
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
