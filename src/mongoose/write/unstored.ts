import type { Collection } from 'mongoose'
import type { ConflictReason, WriteContext } from '../../store/write'
import { isIndexConflict } from '../target/database-error'
import type { Incoming } from '../target/incoming'
import { durable, type SyncModel, type Target, within } from '../target/target'

/** Shorter than a tombstone's, because a record about a deleted user must not outlive its tombstone. */
const TTL_SECONDS = 90 * 24 * 60 * 60

/** A user's version that could not be stored. The users' collection has no trace of it. */
export interface UnstoredRecord extends ConflictReason {
  _id: string
  /** Name of the users' collection, because several models can share this one. */
  users: string
  clerkId: string
  /** The version that could not be stored. */
  at: Date
  lastSeenAt: Date
}

/** Records a user that was not stored, for `status`. A failure is logged and does not fail the delivery. */
export async function recordUnstored(
  target: Target,
  { clerkId, at }: Incoming,
  { code, path, message }: ConflictReason,
  context: WriteContext,
): Promise<void> {
  try {
    await expiring(target, context)
    const $set = { users: usersOf(target), clerkId, at, code, message, lastSeenAt: new Date() }
    const update = path === undefined ? { $set, $unset: { path: 1 } } : { $set: { ...$set, path } }
    const own = { _id: idOf(target, clerkId) } as never
    await unstoredCollection(target).updateOne(own, update as never, { upsert: true, ...durable, ...within(context) })
  } catch {
    context.logger?.warn(
      { clerkId, code },
      'the conflict could not be recorded: status does not show it, reconcile does',
    )
  }
}

/** Removes records about users that Clerk no longer has. */
export async function removeUnstored(
  target: Target,
  clerkIds: readonly string[],
  context: WriteContext,
): Promise<void> {
  const filter = { _id: { $in: clerkIds.map((clerkId) => idOf(target, clerkId)) } }
  await unstoredCollection(target).deleteMany(filter as never, { ...durable, ...within(context) })
}

const indexed = new WeakMap<SyncModel, Promise<unknown>>()

/**
 * Creates the index that expires records. Runs once per process, before the first record, because most apps never have
 * one.
 */
function expiring(target: Target, context: WriteContext): Promise<unknown> {
  const known = indexed.get(target.model)
  if (known) return known
  const options = { name: 'clerk_conflicts_ttl', expireAfterSeconds: TTL_SECONDS, ...within(context) }
  const attempt = unstoredCollection(target)
    .createIndex({ lastSeenAt: 1 }, options)
    .catch((error) => {
      if (!isIndexConflict(error)) throw error
    })
  indexed.set(target.model, attempt)
  attempt.catch(() => indexed.delete(target.model))
  return attempt
}

/** Name of the users' collection. */
export const usersOf = ({ model }: Target): string => model.collection.collectionName
const idOf = (target: Target, clerkId: string): string => `${usersOf(target)}/${clerkId}`
/** The collection of users that could not be stored. */
export const unstoredCollection = ({ model, options }: Target): Collection =>
  model.db.collection(options.conflicts) as Collection
