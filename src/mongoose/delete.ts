import { runHostCode } from '../host-code'
import type { OnDelete, WriteContext, WriteResult } from '../store'
import { anonymize, type Erasure, markAlone } from './anonymize'
import { markDeleted, ON_DELETE_DUE, remove } from './deletion'
import { dueOf } from './hook-marks'
import { durable, fromPrimary, type Target, valueAt, within } from './target'
import { findTombstone, marksOf, noteRemoval, writeTombstone } from './tombstones'

/** Applies a deletion, which is final. The tombstone comes first: from then on no insert of this id survives its own look. */
export async function guardedDelete(
  target: Target,
  clerkId: string,
  onDelete: OnDelete,
  context: WriteContext,
): Promise<WriteResult> {
  const own = marksOf(context.marks)
  const isNews = await writeTombstone(target, clerkId, context)
  const { isFound, conflict } = await deleteDocument(target, clerkId, onDelete, context)
  const isRemoved = onDelete === 'hard' && context.marks?.hasHooks === true
  // Told before: whether the hook has finished since, the tombstone knows.
  const standing = isNews || (own.length === 0 && !isRemoved) ? null : await findTombstone(target, clerkId, context)
  if (isRemoved && !standing?.removed) await noteRemoval(target, clerkId, context)
  const due = isNews ? own : dueOf(target, undefined, standing)
  if (conflict) return { outcome: 'conflict', clerkId, due, conflict }
  return { outcome: isFound || isNews ? 'deleted' : 'duplicate', clerkId, due }
}

/**
 * Brings the document to what a deletion leaves.
 * A burial is the deletion of a document that never should have been: the hooks of what made it do not run.
 */
export async function deleteDocument(
  target: Target,
  clerkId: string,
  onDelete: OnDelete,
  context: WriteContext,
  isBurial = false,
): Promise<Erasure> {
  if (onDelete === 'hard') return { isFound: await remove(target, clerkId, context, isBurial) }
  if (onDelete === 'anonymize') return anonymize(target, clerkId, context, isBurial)
  const callsBack = typeof onDelete === 'function'
  const marked = await markAlone(target, clerkId, context, () => {
    return markDeleted(target, clerkId, context, { isBurial, callsBack })
  })
  if (typeof onDelete === 'function') await runOnDelete(target, clerkId, onDelete, context)
  return marked
}

/** Runs the host's function as long as its mark stands, so that a crash or a throw is made good by the redelivery. */
async function runOnDelete(
  target: Target,
  clerkId: string,
  run: Extract<OnDelete, (...args: never[]) => unknown>,
  context: WriteContext,
): Promise<void> {
  const own = { [target.idPath]: clerkId }
  const doc = await target.model.collection.findOne(own, { ...fromPrimary, ...within(context) })
  const due = doc && valueAt(doc, target.paths.clerkHooksDue)
  if (!doc || !Array.isArray(due) || !due.includes(ON_DELETE_DUE)) return
  const user = target.model.hydrate(doc)
  await runHostCode('onDelete', undefined, () => run(user, { clerkId, messageId: context.messageId }))
  const settled =
    due.length === 1
      ? { $unset: { [target.paths.clerkHooksDue]: 1 } }
      : { $pull: { [target.paths.clerkHooksDue]: ON_DELETE_DUE } }
  await target.model.collection.updateOne({ _id: doc._id }, settled as never, { ...durable, ...within(context) })
}
