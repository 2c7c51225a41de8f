import { runHostCode } from '../../host/host-code'
import type { OnDelete, WriteContext, WriteResult } from '../../store/write'
import { durable, fromPrimary, type Target, within } from '../target/target'
import { dueOf } from '../write/hook-marks'
import { anonymize, type Erasure, markAlone } from './anonymize'
import { markDeleted, remove } from './deletion'
import { bearsMark, marksOfDeletion, ON_DELETE_DUE, owedOf, owesFunction } from './owed'
import { findTombstone, marksOf, noteRemoval, settleTombstone, writeTombstone } from './tombstones'
import { completeErasure } from './unfinished'

/** Applies a deletion, which is final. The tombstone comes first: from then on no insert of this id survives its own look. */
export async function guardedDelete(
  target: Target,
  clerkId: string,
  onDelete: OnDelete,
  context: WriteContext,
): Promise<WriteResult> {
  const own = marksOf(context.marks)
  const owed = marksOfDeletion(context.marks)
  const isNews = await writeTombstone(target, clerkId, owed, context)
  const { isFound, conflict } = await deleteDocument(target, clerkId, onDelete, context, { isNews })
  const isRemoved = onDelete === 'hard' && context.marks?.hasHooks === true
  // Told before: whether the hook has finished since, the tombstone knows.
  const standing = isNews || (own.length === 0 && !isRemoved) ? null : await findTombstone(target, clerkId, context)
  if (isRemoved && !(standing && owedOf(target, standing).isRemoved)) await noteRemoval(target, clerkId, context)
  const due = isNews ? owed.filter((mark) => mark !== ON_DELETE_DUE) : dueOf(target, undefined, standing)
  if (conflict) return { outcome: 'conflict', clerkId, due, conflict }
  return { outcome: isFound || isNews ? 'deleted' : 'duplicate', clerkId, due }
}

/** How a document is met by its deletion. */
interface Meeting {
  /** It never should have been there: the hooks of what made it do not run. */
  isLateInsert?: boolean
  /** Nothing was known of the deletion before. */
  isNews?: boolean
}

/** Brings the document to what a deletion leaves, also where one by a weaker rule came before. */
export async function deleteDocument(
  target: Target,
  clerkId: string,
  onDelete: OnDelete,
  context: WriteContext,
  { isLateInsert = false, isNews = false }: Meeting = {},
): Promise<Erasure> {
  if (onDelete === 'hard') return { isFound: await remove(target, clerkId, context, isLateInsert) }
  if (onDelete === 'anonymize') {
    const erased = await anonymize(target, clerkId, context, isLateInsert)
    const isFirst = isNews && context.messageId !== undefined
    return erased.isFound || isFirst ? erased : completeErasure(target, clerkId, context)
  }
  const marked = await markAlone(target, clerkId, context, () => markDeleted(target, clerkId, context, isLateInsert))
  if (typeof onDelete === 'function') {
    const mayBeOwed = marked.isFound ? 'owed' : isNews ? 'never' : 'perhaps'
    if (mayBeOwed !== 'never') await runOnDelete(target, clerkId, onDelete, context, mayBeOwed)
  }
  return marked
}

/** Runs the host's function as long as its mark stands, so that a crash or a throw is made good by the redelivery. */
async function runOnDelete(
  target: Target,
  clerkId: string,
  run: Extract<OnDelete, (...args: never[]) => unknown>,
  context: WriteContext,
  mayBeOwed: 'owed' | 'perhaps',
): Promise<void> {
  const { clerkHooksDue } = target.paths
  const doc = await target.model.collection.findOne(
    { [target.idPath]: clerkId },
    { ...fromPrimary, ...within(context) },
  )
  if (!doc) return
  if (mayBeOwed === 'perhaps' && !owesFunction(target, doc, await findTombstone(target, clerkId, context))) return
  const user = target.model.hydrate(doc)
  await runHostCode('onDelete', undefined, () => run(user, { clerkId, messageId: context.messageId }))
  await settleTombstone(target, clerkId, { pendingType: ON_DELETE_DUE }, context)
  if (!bearsMark(target, doc)) return
  const $pull = { [clerkHooksDue]: ON_DELETE_DUE } as never
  await target.model.collection.updateOne({ _id: doc._id }, { $pull }, { ...durable, ...within(context) })
}
