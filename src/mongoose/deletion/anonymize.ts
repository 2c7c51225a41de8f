import type { ConflictReason, WriteContext } from '../../store/write'
import { isLastingRefusal, type LastingRefusal, refusedPaths } from '../command/lasting-refusal'
import { mappedFields } from '../schema/fields'
import { neededPaths } from '../schema/needed-paths'
import { isDuplicateKey } from '../target/database-error'
import { mappedSamples } from '../target/entity'
import { type AnyDoc, resolveRules, schemaPath, type Target } from '../target/target'
import { alive, closeUnmarked, deletedState, marksToUnset, updateWhere } from './deletion'

/** Stored at text paths that the collection's rules do not allow to be empty. */
export const ERASED = 'deleted'

/** Result of a deletion on the document. */
export interface Erasure {
  /** Whether a document not yet marked as deleted was found. */
  isFound: boolean
  /** What the collection's own rules prevented. */
  conflict?: ConflictReason
}

/**
 * How an erasure fills paths that must not be empty, simplest first. A unique index that refuses one leads to the next.
 */
const namings = ['as the schema says', 'nothing empty', 'longer names', 'leave what is unique'] as const
type Naming = (typeof namings)[number]

/**
 * Empties the fields from Clerk and the password. Paths required by a unique index, the schema or the collection's
 * validator get a placeholder. If the validator refuses even that, as much as possible is erased, and the rest is a
 * conflict.
 */
export async function anonymize(
  target: Target,
  clerkId: string,
  context: WriteContext,
  isLateInsert: boolean,
): Promise<Erasure> {
  const mark = { $set: deletedState(target, context), ...marksToUnset(target, isLateInsert) }
  const write = (update: AnyDoc) => updateWhere(target, alive(target, clerkId), update, context)
  let refusal: LastingRefusal | undefined
  for (const filled of [new Set<string>(), textPaths(target, context)]) {
    const erased = await erase(target, clerkId, context, filled, (erasure) => write(together(mark, erasure)))
    if (typeof erased === 'boolean') return { isFound: erased }
    refusal = erased
  }
  // The validator may reject this library's paths. Then only the tombstone shows the deletion.
  for (const filled of [new Set<string>(), textPaths(target, context)]) {
    const erased = await erase(target, clerkId, context, filled, (erasure) =>
      closeUnmarked(target, clerkId, erasure, context),
    )
    if (typeof erased === 'boolean') return { isFound: erased, ...(erased && { conflict: refusedBy(refusal) }) }
  }
  return markAlone(target, clerkId, context, () => write(mark), refusal)
}

/**
 * Marks the document as deleted without emptying it. If the collection's validator refuses that too, closes the
 * document without a mark.
 */
export async function markAlone(
  target: Target,
  clerkId: string,
  context: WriteContext,
  mark: () => Promise<boolean>,
  earlier?: LastingRefusal,
): Promise<Erasure> {
  try {
    const isFound = await mark()
    return { isFound, ...(isFound && earlier && { conflict: refusedBy(earlier) }) }
  } catch (error) {
    if (!isLastingRefusal(error)) throw error
    await closeUnmarked(target, clerkId, {}, context).catch((again) => {
      if (!isLastingRefusal(again)) throw again
    })
    return { isFound: true, conflict: refusedBy(earlier ?? error) }
  }
}

/** The conflict for an erasure that the collection's validator refused. */
export function refusedBy(refusal: LastingRefusal | undefined): ConflictReason {
  const path = (refusal && refusedPaths(refusal)[0]) ?? 'this user'
  const message = `The collection's validator refuses the anonymized document at ${path}. Allow documents without it.`
  return { code: 'host_rule', path, message }
}

/**
 * Tries to write an erasure, with each way of filling paths in turn.
 * @returns whether a document was found, or the refusal by the collection's rules.
 */
export async function erase(
  target: Target,
  clerkId: string,
  context: WriteContext,
  filled: ReadonlySet<string>,
  write: (erasure: Erasing) => Promise<boolean>,
): Promise<boolean | LastingRefusal> {
  for (const naming of namings) {
    try {
      return await write(erasureOf(target, clerkId, context, naming, filled))
    } catch (error) {
      if (isLastingRefusal(error)) return error
      // An index that only the database has counts missing values, or a placeholder is taken.
      if (naming === 'leave what is unique' || !isDuplicateKey(error)) throw error
    }
  }
  return false
}

function erasureOf(
  target: Target,
  clerkId: string,
  context: WriteContext,
  naming: Naming,
  filled: ReadonlySet<string>,
): Erasing {
  const needed = neededPaths(target)
  const identifiers = target.options.entity.identifiers(target.paths)
  const $set: AnyDoc = {}
  const $unset: AnyDoc = {}
  for (const path of personalPaths(target, context)) {
    const isIdentifier = identifiers.includes(path)
    const isNeeded = isIdentifier && (naming !== 'as the schema says' || needed.has(path) || filled.has(path))
    if (naming === 'leave what is unique' && (isNeeded || needed.has(path))) continue
    const form = target.options.entity
      .fallbackValues(target.paths, path, undefined, clerkId, isNeeded)
      .at(naming === 'longer names' ? -1 : 0)
    const value = form ?? (filled.has(path) ? ERASED : undefined)
    if (value === undefined) $unset[path] = 1
    else $set[path] = value
  }
  return { $set, $unset }
}

/** The update that erases a document. */
export interface Erasing {
  $set: AnyDoc
  $unset: AnyDoc
}

const together = (one: Erasing, other: Erasing): AnyDoc => ({
  $set: { ...one.$set, ...other.$set },
  $unset: { ...one.$unset, ...other.$unset },
})

/** The personal paths that hold text. Only these can get a placeholder. */
export function textPaths(target: Target, context: WriteContext): Set<string> {
  const paths = [...personalPaths(target, context)]
  return new Set(paths.filter((path) => schemaPath(target.model, path)?.instance === 'String'))
}

/** All paths filled from Clerk, the library's records about them, and the password. */
function personalPaths(target: Target, context: WriteContext): Set<string> {
  const { clerkFingerprints, clerkEmailUnverified, clerkPushWritten } = target.paths
  const { passwordPath, push } = target.options
  // Paths emptied here must not count as removed by the app.
  const noted = [
    clerkFingerprints,
    ...(clerkEmailUnverified === undefined ? [] : [clerkEmailUnverified]),
    ...(push ? [clerkPushWritten] : []),
  ]
  return new Set([...filledPaths(target, context), ...noted, ...(passwordPath ? [passwordPath] : [])])
}

/** All paths that the map fills for samples. */
export function filledPaths(target: Target, context: WriteContext): Set<string> {
  const samples = mappedSamples(target.options.entity, resolveRules(target, context))
  return new Set(samples.flatMap((mapped) => [...mappedFields(target, mapped).values.keys()]))
}
