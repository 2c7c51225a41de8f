import { sampleUsers } from '../map/sample-users'
import type { OnDelete, WriteContext, WriteResult } from '../store'
import { isDuplicateKey } from './database-error'
import { mappedFields } from './fields'
import { formsOf, neededPaths } from './forms'
import { type AnyDoc, durable, fromPrimary, type Target, valueAt, within } from './target'
import { writeTombstone } from './tombstones'

/** Stands among `clerkHooksDue` from the deletion until the host's `onDelete` function has run to its end. */
const ON_DELETE_DUE = 'onDelete'

/** Applies a deletion, which is final. The tombstone comes first: from then on no insert of this id survives its own look. */
export async function guardedDelete(
  target: Target,
  clerkId: string,
  onDelete: OnDelete,
  context: WriteContext,
): Promise<WriteResult> {
  const isNews = await writeTombstone(target, clerkId, context)
  const found = await deleteDocument(target, clerkId, onDelete, context)
  return { outcome: found || isNews ? 'deleted' : 'duplicate', clerkId }
}

/** Brings the document to what a deletion leaves; `false` when it was there already, or there is no document. */
export async function deleteDocument(
  target: Target,
  clerkId: string,
  onDelete: OnDelete,
  context: WriteContext,
): Promise<boolean> {
  const options = { ...durable, ...within(context) }
  if (onDelete === 'hard') {
    const { deletedCount } = await target.model.deleteOne({ [target.idPath]: clerkId }, options)
    return deletedCount > 0
  }
  const found =
    onDelete === 'anonymize'
      ? await anonymize(target, clerkId, context)
      : await markDeleted(target, clerkId, onDelete, context)
  if (typeof onDelete === 'function') await runOnDelete(target, clerkId, onDelete, context)
  return found
}

function alive({ idPath, paths }: Target, clerkId: string): AnyDoc {
  return { [idPath]: clerkId, [paths.clerkDeletedAt]: { $exists: false } }
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

async function markDeleted(
  target: Target,
  clerkId: string,
  onDelete: OnDelete,
  context: WriteContext,
): Promise<boolean> {
  const due = typeof onDelete === 'function' ? { $addToSet: { [target.paths.clerkHooksDue]: ON_DELETE_DUE } } : {}
  const update = { $set: deletedState(target, context), ...due }
  const { matchedCount } = await target.model.updateOne(alive(target, clerkId), update, {
    ...durable,
    ...within(context),
  })
  return matchedCount > 0
}

/** Empties what came from Clerk, and the password; what a unique index or the schema needs gets a placeholder. */
async function anonymize(target: Target, clerkId: string, context: WriteContext): Promise<boolean> {
  const needed = neededPaths(target)
  const { email, username } = target.paths
  for (const everything of [false, true]) {
    const $set = deletedState(target, context)
    const $unset: AnyDoc = {}
    for (const path of personalPaths(target, context)) {
      const isIdentifier = path === email || path === username
      const [form] = formsOf(target, path, undefined, clerkId, isIdentifier && (everything || needed.has(path)))
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
      // An index that only the database knows of counts missing values: leave none.
      if (everything || !isDuplicateKey(error)) throw error
    }
  }
  return false
}

/** All paths that a user of Clerk's can fill, and the password's. */
function personalPaths(target: Target, context: WriteContext): Set<string> {
  const mapUser = context.mapUser ?? target.options.rules.mapUser
  const paths = sampleUsers.flatMap((user) => [...mappedFields(target, mapUser(user)).values.keys()])
  return new Set(target.options.passwordPath ? [...paths, target.options.passwordPath] : paths)
}

/** Runs the host's function as long as its mark stands, so that a crash or a throw is made good by the redelivery. */
async function runOnDelete(
  target: Target,
  clerkId: string,
  run: Extract<OnDelete, (...args: never[]) => unknown>,
  context: WriteContext,
): Promise<void> {
  const own = { [target.idPath]: clerkId }
  const doc = await target.model.collection.findOne(own, { ...fromPrimary, ...within(context) })
  const due = doc && valueAt(doc, target.paths.clerkHooksDue)
  if (!doc || !Array.isArray(due) || !due.includes(ON_DELETE_DUE)) return
  await run(target.model.hydrate(doc), { clerkId, messageId: context.messageId })
  const settled =
    due.length === 1
      ? { $unset: { [target.paths.clerkHooksDue]: 1 } }
      : { $pull: { [target.paths.clerkHooksDue]: ON_DELETE_DUE } }
  await target.model.collection.updateOne({ _id: doc._id }, settled as never, { ...durable, ...within(context) })
}
