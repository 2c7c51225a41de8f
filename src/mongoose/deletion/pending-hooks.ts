import type { HookMarks } from '../../store/write'
import { type AnyDoc, type Target, valueAt } from '../target/target'
import type { PendingHooks, Tombstone } from './tombstone'

/** Mark of a deletion until the app's `onDelete` function has run to its end. */
export const ON_DELETE_DUE = 'onDelete'
/** The type of a deletion's pending hook. */
const deletedType = ({ options }: Target): string => `${options.entity.eventName}.deleted`

/**
 * Marks of a new tombstone. Every process writes them, because one without hooks, or with a weaker `onDelete`, cannot
 * know what others have. The `onDelete` mark belongs to functions; the other rules check the document instead.
 */
export function marksOfDeletion(target: Target, { message }: HookMarks = {}): string[] {
  return [message ?? deletedType(target), ON_DELETE_DUE]
}

/**
 * The path of this model's records in a tombstone. A model is identified by its collection, which its processes share.
 */
export function pendingPath(target: Target, name: keyof PendingHooks): string {
  return `models.${modelKey(target)}.${name}`
}

/** A collection's name as a document key, where dots have a meaning. */
export function modelKey({ model }: Pick<Target, 'model'>): string {
  const encoded = (sign: string) => `%${sign.charCodeAt(0).toString(16)}`
  return model.collection.collectionName.replace(/[%.]/g, encoded)
}

/** The pending and finished hooks of a tombstone, for this model. */
export function pendingOf(
  target: Target,
  tombstone: Tombstone,
): { due: string[]; done: readonly string[]; isRemoved: boolean; wasApplied: boolean } {
  const own = tombstone.models?.[modelKey(target)]
  const isEarlier = tombstone.format === undefined
  const ofDeletion = isEarlier ? (tombstone.hooksDue ?? []) : (own?.hooksDue ?? marksOfDeletion(target))
  const done = [...(tombstone.hooksDone ?? []), ...(own?.hooksDone ?? [])]
  const due = [...ofDeletion, ...(own?.hooksKept ?? [])].filter((mark) => !done.includes(mark))
  const isRemoved = own?.removed ?? tombstone.removed ?? false
  // Both hooks run only after the document was processed.
  return {
    due,
    done,
    isRemoved,
    wasApplied: isRemoved || done.includes(deletedType(target)) || done.includes(ON_DELETE_DUE),
  }
}

/** Whether the app's `onDelete` function must still run for a deleted user. */
export function isOnDeletePending(target: Target, doc: AnyDoc, tombstone: Tombstone | null): boolean {
  return hasOnDeleteMark(target, doc) || Boolean(tombstone && pendingOf(target, tombstone).due.includes(ON_DELETE_DUE))
}

/** Whether a document has the `onDelete` mark, which earlier versions stored there. */
export function hasOnDeleteMark({ paths }: Target, doc: AnyDoc): boolean {
  const due = valueAt(doc, paths.clerkHooksDue)
  return Array.isArray(due) && due.includes(ON_DELETE_DUE)
}

/** The marks of hooks that have not finished: message ids and event types. */
export function dueOf(target: Target, doc: AnyDoc | undefined, tombstone?: Tombstone | null): string[] {
  const { clerkHooksDue, clerkPendingType } = target.paths
  const messages = doc && valueAt(doc, clerkHooksDue)
  const pendingType = doc && valueAt(doc, clerkPendingType)
  const pending = tombstone && pendingOf(target, tombstone)
  const marks = [...(Array.isArray(messages) ? messages : []), pendingType, ...(pending?.due ?? [])]
  const done = [ON_DELETE_DUE, ...(pending?.done ?? [])]
  return marks.filter((mark): mark is string => typeof mark === 'string' && !done.includes(mark))
}
