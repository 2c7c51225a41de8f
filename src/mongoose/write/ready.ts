import type { mongo } from 'mongoose'
import { ClerkSyncError } from '../../errors'
import type { WriteContext } from '../../store/write'
import { withDeadline } from '../../time/deadline'
import { ensureTombstoneIndex } from '../deletion/tombstones'
import { uniqueIndexName } from '../schema/add-paths'
import { indexesOf } from '../target/indexes-of'
import { type SyncModel, schemaOf, type Target } from '../target/target'
import { requireConnectedCopy } from '../target/two-copies'

const attempts = new WeakMap<SyncModel, Promise<void>>()
/** Models whose collection was found safe to write to. */
export const readyModels = new WeakSet<SyncModel>()

/**
 * Resolves once it is safe to write to the collection: mongoose has built its indexes, and one of them makes Clerk's id
 * unique. Checked once per process; a failed check is repeated at the next call.
 * @throws {ClerkSyncError} `index_missing`.
 */
export function ready(target: Target, context: WriteContext): Promise<void> {
  const known = attempts.get(target.model)
  if (known) return known
  const attempt = prepare(target, context)
  attempts.set(target.model, attempt)
  attempt.then(
    () => readyModels.add(target.model),
    () => attempts.delete(target.model),
  )
  return attempt
}

async function prepare(target: Target, context: WriteContext): Promise<void> {
  requireConnectedCopy(target.model)
  const failure = await failureOf(target.model.init(), context)
  if (!(await isIdUnique(target, context))) {
    // mongoose caches a failed first attempt, even if only the connection was missing.
    const second = failure === undefined ? undefined : await retryIndexes(target.model, context)
    if (!(await isIdUnique(target, context))) throw indexMissing(target, second ?? failure)
  }
  await ensureTombstoneIndex(target, context)
}

/**
 * Resolves with the error of `work`, or with `undefined` if it succeeds. At the deadline mongoose continues to build
 * indexes, and a later call finds them.
 * @throws {ClerkSyncError} `timed_out`.
 */
export function failureOf(work: Promise<unknown>, { deadline }: Pick<WriteContext, 'deadline'>): Promise<unknown> {
  const failure = work.then(
    () => undefined,
    (error: unknown) => error,
  )
  return deadline === undefined ? failure : withDeadline(deadline, failure)
}

async function retryIndexes(model: SyncModel, context: WriteContext): Promise<unknown> {
  if (schemaOf(model).options.autoIndex === false) return undefined
  return failureOf(model.createIndexes(), context)
}

async function isIdUnique(target: Target, context: WriteContext): Promise<boolean> {
  if (target.idPath === '_id') return true
  const indexes = await listIndexes(target, context)
  return indexes.some((index) => makesIdUnique(target, index))
}

/** Whether an index makes Clerk's id unique over all documents that have one. */
export function makesIdUnique({ idPath }: Target, index: mongo.IndexDescriptionInfo): boolean {
  const { key, unique, partialFilterExpression: partial } = index
  const coversAllIds = !partial || Object.keys(partial).join() === idPath
  return Boolean(unique) && Object.keys(key).join() === idPath && coversAllIds
}

/** Lists the indexes of the model's collection on the server. Empty if the collection does not exist yet. */
export const listIndexes = ({ model }: Target, context: WriteContext): Promise<mongo.IndexDescriptionInfo[]> =>
  indexesOf(model.collection, context)

function indexMissing({ model, idPath, options }: Target, cause: unknown): ClerkSyncError {
  const duplicates = cause instanceof Error && 'code' in cause && cause.code === 11000
  const why = duplicates
    ? `It cannot be built because several documents have the same ${idPath}. Remove the duplicates first.`
    : 'mongoose did not build it. Check autoIndex, and whether the connection string prefers secondaries.'
  return new ClerkSyncError(
    'index_missing',
    `${model.collection.name} has no unique index on ${idPath}. Without it one ${options.entity.name} could be stored twice. ${why} Build it with ` +
      `db.${model.collection.name}.createIndex({ '${idPath}': 1 }, { name: '${uniqueIndexName}', unique: true, ` +
      `partialFilterExpression: { '${idPath}': { $gt: '' } } }), or \`await ${model.modelName}.createIndexes()\`.`,
    { cause },
  )
}
