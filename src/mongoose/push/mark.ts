import { recordAt } from '../schema/map-keys'
import { overlap } from '../target/owned-paths'
import type { Paths } from '../target/paths'
import { type AnyDoc, valueAt } from '../target/target'
import { newToken } from './token'

/** The paths that decide whether a write of the app must be pushed. */
export interface Marking {
  /** Names of owned paths: the path itself, and its aliases. */
  owned: readonly { name: string; path: string }[]
  paths: Paths
}

type Update = AnyDoc | AnyDoc[]

/** The fields that mark a user as due for a push. @param token Another token if an event makes the user due. */
export const mark = ({ paths }: Pick<Marking, 'paths'>, token = newToken()): AnyDoc => ({
  [paths.clerkPushToken]: token,
  [paths.syncStatus]: 'pending',
})

/** The record that the app wrote these owned paths. */
export const recordsOf = ({ paths }: Pick<Marking, 'paths'>, owned: Iterable<string>): AnyDoc =>
  Object.fromEntries([...owned].map((path) => [recordAt(paths, path), true]))

/**
 * Adds the mark to an update of an owned path, and a record for each such path; returns other updates unchanged.
 * Whether the value really changes is unknown here: the push compares.
 */
export function markUpdate(marking: Marking, update: Update, isUpsert: boolean): Update {
  if (Array.isArray(update)) return markPipeline(marking, update)
  const written = ownedAmong(marking, namesIn(update))
  const onInsert = isUpsert ? ownedAmong(marking, Object.keys((update.$setOnInsert as AnyDoc | undefined) ?? {})) : []
  const marked = withMark(marking, update, written, '$set')
  const once = onInsert.filter((path) => !written.includes(path))
  if (written.length === 0) return withMark(marking, update, once, '$setOnInsert')
  return once.length === 0 ? marked : withEntries(marked, '$setOnInsert', recordsOf(marking, once))
}

/** A stage that replaces the document can change an owned path, but does not show that the app wrote it. */
function markPipeline(marking: Marking, stages: AnyDoc[]): AnyDoc[] {
  const names = stages.map(namesInStage)
  const written = ownedAmong(
    marking,
    names.flatMap((one) => one ?? []),
  )
  if (written.length === 0 && !names.includes(undefined)) return stages
  return [...stages, { $set: { ...mark(marking), ...recordsOf(marking, written) } }]
}

/**
 * Marks one of our own writes if app middleware added an owned path. The app's value is then stored instead of the
 * value from Clerk that an insert would set, and marked like any local change.
 *
 * @param taken Owned paths that the write itself sets to Clerk's value.
 */
export function markAddition(marking: Marking, update: AnyDoc, taken: readonly string[]): AnyDoc {
  const { $setOnInsert = {}, ...others } = update as { $setOnInsert?: AnyDoc; $set?: AnyDoc }
  // A deletion removes personal values regardless of their owner.
  if (others.$set?.[marking.paths.clerkDeletedAt] !== undefined) return update
  const names = namesIn(others as AnyDoc).filter((name) => !taken.includes(name))
  const added = ownedAmong(marking, names)
  if (added.length === 0) return update
  const left = Object.entries($setOnInsert).filter(([path]) => !added.some((one) => overlap(one, path)))
  return withMark(marking, { ...others, $setOnInsert: Object.fromEntries(left) }, added, '$set')
}

/**
 * Adds to a replacement the records of its owned paths, and the mark if it is a Clerk user. A path that the replacement
 * omits does not count as removed: Clerk keeps the value, because a value lost by mistake is worse than an old one.
 */
export function markReplacement(marking: Marking, replacement: AnyDoc): AnyDoc {
  const { clerkId } = marking.paths
  const isUser = clerkId === '_id' || Boolean(valueAt(replacement, clerkId) ?? replacement[clerkId])
  const present = marking.owned.filter(({ name }) => (valueAt(replacement, name) ?? replacement[name]) !== undefined)
  const ours = {
    ...(isUser && mark(marking)),
    ...recordsOf(
      marking,
      present.map(({ path }) => path),
    ),
  }
  return Object.entries(ours).reduce((doc, [path, value]) => withValueAt(doc, path, value), replacement)
}

/** A copy with the value at a dotted path. */
export function withValueAt(doc: AnyDoc, path: string, value: unknown): AnyDoc {
  const [key = path, ...rest] = path.split('.')
  const inner = rest.length === 0 ? value : withValueAt((doc[key] ?? {}) as AnyDoc, rest.join('.'), value)
  return { ...doc, [key]: inner }
}

/** Paths in an update, except those that only an insert sets. */
export const namesIn = (update: AnyDoc): string[] =>
  Object.entries(update).flatMap(([operator, operand]) => namedBy(operator, operand))

function namedBy(operator: string, operand: unknown): string[] {
  if (!operator.startsWith('$')) return [operator]
  if (operator === '$setOnInsert' || typeof operand !== 'object' || operand === null) return []
  const targets = operator === '$rename' ? Object.values(operand).map(String) : []
  return [...Object.keys(operand), ...targets]
}

/** Paths in a pipeline stage; `undefined` if the stage replaces the document. */
function namesInStage(stage: AnyDoc): string[] | undefined {
  const names = Object.entries(stage).map(([operator, operand]) => {
    if (operator === '$set' || operator === '$addFields') return Object.keys(operand as AnyDoc)
    return operator === '$unset' ? [operand].flat().map(String) : undefined
  })
  return names.includes(undefined) ? undefined : names.flatMap((one) => one ?? [])
}

/** The owned paths that any of the names writes. */
export function ownedAmong({ owned }: Pick<Marking, 'owned'>, names: readonly string[]): string[] {
  const isNamed = (own: string) => names.some((name) => overlap(withoutPositions(own), withoutPositions(name)))
  return [...new Set(owned.filter(({ name }) => isNamed(name)).map(({ path }) => path))]
}

/** Removes positions in arrays: `plans.0.tier`, `plans.$.tier`, `plans.$[].tier`. */
const withoutPositions = (name: string): string =>
  name
    .split('.')
    .filter((key) => !/^(\d+|\$.*)$/.test(key))
    .join('.')

/**
 * Adds the mark and the records, and removes the update's own entries for these paths, because a path must not be in
 * two operators.
 */
function withMark(
  marking: Marking,
  update: AnyDoc,
  written: readonly string[],
  operator: '$set' | '$setOnInsert',
): AnyDoc {
  if (written.length === 0) return update
  const ours = mark(marking)
  const isOurs = (path: string) => path in ours || overlap(path, marking.paths.clerkPushWritten)
  const others = Object.entries(update)
    .filter(([key]) => !isOurs(key))
    .map(([key, operand]) => [key, key.startsWith('$') ? without(operand, isOurs) : operand] as const)
    .filter(([key, operand]) => !key.startsWith('$') || Object.keys(operand as object).length > 0)
  return withEntries(Object.fromEntries(others), operator, { ...ours, ...recordsOf(marking, written) })
}

const withEntries = (update: AnyDoc, operator: string, entries: AnyDoc): AnyDoc => ({
  ...update,
  [operator]: { ...(update[operator] as AnyDoc | undefined), ...entries },
})

function without(operand: unknown, isLeftOut: (path: string) => boolean): AnyDoc {
  return Object.fromEntries(Object.entries((operand ?? {}) as AnyDoc).filter(([path]) => !isLeftOut(path)))
}
