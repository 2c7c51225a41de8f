import { runHostCode } from '../../host/host-code'
import type { Dependents } from '../../store/clerk-store'
import type { OnDelete, WriteContext, WriteResult } from '../../store/write'
import { durable, fromPrimary, type SyncModel, type Target, within } from '../target/target'
import { anonymize, type Erasure, markAlone } from './anonymize'
import { markDeleted, remove } from './deletion'
import { dueOf, hasOnDeleteMark, isOnDeletePending, marksOfDeletion, ON_DELETE_DUE, pendingOf } from './pending-hooks'
import type { Tombstone } from './tombstone'
import { clearTombstoneMarks, findTombstone, marksOf, recordRemoval, writeTombstone } from './tombstones'
import { completeErasure } from './unfinished'

/**
 * Applies a deletion, which is final. Writes the tombstone first, so that every later insert of this id is removed by
 * its own check.
 */
export async function guardedDelete(
  target: Target,
  clerkId: string,
  onDelete: OnDelete,
  context: WriteContext,
): Promise<WriteResult> {
  const own = marksOf(context.marks)
  const marks = marksOfDeletion(target, context.marks)
  const isNew = await writeTombstone(target, clerkId, marks, context)
  const { isFound, conflict } = await deleteDocument(target, clerkId, onDelete, context, { isNew })
  await endDependents(target, clerkId, context, !isNew)
  const isRemoved = onDelete === 'hard' && context.marks?.hasHooks === true
  // Not the first deletion: the tombstone shows whether the hook has finished since.
  const standing = isNew || (own.length === 0 && !isRemoved) ? null : await findTombstone(target, clerkId, context)
  if (isRemoved && !(standing && pendingOf(target, standing).isRemoved)) await recordRemoval(target, clerkId, context)
  const due = isNew ? marks.filter((mark) => mark !== ON_DELETE_DUE) : dueOf(target, undefined, standing)
  if (conflict) return { outcome: 'conflict', clerkId, due, conflict }
  return { outcome: isFound || isNew ? 'deleted' : 'duplicate', clerkId, due }
}

/** What is known about the document when its deletion is applied. */
interface DeletionFacts {
  /** The document was created by an event that arrived after the deletion; its create hooks do not run. */
  isLateInsert?: boolean
  /** The deletion was unknown before. */
  isNew?: boolean
}

/** Brings the document to the state that a deletion leaves, also after a deletion by a weaker rule. */
export async function deleteDocument(
  target: Target,
  clerkId: string,
  onDelete: OnDelete,
  context: WriteContext,
  { isLateInsert = false, isNew = false }: DeletionFacts = {},
): Promise<Erasure> {
  if (onDelete === 'hard') return { isFound: await remove(target, clerkId, context, isLateInsert) }
  if (onDelete === 'anonymize') {
    const erased = await anonymize(target, clerkId, context, isLateInsert)
    const isFirst = isNew && context.messageId !== undefined
    return erased.isFound || isFirst ? erased : completeErasure(target, clerkId, context)
  }
  const marked = await markAlone(target, clerkId, context, () => markDeleted(target, clerkId, context, isLateInsert))
  if (typeof onDelete === 'function') {
    const pending = marked.isFound ? 'yes' : isNew ? 'no' : 'unknown'
    if (pending !== 'no') await runOnDelete(target, clerkId, onDelete, context, pending)
  }
  return marked
}

/**
 * Applies the deletion of a tombstone to a document that does not show it.
 * @param how `isLateInsert`: the document was inserted after the deletion, so its own hooks do not run.
 */
export async function removeLateInsert(
  target: Target,
  { _id, deletedAt, isOfOwner }: Tombstone,
  how: { onDelete: OnDelete; context: WriteContext; isLateInsert: boolean },
): Promise<Erasure> {
  const { onDelete, isLateInsert } = how
  const context = { ...how.context, eventAt: deletedAt.getTime() }
  // Its own tombstone keeps the hooks that are still pending.
  if (isOfOwner) await writeTombstone(target, _id, marksOfDeletion(target), context)
  return deleteDocument(target, _id, onDelete, context, { isLateInsert })
}

/** Runs the app's function while its mark is stored, so that a redelivery repeats it after a crash or an exception. */
async function runOnDelete(
  target: Target,
  clerkId: string,
  run: Extract<OnDelete, (...args: never[]) => unknown>,
  context: WriteContext,
  pending: 'yes' | 'unknown',
): Promise<void> {
  const { clerkHooksDue } = target.paths
  const doc = await target.model.collection.findOne(
    { [target.idPath]: clerkId },
    { ...fromPrimary, ...within(context) },
  )
  if (!doc) return
  if (pending === 'unknown' && !isOnDeletePending(target, doc, await findTombstone(target, clerkId, context))) return
  const user = target.model.hydrate(doc)
  await runHostCode('onDelete', undefined, () => run(user, { clerkId, messageId: context.messageId }))
  await clearTombstoneMarks(target, clerkId, { pendingType: ON_DELETE_DUE }, context)
  if (!hasOnDeleteMark(target, doc)) return
  const $pull = { [clerkHooksDue]: ON_DELETE_DUE } as never
  await target.model.collection.updateOne({ _id: doc._id }, { $pull }, { ...durable, ...within(context) })
}

const dependentsByModel = new WeakMap<SyncModel, Map<string, Dependents>>()

/** Records what ends with the documents of a model, in this process. */
export function addDependents(model: SyncModel, dependents: Dependents): void {
  dependentsByModel.set(model, new Map([...(dependentsByModel.get(model) ?? []), [dependents.name, dependents]]))
}

/** What ends with the documents of a model. */
export const dependentsOf = (model: SyncModel): readonly Dependents[] => [
  ...(dependentsByModel.get(model)?.values() ?? []),
]

/** Ends what belongs to a deleted resource. Its tombstone is written already, so that nothing can be added meanwhile. */
async function endDependents(
  { model }: Target,
  clerkId: string,
  context: WriteContext,
  isAgain: boolean,
): Promise<void> {
  const { logger, deadline, eventAt } = context
  const own = { ...(logger && { logger }), ...(deadline && { deadline }), ...(eventAt && { eventAt }) }
  for (const dependents of dependentsOf(model)) await dependents.endAllOf(clerkId, own, isAgain)
}
