import type { HookMarks, WriteContext } from '../../store/write'
import { latest } from '../../time/deadline'
import { Group } from '../command/send'
import type { Answer } from '../command/send-together'
import { isIndexConflict } from '../target/database-error'
import type { Incoming } from '../target/incoming'
import { durable, fromPrimary, inOneBatch, oncePerModel, type Target, within } from '../target/target'
import { pendingPath } from './pending-hooks'
import type { Tombstone } from './tombstone'

/** How long Svix keeps messages, in days. Any of them can be replayed. */
export const REPLAY_DAYS = 90
const TOMBSTONE_TTL_SECONDS = 100 * 24 * 60 * 60

/** Finds the tombstone of an id, if its deletion is known. */
export async function findTombstone(target: Target, clerkId: string, context: WriteContext): Promise<Tombstone | null> {
  return findDeletion(target, { clerkId, owners: [] }, context)
}

interface Lookup {
  ids: readonly string[]
  context: WriteContext
}

type Tombstones = ReadonlyMap<string, Tombstone>

/** Lookups of deliveries that are in flight share a command. */
const lookupsOf = oncePerModel((target) => new Group((lookups: Lookup[]) => lookUp(target, lookups)))

/** Each lookup gets all that was found. */
async function lookUp(target: Target, lookups: readonly Lookup[]): Promise<Answer<Tombstones>[]> {
  const ids = new Set(lookups.flatMap((lookup) => lookup.ids))
  const deadline = latest(lookups.map(({ context }) => context.deadline))
  const found = await findTombstones(target, [...ids], { deadline })
  return lookups.map(() => ({ result: found }))
}

/** Finds the tombstones of many ids, by id. */
export async function findTombstones(
  target: Target,
  clerkIds: readonly string[],
  context: { deadline?: number | undefined },
): Promise<Map<string, Tombstone>> {
  const [first] = clerkIds
  if (first === undefined) return new Map()
  // The usual case, for which the driver needs least.
  if (clerkIds.length === 1) {
    const tombstone = await target.tombstones.findOne(byId(first), { ...fromPrimary, ...within(context) })
    return new Map(tombstone ? [[first, tombstone as unknown as Tombstone]] : [])
  }
  const filter = { _id: { $in: [...clerkIds] as never[] } }
  const options = { ...inOneBatch(clerkIds), ...fromPrimary, ...within(context) }
  const found = await target.tombstones.find(filter, options).toArray()
  return new Map((found as unknown as Tombstone[]).map((tombstone) => [tombstone._id, tombstone]))
}

/** What a resource's own deletion is found by, and that of the resources it belongs to. */
type Mortal = Pick<Incoming, 'clerkId' | 'owners'>

const idsOf = ({ clerkId, owners }: Mortal): string[] => [clerkId, ...owners]

const endOf = (one: Mortal, found: Tombstones): Tombstone | undefined =>
  deletionOf(
    one.clerkId,
    idsOf(one).map((id) => found.get(id)),
  )

/** Finds the deletion that ends a resource, with one command: its own, or that of a resource it belongs to. */
export async function findDeletion(target: Target, one: Mortal, context: WriteContext): Promise<Tombstone | null> {
  return endOf(one, await lookupsOf(target).add({ ids: idsOf(one), context })) ?? null
}

/** Finds the deletions that end many resources, by their ids. */
export async function findDeletions(
  target: Target,
  all: readonly Mortal[],
  context: WriteContext,
): Promise<Map<string, Tombstone>> {
  const ids = new Set(all.flatMap(idsOf))
  const found = await findTombstones(target, [...ids], context)
  const ends = all.map((one) => endOf(one, found))
  return new Map(ends.filter((end) => end !== undefined).map((end) => [end._id, end]))
}

/**
 * The deletion that ends a resource.
 * @param tombstones Its own, and those of the resources it belongs to.
 */
export function deletionOf(clerkId: string, tombstones: readonly (Tombstone | undefined)[]): Tombstone | undefined {
  const first = tombstones.find((tombstone) => tombstone !== undefined)
  if (!first || first._id === clerkId) return first
  const { deletedAt, receivedAt } = first
  return { _id: clerkId, deletedAt, receivedAt, format: 2, isOfOwner: true }
}

/** Writes the tombstone with its pending hooks for this model; `false` if it existed. */
export async function writeTombstone(
  target: Target,
  clerkId: string,
  hooksDue: readonly string[],
  context: WriteContext,
): Promise<boolean> {
  const receivedAt = new Date()
  const deletedAt = context.eventAt === undefined ? receivedAt : new Date(context.eventAt)
  const { upsertedCount } = await target.tombstones.updateOne(
    byId(clerkId),
    // Only with the insert: a redelivery must not restore the marks.
    { $setOnInsert: { deletedAt, receivedAt, format: 2, [pendingPath(target, 'hooksDue')]: hooksDue } },
    { upsert: true, ...durable, ...within(context) },
  )
  return upsertedCount > 0
}

/** Removes a finished hook's marks. */
export async function clearTombstoneMarks(
  target: Target,
  clerkId: string,
  hook: HookMarks,
  context: WriteContext,
): Promise<void> {
  const marks = marksOf(hook)
  const update = {
    $pull: { [pendingPath(target, 'hooksDue')]: { $in: marks }, [pendingPath(target, 'hooksKept')]: { $in: marks } },
    $addToSet: { [pendingPath(target, 'hooksDone')]: { $each: marks } },
  } as never
  await target.tombstones.updateOne(byId(clerkId), update, { ...durable, ...within(context) })
}

/** Keeps the marks of a document that is about to be removed. */
export async function inheritMarks(
  target: Target,
  clerkId: string,
  marks: readonly string[],
  context: WriteContext,
): Promise<void> {
  const $addToSet = { [pendingPath(target, 'hooksKept')]: { $each: marks } } as never
  await target.tombstones.updateOne(byId(clerkId), { $addToSet }, { ...durable, ...within(context) })
}

/** Records that the document was removed and its marks were kept. */
export async function recordRemoval(target: Target, clerkId: string, context: WriteContext): Promise<void> {
  const $set = { [pendingPath(target, 'removed')]: true }
  await target.tombstones.updateOne(byId(clerkId), { $set }, { ...durable, ...within(context) })
}

/** Returns the marks as the list in which they are stored. */
export function marksOf({ message, pendingType }: HookMarks = {}): string[] {
  return [message, pendingType].filter((mark) => mark !== undefined)
}

// The driver's types expect an ObjectId.
const byId = (clerkId: string) => ({ _id: clerkId as never })

/**
 * Creates the index that expires tombstones when no message can be replayed any more. An existing index with another
 * time is kept; one shorter than Svix's replay period is warned about.
 */
export async function ensureTombstoneIndex(target: Target, context: WriteContext): Promise<void> {
  const { tombstones } = target
  const days = await expiryDays(tombstones, 'receivedAt', context)
  if (typeof days === 'number') return warnOfShortExpiry(target, days, context)
  const options = { name: 'clerk_tombstones_ttl', expireAfterSeconds: TOMBSTONE_TTL_SECONDS, ...within(context) }
  try {
    await tombstones.createIndex({ receivedAt: 1 }, options)
  } catch (error) {
    if (!isIndexConflict(error)) throw error
  }
}

function warnOfShortExpiry({ tombstones }: Target, days: number, { logger }: WriteContext): void {
  if (days >= REPLAY_DAYS) return
  logger?.warn(
    { collection: tombstones.collectionName, days },
    `records of deletions expire after ${days} days, but Svix can replay for ${REPLAY_DAYS}: deleted users could come back. ` +
      'Drop the index on receivedAt; the next start builds the right one',
  )
}

const DAY_SECONDS = 24 * 60 * 60

/** Days after which the index on a path expires documents; `undefined` without such an index. */
export async function expiryDays(
  collection: Target['tombstones'],
  path: string,
  context: Pick<WriteContext, 'deadline'>,
): Promise<number | 'no collection' | undefined> {
  try {
    const indexes = await collection.indexes({ ...fromPrimary, ...within(context) })
    const expiring = indexes.filter(({ expireAfterSeconds }) => typeof expireAfterSeconds === 'number')
    const seconds: unknown = expiring.find(({ key }) => Object.keys(key).join() === path)?.expireAfterSeconds
    return typeof seconds === 'number' ? seconds / DAY_SECONDS : undefined
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 26) return 'no collection'
    throw error
  }
}
