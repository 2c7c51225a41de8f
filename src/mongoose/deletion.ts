import { callMapUser } from '../map/call-map-user'
import { sampleUsers } from '../map/sample-users'
import type { WriteContext } from '../store'
import { isDuplicateKey } from './database-error'
import { mappedFields } from './fields'
import { formsOf, neededPaths } from './forms'
import { dueOf } from './hook-marks'
import { type AnyDoc, durable, fromPrimary, NOT_DELETED, type Target, trusted, valueAt, within } from './target'
import { findTombstone, inheritMarks } from './tombstones'

/** Stands among `clerkHooksDue` from the deletion until the host's `onDelete` function has run to its end. */
export const ON_DELETE_DUE = 'onDelete'

function alive(target: Target, clerkId: string): AnyDoc {
  return { [target.idPath]: clerkId, [target.paths.clerkDeletedAt]: trusted(target, { ...NOT_DELETED }) }
}

function deletedState({ paths }: Target, context: WriteContext): AnyDoc {
  const now = new Date()
  return {
    [paths.clerkDeletedAt]: context.eventAt === undefined ? now : new Date(context.eventAt),
    [paths.syncStatus]: 'error',
    [paths.syncError]: 'deleted',
    [paths.lastClerkSync]: now,
  }
}

/** Keeps the document and says that Clerk deleted the user. */
export async function markDeleted(
  target: Target,
  clerkId: string,
  context: WriteContext,
  { isBurial, callsBack }: { isBurial: boolean; callsBack: boolean },
): Promise<boolean> {
  const { clerkHooksDue } = target.paths
  const { $unset } = burial(target, isBurial)
  const $set = deletedState(target, context)
  if (isBurial && callsBack) {
    delete $unset[clerkHooksDue]
    $set[clerkHooksDue] = [ON_DELETE_DUE]
  }
  const $addToSet = callsBack && !isBurial ? { $addToSet: { [clerkHooksDue]: ON_DELETE_DUE } } : {}
  const options = { ...durable, ...within(context) }
  const { matchedCount } = await target.model.updateOne(alive(target, clerkId), { $set, $unset, ...$addToSet }, options)
  return matchedCount > 0
}

/** Removes the document. Hooks that it still owes are owed by the tombstone from then on. */
export async function remove(
  target: Target,
  clerkId: string,
  context: WriteContext,
  isBurial: boolean,
): Promise<boolean> {
  const { clerkHooksDue, clerkSentinelDue } = target.paths
  const own = { [target.idPath]: clerkId }
  const options = { ...durable, ...within(context) }
  if (isBurial) return (await target.model.deleteOne(own, options)).deletedCount > 0
  for (;;) {
    const doc = await removeUnlessOwing()
    if (doc === null) return false
    if (doc === undefined) return true
    const tombstone = await findTombstone(target, clerkId, context)
    if (!tombstone?.removed) await inheritMarks(target, clerkId, dueOf(target, doc), context)
    const same = [clerkHooksDue, clerkSentinelDue].map((path) => ({ [path]: valueAt(doc, path) ?? null }))
    if ((await target.model.deleteOne({ ...own, $and: same }, options)).deletedCount > 0) return true
  }

  /** `undefined`: removed. `null`: there is none. Else the document, which owes something. */
  async function removeUnlessOwing(): Promise<AnyDoc | null | undefined> {
    const owesNothing = { [clerkHooksDue]: null, [clerkSentinelDue]: null }
    if ((await target.model.deleteOne({ ...own, ...owesNothing }, options)).deletedCount > 0) return undefined
    return target.model.collection.findOne(own, { ...fromPrimary, ...within(context) })
  }
}

/** Empties what came from Clerk, and the password; what a unique index or the schema needs gets a placeholder. */
export async function anonymize(
  target: Target,
  clerkId: string,
  context: WriteContext,
  isBurial: boolean,
): Promise<boolean> {
  const needed = neededPaths(target)
  const { email, username } = target.paths
  const isIdentifier = (path: string) => path === email || path === username
  for (const attempt of ['as the schema says', 'nothing empty', 'longer names', 'leave what is unique'] as const) {
    const $set = deletedState(target, context)
    const { $unset } = burial(target, isBurial)
    for (const path of personalPaths(target, context)) {
      const isNeeded = isIdentifier(path) && (attempt !== 'as the schema says' || needed.has(path))
      if (attempt === 'leave what is unique' && (isNeeded || needed.has(path))) continue
      const form = formsOf(target, path, undefined, clerkId, isNeeded).at(attempt === 'longer names' ? -1 : 0)
      if (form === undefined) $unset[path] = 1
      else $set[path] = form
    }
    try {
      const update = { $set, $unset }
      const { matchedCount } = await target.model.updateOne(alive(target, clerkId), update, {
        ...durable,
        ...within(context),
      })
      return matchedCount > 0
    } catch (error) {
      // An index that only the database knows of counts missing values, or somebody has taken the made-up one.
      if (attempt === 'leave what is unique' || !isDuplicateKey(error)) throw error
    }
  }
  return false
}

/** All paths that a user of Clerk's can fill, and the password's. */
function personalPaths(target: Target, context: WriteContext): Set<string> {
  const mapUser = context.mapUser ?? target.options.rules.mapUser
  const paths = sampleUsers.flatMap((user) => [...mappedFields(target, callMapUser(mapUser, user)).values.keys()])
  return new Set(target.options.passwordPath ? [...paths, target.options.passwordPath] : paths)
}

/** What goes with the user: that a local change waits to be pushed, and in a burial the marks of hooks that shall not run. */
function burial({ paths, options }: Target, isBurial: boolean): { $unset: AnyDoc } {
  const gone = [
    ...(isBurial ? [paths.clerkHooksDue, paths.clerkSentinelDue] : []),
    ...(options.push ? [paths.clerkPushDue, paths.clerkPushLease, paths.clerkPushedAt] : []),
  ]
  return { $unset: Object.fromEntries(gone.map((path) => [path, 1])) }
}
