import { overlap } from '../target/owned-paths'
import type { Paths } from '../target/paths'
import { type AnyDoc, valueAt } from '../target/target'
import { recordAt } from './opinion'
import { newToken } from './token'

/** What decides whether a write of the host's is to be pushed. */
export interface Marking {
  /** Names of owned paths: the path itself, and aliases of it. */
  owned: readonly { name: string; path: string }[]
  paths: Paths
}

type Update = AnyDoc | AnyDoc[]

/** What a local change leaves in its own write. @param token Another where an event makes the user due. */
export const mark = ({ paths }: Pick<Marking, 'paths'>, token = newToken()): AnyDoc => ({
  [paths.clerkPushToken]: token,
  [paths.syncStatus]: 'pending',
})

/** The record that the app wrote these owned paths. */
export const recordsOf = ({ paths }: Pick<Marking, 'paths'>, owned: Iterable<string>): AnyDoc =>
  Object.fromEntries([...owned].map((path) => [recordAt(paths, path), true]))

/**
 * The update with the mark in it where it names an owned path, and with the record of each that it names; else the update itself. It
 * cannot be known whether it changes the value: the push compares.
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

/** A stage that gives the document a new shape can change an owned path, and does not say that the app wrote it. */
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
 * One of our own writes, to which middleware of the host's may have added an owned path: then it is the host's value that is
 * stored, rather than that of Clerk's which an insert would bring, and it is marked like any local change.
 *
 * @param taken Owned paths to which the write itself brings Clerk's value.
 */
export function markAddition(marking: Marking, update: AnyDoc, taken: readonly string[]): AnyDoc {
  const { $setOnInsert = {}, ...others } = update as { $setOnInsert?: AnyDoc; $set?: AnyDoc }
  // A deletion takes away what is personal, whoever owns it.
  if (others.$set?.[marking.paths.clerkDeletedAt] !== undefined) return update
  const names = namesIn(others as AnyDoc).filter((name) => !taken.includes(name))
  const added = ownedAmong(marking, names)
  if (added.length === 0) return update
  const left = Object.entries($setOnInsert).filter(([path]) => !added.some((one) => overlap(one, path)))
  return withMark(marking, { ...others, $setOnInsert: Object.fromEntries(left) }, added, '$set')
}

/**
 * The replacement with the record of the owned paths that are in it, and with the mark where it is a user of Clerk's. What it leaves
 * out is no removal: that is worse at Clerk than to keep it.
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

/** Paths that an update names, but for those of an insert alone. */
export const namesIn = (update: AnyDoc): string[] =>
  Object.entries(update).flatMap(([operator, operand]) => namedBy(operator, operand))

function namedBy(operator: string, operand: unknown): string[] {
  if (!operator.startsWith('$')) return [operator]
  if (operator === '$setOnInsert' || typeof operand !== 'object' || operand === null) return []
  const targets = operator === '$rename' ? Object.values(operand).map(String) : []
  return [...Object.keys(operand), ...targets]
}

/** Paths that a stage of a pipeline names; `undefined` where it gives the document a new shape. */
function namesInStage(stage: AnyDoc): string[] | undefined {
  const names = Object.entries(stage).map(([operator, operand]) => {
    if (operator === '$set' || operator === '$addFields') return Object.keys(operand as AnyDoc)
    return operator === '$unset' ? [operand].flat().map(String) : undefined
  })
  return names.includes(undefined) ? undefined : names.flatMap((one) => one ?? [])
}

/** The owned paths that some of the names write. */
export function ownedAmong({ owned }: Pick<Marking, 'owned'>, names: readonly string[]): string[] {
  const isNamed = (own: string) => names.some((name) => overlap(withoutPositions(own), withoutPositions(name)))
  return [...new Set(owned.filter(({ name }) => isNamed(name)).map(({ path }) => path))]
}

/** Without positions in lists: `plans.0.tier`, `plans.$.tier`, `plans.$[].tier`. */
const withoutPositions = (name: string): string =>
  name
    .split('.')
    .filter((key) => !/^(\d+|\$.*)$/.test(key))
    .join('.')

/**
 * With the mark and the records of what is written, in place of what the update itself says of these paths, which must not stand in
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
