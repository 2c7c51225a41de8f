import type { WriteContext } from '../../store/write'
import type { SyncModel, Target } from '../target/target'
import { listIndexes } from './ready'

const known = new WeakMap<SyncModel, boolean>()

/** Whether the collection orders text as a language does, by a collation of its own, and not by code unit. Asked once a process. */
export async function ordersByLanguage(target: Target, context: WriteContext): Promise<boolean> {
  const remembered = known.get(target.model)
  if (remembered !== undefined) return remembered
  const indexes = await listIndexes(target, context)
  const isCollated = indexes.some(({ key, collation }) => Object.keys(key).join() === target.idPath && collation)
  // Where there is no collection yet, it may still become either.
  if (indexes.length > 0) known.set(target.model, isCollated)
  return isCollated
}

/**
 * Matches any of these ids. The range around them narrows nothing where a list is looked up in the index; servers that compare
 * the list with each document take the first condition to find those by, and the ids of one page are neighbours.
 */
export async function anyOf(
  target: Target,
  ids: readonly string[],
  context: WriteContext,
): Promise<{ $gte?: string; $lte?: string; $in: string[] }> {
  const sorted = [...ids].sort()
  const [first, last] = [sorted[0], sorted.at(-1)]
  if (first === undefined || last === undefined || (await ordersByLanguage(target, context))) return { $in: sorted }
  return { $gte: first, $lte: last, $in: sorted }
}
