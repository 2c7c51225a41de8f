import type { Paths } from '../plugin-options'
import { type AnyDoc, valueAt } from '../target'
import { overlap } from './owned-paths'
import { newToken } from './token'

/** What decides whether a write of the host's is to be pushed. */
export interface Marking {
  /** Owned paths, and aliases of them. */
  owned: readonly string[]
  paths: Paths
}

type Update = AnyDoc | AnyDoc[]

/** What a local change leaves in its own write. */
export const mark = ({ paths }: Pick<Marking, 'paths'>): AnyDoc => ({
  [paths.clerkPushDue]: newToken(),
  [paths.syncStatus]: 'pending',
})

/**
 * The update with the mark in it where it names an owned path; else the update itself. It cannot be known whether it changes the
 * value: the push compares.
 */
export function markUpdate(marking: Marking, update: Update, isUpsert: boolean): Update {
  if (Array.isArray(update)) return update.some(touches(marking)) ? [...update, { $set: mark(marking) }] : update
  const names = Object.entries(update).flatMap(([operator, operand]) => namedBy(operator, operand))
  if (names.some((name) => isOwned(marking, name))) return withMark(marking, update, '$set')
  const onInsert = Object.keys((update.$setOnInsert as AnyDoc | undefined) ?? {})
  if (isUpsert && onInsert.some((name) => isOwned(marking, name))) return withMark(marking, update, '$setOnInsert')
  return update
}

/**
 * One of our own writes, to which middleware of the host's may have added an owned path: then it is the host's value that is
 * stored, rather than that of Clerk's which an insert would bring, and it is marked like any local change.
 */
export function markAddition(marking: Marking, update: AnyDoc): AnyDoc {
  const { $setOnInsert = {}, ...others } = update as { $setOnInsert?: AnyDoc; $set?: AnyDoc }
  // A deletion takes away what is personal, whoever owns it.
  if (others.$set?.[marking.paths.clerkDeletedAt] !== undefined) return update
  const added = Object.entries(others as AnyDoc)
    .flatMap(([operator, operand]) => namedBy(operator, operand))
    .filter((name) => isOwned(marking, name))
  if (added.length === 0) return update
  const left = Object.entries($setOnInsert).filter(([path]) => !added.some((name) => overlap(name, path)))
  return withMark(marking, { ...others, $setOnInsert: Object.fromEntries(left) }, '$set')
}

/** The replacement with the mark in it where it is a user of Clerk's; else the replacement itself. */
export function markReplacement(marking: Marking, replacement: AnyDoc): AnyDoc {
  const { clerkId } = marking.paths
  if (clerkId !== '_id' && !(valueAt(replacement, clerkId) ?? replacement[clerkId])) return replacement
  return Object.entries(mark(marking)).reduce((doc, [path, value]) => withValueAt(doc, path, value), replacement)
}

/** A copy with the value at a dotted path. */
export function withValueAt(doc: AnyDoc, path: string, value: unknown): AnyDoc {
  const [key = path, ...rest] = path.split('.')
  const inner = rest.length === 0 ? value : withValueAt((doc[key] ?? {}) as AnyDoc, rest.join('.'), value)
  return { ...doc, [key]: inner }
}

function namedBy(operator: string, operand: unknown): string[] {
  if (!operator.startsWith('$')) return [operator]
  if (operator === '$setOnInsert' || typeof operand !== 'object' || operand === null) return []
  const targets = operator === '$rename' ? Object.values(operand).map(String) : []
  return [...Object.keys(operand), ...targets]
}

/** Whether a stage of a pipeline can change an owned path; what gives the document a new shape can. */
function touches(marking: Marking): (stage: AnyDoc) => boolean {
  return (stage) =>
    Object.entries(stage).some(([operator, operand]) => {
      if (operator === '$set' || operator === '$addFields')
        return Object.keys(operand as AnyDoc).some((name) => isOwned(marking, name))
      if (operator !== '$unset') return true
      return [operand].flat().some((name) => isOwned(marking, String(name)))
    })
}

function isOwned({ owned }: Marking, name: string): boolean {
  return owned.some((one) => overlap(withoutPositions(one), withoutPositions(name)))
}

/** Without positions in lists: `plans.0.tier`, `plans.$.tier`, `plans.$[].tier`. */
const withoutPositions = (name: string): string =>
  name
    .split('.')
    .filter((key) => !/^(\d+|\$.*)$/.test(key))
    .join('.')

/** Ours in place of what the update itself says of these two paths, which must not stand in two operators. */
function withMark(marking: Marking, update: AnyDoc, operator: '$set' | '$setOnInsert'): AnyDoc {
  const ours = mark(marking)
  const others = Object.entries(update)
    .filter(([key]) => !(key in ours))
    .map(([key, operand]) => [key, key.startsWith('$') ? without(operand, ours) : operand] as const)
    .filter(([key, operand]) => !key.startsWith('$') || Object.keys(operand as object).length > 0)
  const marked: AnyDoc = Object.fromEntries(others)
  return { ...marked, [operator]: { ...(marked[operator] as AnyDoc | undefined), ...ours } }
}

function without(operand: unknown, paths: AnyDoc): AnyDoc {
  return Object.fromEntries(Object.entries((operand ?? {}) as AnyDoc).filter(([path]) => !(path in paths)))
}
