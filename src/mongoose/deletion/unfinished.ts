import type { OnDelete, WriteContext } from '../../store/write'
import type { LastingRefusal } from '../command/lasting-refusal'
import { neededPaths } from '../schema/needed-paths'
import { type AnyDoc, type Target, valueAt } from '../target/target'
import { ERASED, type Erasure, erase, filledPaths, refusedBy, textPaths } from './anonymize'
import { deletedState, updateWhere } from './deletion'
import { isOnDeletePending } from './pending-hooks'
import type { Tombstone } from './tombstone'

/**
 * Returns a check whether a deleted document was deleted by a weaker rule than `onDelete`: by a process with other
 * rules, or before the app changed its rule.
 * @returns a function of the document and its tombstone. Without a tombstone it returns `true` if only that could
 * decide.
 */
export function unfinishedBy(
  target: Target,
  onDelete: OnDelete,
  context: WriteContext,
): (doc: AnyDoc, clerkId: string, tombstone?: Tombstone | null) => boolean {
  if (onDelete === 'soft') return () => false
  if (onDelete === 'hard') return () => true
  if (typeof onDelete === 'function') {
    return (doc, _, tombstone) => tombstone === undefined || isOnDeletePending(target, doc, tombstone)
  }
  const paths = pathsThatShowErasure(target, context)
  return (doc, clerkId) => {
    return paths.some((path) => !erasedValues(target, path, clerkId).includes(valueAt(doc, path) ?? undefined))
  }
}

/** Empties a document that was deleted by a weaker rule than `anonymize`. */
export async function completeErasure(target: Target, clerkId: string, context: WriteContext): Promise<Erasure> {
  const { clerkDeletedAt } = target.paths
  const isLeft = pathsThatShowErasure(target, context).map((path) => {
    const fallbacks = erasedValues(target, path, clerkId).map((form) => form ?? null)
    return { [path]: { $nin: fallbacks } }
  })
  if (isLeft.length === 0) return { isFound: false }
  const filter = { [target.idPath]: clerkId, [clerkDeletedAt]: { $type: 'date' }, $or: isLeft }
  // The date of the deletion is kept.
  const { [clerkDeletedAt]: _, ...state } = deletedState(target, context)
  let refusal: LastingRefusal | undefined
  for (const filled of [new Set<string>(), textPaths(target, context)]) {
    const erased = await erase(target, clerkId, context, filled, ({ $set, $unset }) =>
      updateWhere(target, filter, { $set: { ...state, ...$set }, $unset }, context),
    )
    if (typeof erased === 'boolean') return { isFound: erased }
    refusal = erased
  }
  return { isFound: true, conflict: refusedBy(refusal) }
}

/**
 * Paths whose value shows that they were never erased. Paths that must not be empty are used only if no others are
 * mapped, because the app may have encrypted their placeholder.
 */
function pathsThatShowErasure(target: Target, context: WriteContext): string[] {
  const paths = [...filledPaths(target, context)]
  const needed = neededPaths(target)
  const others = paths.filter((path) => !needed.has(path))
  return others.length > 0 ? others : paths
}

/** Values that an erasure can leave at a path. */
function erasedValues(target: Target, path: string, clerkId: string): unknown[] {
  const fallbacks = target.options.entity.fallbackValues(target.paths, path, undefined, clerkId, true)
  const lower = fallbacks.map((form) => (typeof form === 'string' ? form.toLowerCase() : form))
  return [undefined, ...fallbacks, ...lower, ERASED]
}
