import type { HookMarks } from '../../store/write'
import { type AnyDoc, type Target, valueAt } from '../target/target'
import type { Owed, Tombstone } from './tombstone'

/** Stands among the marks of a deletion until an `onDelete` function of the app has run to its end. */
export const ON_DELETE_DUE = 'onDelete'
/** The type whose hook a deletion owes. */
const DELETED = 'user.deleted'

/**
 * What a new tombstone owes, whoever writes it: a process without hooks, or with a weaker `onDelete`, cannot know what others have.
 * A function is for `onDelete` what runs it; the other rules tell from the document whether they were applied.
 */
export function marksOfDeletion({ message }: HookMarks = {}): string[] {
  return [message ?? DELETED, ON_DELETE_DUE]
}

/** Where in a tombstone something of this model stands. A model is known by its collection, which its processes share. */
export function owedPath(target: Target, name: keyof Owed): string {
  return `models.${modelKey(target)}.${name}`
}

/** A collection's name as a key of a document, where dots mean something. */
export function modelKey({ model }: Pick<Target, 'model'>): string {
  const encoded = (sign: string) => `%${sign.charCodeAt(0).toString(16)}`
  return model.collection.collectionName.replace(/[%.]/g, encoded)
}

/** What a tombstone owes to this model. */
export function owedOf(
  target: Target,
  tombstone: Tombstone,
): { due: string[]; done: readonly string[]; isRemoved: boolean; wasApplied: boolean } {
  const own = tombstone.models?.[modelKey(target)]
  const isEarlier = tombstone.format === undefined
  const ofDeletion = isEarlier ? (tombstone.hooksDue ?? []) : (own?.hooksDue ?? marksOfDeletion())
  const done = [...(tombstone.hooksDone ?? []), ...(own?.hooksDone ?? [])]
  const due = [...ofDeletion, ...(own?.hooksKept ?? [])].filter((mark) => !done.includes(mark))
  const isRemoved = own?.removed ?? tombstone.removed ?? false
  // What runs after the document was reached has finished.
  return { due, done, isRemoved, wasApplied: isRemoved || done.includes(DELETED) || done.includes(ON_DELETE_DUE) }
}

/** Whether a function given as `onDelete` has not run to its end for a deleted user. */
export function owesFunction(target: Target, doc: AnyDoc, tombstone: Tombstone | null): boolean {
  return bearsMark(target, doc) || Boolean(tombstone && owedOf(target, tombstone).due.includes(ON_DELETE_DUE))
}

/** Whether a document bears the mark of `onDelete`, which earlier versions left there. */
export function bearsMark({ paths }: Target, doc: AnyDoc): boolean {
  const due = valueAt(doc, paths.clerkHooksDue)
  return Array.isArray(due) && due.includes(ON_DELETE_DUE)
}
