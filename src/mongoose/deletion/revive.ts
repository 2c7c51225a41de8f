import type { WriteContext } from '../../store/write'
import { durable, type Target, within } from '../target/target'
import { ready } from '../write/ready'
import { throughMiddleware } from '../write/through-middleware'
import { resolveRules } from '../write/upsert'
import { deleteDocument } from './delete'
import { findTombstone } from './tombstones'

/**
 * Makes a deleted id writable again, at the version its document has, so that data from Clerk's API applies next.
 *
 * The tombstone goes first. Whoever dies in between leaves a document that says it is deleted, which no event brings back and the
 * next call finishes; the other way round it would be alive with a tombstone, and removed by the next look. A deletion that
 * comes meanwhile leaves a tombstone anew, which is looked for afterwards as by every write that makes a user.
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
  await deleteDocument(target, clerkId, onDelete, { ...context, eventAt: tombstone.deletedAt.getTime() })
}
