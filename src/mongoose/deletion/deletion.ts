import { ClerkSyncError } from '../../errors'
import type { WriteContext } from '../../store/write'
import { throughMiddleware, withoutEmpty } from '../command/send'
import { currentTime } from '../schema/candidate'
import { timestampPaths } from '../schema/fields'
import { type AnyDoc, castAt, durable, fromPrimary, NOT_DELETED, type Target, valueAt, within } from '../target/target'
import { dueOf, pendingOf } from './pending-hooks'
import { findTombstone, inheritMarks } from './tombstones'

/** How often a removal starts over because the document changed after it was read. */
const MAX_ROUNDS = 6

/**
 * The version of a deleted document if the collection's validator refuses the mark: later than any event, so that none
 * applies.
 */
const LAST_VERSION = new Date('9999-12-31T23:59:59.999Z')

/**
 * Closes a document to all later events, without a mark. Bypasses middleware, which would treat it as another change.
 */
export async function closeUnmarked(
  target: Target,
  clerkId: string,
  erasure: { $set?: AnyDoc; $unset?: AnyDoc },
  context: WriteContext,
): Promise<boolean> {
  const $set = { ...erasure.$set, [target.paths.clerkUpdatedAt]: LAST_VERSION }
  const update = withoutEmpty({ $set, $unset: erasure.$unset ?? {} })
  const options = { ...durable, ...within(context) }
  const { collection } = target.model
  return (await collection.updateOne(alive(target, clerkId) as never, update as never, options)).matchedCount > 0
}

/** Matches the user's document while it is not deleted. */
export function alive(target: Target, clerkId: string): AnyDoc {
  return { [target.idPath]: clerkId, [target.paths.clerkDeletedAt]: { ...NOT_DELETED } }
}

/** Matches documents without pending hooks. */
export const hasNoMarks = ({ paths }: Target): AnyDoc => ({
  [paths.clerkHooksDue]: null,
  [paths.clerkPendingType]: null,
})

/** The fields of a deleted document. */
export function deletedState({ paths, model }: Target, context: WriteContext): AnyDoc {
  const now = new Date()
  const { updatedAt } = timestampPaths(model)
  return {
    [paths.clerkDeletedAt]: context.eventAt === undefined ? now : new Date(context.eventAt),
    [paths.syncStatus]: 'error',
    [paths.syncError]: 'deleted',
    [paths.lastClerkSync]: now,
    ...(updatedAt !== undefined && { [updatedAt]: castAt(model, updatedAt, currentTime(model)) }),
  }
}

/** Keeps the document and marks it as deleted. `false` if it already is, or does not exist. */
export async function markDeleted(
  target: Target,
  clerkId: string,
  context: WriteContext,
  isLateInsert: boolean,
): Promise<boolean> {
  const update = { $set: deletedState(target, context), ...marksToUnset(target, isLateInsert) }
  return updateWhere(target, alive(target, clerkId), update, context)
}

/** Sends an update of a deletion through the app's middleware, without the schema's validators. */
export async function updateWhere(
  target: Target,
  filter: AnyDoc,
  given: AnyDoc,
  context: WriteContext,
): Promise<boolean> {
  const update = withoutEmpty(given)
  const options = { ...durable, ...within(context) }
  const { matchedCount } = await throughMiddleware(target, 'updateOne', { filter, update }, (merged) =>
    target.model.collection.updateOne(filter as never, merged as never, options),
  )
  return matchedCount > 0
}

/** Removes the document. Its tombstone keeps the hooks that are still pending. */
export function remove(
  target: Target,
  clerkId: string,
  context: WriteContext,
  isLateInsert: boolean,
): Promise<boolean> {
  const filter = { [target.idPath]: clerkId }
  return throughMiddleware(target, 'deleteOne', { filter }, () => removeStored(target, clerkId, context, isLateInsert))
}

async function removeStored(
  target: Target,
  clerkId: string,
  context: WriteContext,
  isLateInsert: boolean,
): Promise<boolean> {
  const { collection } = target.model
  const { clerkHooksDue, clerkPendingType } = target.paths
  const own = { [target.idPath]: clerkId }
  const options = { ...durable, ...within(context) }
  const removeWhere = async (filter: AnyDoc) => (await collection.deleteOne(filter as never, options)).deletedCount > 0
  if (isLateInsert) return removeWhere(own)
  for (let round = 0; round < MAX_ROUNDS; round++) {
    if (await removeWhere({ ...own, ...hasNoMarks(target) })) return true
    const doc = await collection.findOne(own as never, { ...fromPrimary, ...within(context) })
    if (doc === null) return false
    const tombstone = await findTombstone(target, clerkId, context)
    if (!tombstone || !pendingOf(target, tombstone).isRemoved)
      await inheritMarks(target, clerkId, dueOf(target, doc), context)
    const same = [clerkHooksDue, clerkPendingType].map((path) => ({ [path]: valueAt(doc, path) ?? null }))
    if (await removeWhere({ ...own, $and: same })) return true
  }
  throw new ClerkSyncError('contention', 'Other writers kept changing the document to remove.')
}

/** Marks to remove with the user: a pending push and, for a late insert, hooks that must not run. */
export function marksToUnset({ paths, options }: Target, isLateInsert: boolean): { $unset: AnyDoc } {
  const gone = [
    ...(isLateInsert ? [paths.clerkHooksDue, paths.clerkPendingType] : []),
    ...(options.push
      ? [paths.clerkPushToken, paths.clerkPushLease, paths.clerkPushedVersions, paths.clerkPushReverted]
      : []),
  ]
  return { $unset: Object.fromEntries(gone.map((path) => [path, 1])) }
}
