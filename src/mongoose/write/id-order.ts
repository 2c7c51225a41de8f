import type { WriteContext } from '../../store/write'
import type { SyncModel, Target } from '../target/target'
import { listIndexes } from './ready'

const known = new WeakMap<SyncModel, boolean>()

/** Whether the collection has a collation and so does not order text by code unit. Checked once per process. */
export async function ordersByLanguage(target: Target, context: WriteContext): Promise<boolean> {
  const remembered = known.get(target.model)
  if (remembered !== undefined) return remembered
  const indexes = await listIndexes(target, context)
  const isCollated = indexes.some(({ key, collation }) => Object.keys(key).join() === target.idPath && collation)
  // A collection that does not exist yet can still be created either way.
  if (indexes.length > 0) known.set(target.model, isCollated)
  return isCollated
}

/**
 * Returns a condition that matches any of these ids. The range has no effect on servers that look up each id of the
 * list in the index. Servers that compare the list with every document use the first condition to find candidates, and
 * the ids of one page are close together.
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
