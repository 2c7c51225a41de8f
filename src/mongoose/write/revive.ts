import type { WriteContext } from '../../store/write'
import { throughMiddleware } from '../command/send'
import { removeLateInsert } from '../deletion/delete'
import { findTombstone } from '../deletion/tombstones'
import { durable, resolveRules, type Target, within } from '../target/target'
import { ready } from './ready'

/**
 * Makes a deleted id writable again, at its document's version, so that data from the Backend API applies next.
 *
 * Removes the tombstone first. A crash in between leaves a document marked as deleted, which no event restores and the
 * next call finishes; in the other order it would leave a live document with a tombstone, which the next check removes.
 * A concurrent deletion writes a new tombstone, which is checked afterwards, as after every insert.
 */
export async function revive(target: Target, clerkId: string, context: WriteContext): Promise<void> {
  await ready(target, context)
  const options = { ...durable, ...within(context) }
  const { clerkDeletedAt, syncError, syncErrorPath, syncStatus } = target.paths
  await target.tombstones.deleteOne({ _id: clerkId as never }, options)
  const deleted = { [target.idPath]: clerkId, [clerkDeletedAt]: { $exists: true } }
  const update = {
    $set: { [syncStatus]: 'active' },
    $unset: { [clerkDeletedAt]: 1, [syncError]: 1, [syncErrorPath]: 1 },
  }
  await throughMiddleware(target, 'updateOne', { filter: deleted, update }, (merged) =>
    target.model.collection.updateOne(deleted as never, merged as never, options),
  )
  const tombstone = await findTombstone(target, clerkId, context)
  if (!tombstone) return
  const { onDelete } = resolveRules(target, context)
  await removeLateInsert(target, tombstone, { onDelete, context, isLateInsert: false })
}
