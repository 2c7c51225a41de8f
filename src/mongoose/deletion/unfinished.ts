import type { OnDelete, WriteContext } from '../../store/write'
import { type AnyDoc, type Target, valueAt } from '../target/target'
import { fallbackValuesOf, neededPaths } from '../write/fallback-values'
import type { LastingRefusal } from '../write/lasting-refusal'
import { ERASED, type Erasure, erase, filledPaths, refusedBy, textPaths } from './anonymize'
import { deletedState, updateWhere } from './deletion'
import { owesFunction } from './owed'
import type { Tombstone } from './tombstone'

/**
 * Tells of documents that say they are deleted whether a weaker rule than `onDelete` made them so: a process with other rules, or
 * the app before its rule was changed.
 * @returns a function of the document and its tombstone; without one it answers `true` where only that can tell.
 */
export function unfinishedBy(
  target: Target,
  onDelete: OnDelete,
  context: WriteContext,
): (doc: AnyDoc, clerkId: string, tombstone?: Tombstone | null) => boolean {
  if (onDelete === 'soft') return () => false
  if (onDelete === 'hard') return () => true
  if (typeof onDelete === 'function') {
    return (doc, _, tombstone) => tombstone === undefined || owesFunction(target, doc, tombstone)
  }
  const paths = telltalePaths(target, context)
  return (doc, clerkId) => {
    return paths.some((path) => !erasedValues(target, path, clerkId).includes(valueAt(doc, path) ?? undefined))
  }
}

/** Empties a document that a weaker rule than `anonymize` left as it was. */
export async function completeErasure(target: Target, clerkId: string, context: WriteContext): Promise<Erasure> {
  const { clerkDeletedAt } = target.paths
  const isLeft = telltalePaths(target, context).map((path) => {
    const fallbacks = erasedValues(target, path, clerkId).map((form) => form ?? null)
    return { [path]: { $nin: fallbacks } }
  })
  if (isLeft.length === 0) return { isFound: false }
  const filter = { [target.idPath]: clerkId, [clerkDeletedAt]: { $type: 'date' }, $or: isLeft }
  // The user stays deleted since when it was.
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
 * Paths whose value shows that it was never erased. One that has to hold a value is asked only where no other is mapped: what
 * stands there may be the placeholder as the app encrypts it.
 */
function telltalePaths(target: Target, context: WriteContext): string[] {
  const paths = [...filledPaths(target, context)]
  const needed = neededPaths(target)
  const others = paths.filter((path) => !needed.has(path))
  return others.length > 0 ? others : paths
}

/** What an erasure may leave at a path. */
function erasedValues(target: Target, path: string, clerkId: string): unknown[] {
  const fallbacks = fallbackValuesOf(target, path, undefined, clerkId, true)
  const lower = fallbacks.map((form) => (typeof form === 'string' ? form.toLowerCase() : form))
  return [undefined, ...fallbacks, ...lower, ERASED]
}
