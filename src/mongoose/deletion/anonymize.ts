import { callMapUser } from '../../map/call-map-user'
import { sampleUsers } from '../../map/sample-users'
import type { ConflictReason, WriteContext } from '../../store/write'
import { mappedFields } from '../schema/fields'
import { isDuplicateKey } from '../target/database-error'
import { type AnyDoc, schemaPath, type Target } from '../target/target'
import { fallbackValuesOf, neededPaths } from '../write/fallback-values'
import { isLastingRefusal, type LastingRefusal, refusedPaths } from '../write/lasting-refusal'
import { alive, closeUnmarked, deletedState, marksToUnset, updateWhere } from './deletion'

/** Stands at a text path that the collection's rules do not let be empty. */
export const ERASED = 'deleted'

export interface Erasure {
  /** Whether there was a document that did not say it is deleted. */
  isFound: boolean
  /** What the collection's own rules kept from being done. */
  conflict?: ConflictReason
}

/** How an erasure treats what cannot be empty, from the plainest on. A unique index that refuses leads to the next. */
const namings = ['as the schema says', 'nothing empty', 'longer names', 'leave what is unique'] as const
type Naming = (typeof namings)[number]

/**
 * Empties what came from Clerk, and the password; what a unique index, the schema or the collection's validator needs gets a
 * placeholder. Where the validator refuses even that, as much as it takes is done, and the rest is a conflict.
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
  // The validator may not know the paths of this library: then the tombstone alone says that the user is deleted.
  for (const filled of [new Set<string>(), textPaths(target, context)]) {
    const erased = await erase(target, clerkId, context, filled, (erasure) =>
      closeUnmarked(target, clerkId, erasure, context),
    )
    if (typeof erased === 'boolean') return { isFound: erased, ...(erased && { conflict: refusedBy(refusal) }) }
  }
  return markAlone(target, clerkId, context, () => write(mark), refusal)
}

/** Notes the deletion alone; where the collection's validator refuses that as well, the document is closed without a mark. */
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

export function refusedBy(refusal: LastingRefusal | undefined): ConflictReason {
  const path = (refusal && refusedPaths(refusal)[0]) ?? 'this user'
  const message = `The collection's validator refuses what the deletion leaves at ${path}. Let it take documents without.`
  return { code: 'host_rule', path, message }
}

/** @returns whether a document was found, or the refusal of the collection's rules. */
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
      // An index that only the database knows of counts missing values, or a made-up value is taken.
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
  const { email, username } = target.paths
  const $set: AnyDoc = {}
  const $unset: AnyDoc = {}
  for (const path of personalPaths(target, context)) {
    const isIdentifier = path === email || path === username
    const isNeeded = isIdentifier && (naming !== 'as the schema says' || needed.has(path) || filled.has(path))
    if (naming === 'leave what is unique' && (isNeeded || needed.has(path))) continue
    const form = fallbackValuesOf(target, path, undefined, clerkId, isNeeded).at(naming === 'longer names' ? -1 : 0)
    const value = form ?? (filled.has(path) ? ERASED : undefined)
    if (value === undefined) $unset[path] = 1
    else $set[path] = value
  }
  return { $set, $unset }
}

export interface Erasing {
  $set: AnyDoc
  $unset: AnyDoc
}

const together = (one: Erasing, other: Erasing): AnyDoc => ({
  $set: { ...one.$set, ...other.$set },
  $unset: { ...one.$unset, ...other.$unset },
})

/** Texts among the personal paths: only for these there is a placeholder. */
export function textPaths(target: Target, context: WriteContext): Set<string> {
  const paths = [...personalPaths(target, context)]
  return new Set(paths.filter((path) => schemaPath(target.model, path)?.instance === 'String'))
}

/** All paths that a user of Clerk's can fill, what was noted of them, and the password. */
function personalPaths(target: Target, context: WriteContext): Set<string> {
  const { clerkFingerprints, clerkEmailUnverified, clerkPushWritten } = target.paths
  const { passwordPath, push } = target.options
  // What is emptied here was not taken away by the app.
  const noted = [clerkFingerprints, clerkEmailUnverified, ...(push ? [clerkPushWritten] : [])]
  return new Set([...filledPaths(target, context), ...noted, ...(passwordPath ? [passwordPath] : [])])
}

/** All paths that a user of Clerk's can fill. */
export function filledPaths(target: Target, context: WriteContext): Set<string> {
  const mapUser = context.mapUser ?? target.options.rules.mapUser
  return new Set(sampleUsers.flatMap((user) => [...mappedFields(target, callMapUser(mapUser, user)).values.keys()]))
}
