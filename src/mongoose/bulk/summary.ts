import type { DocumentInError, StoreSummary } from '../../store/job-store'
import type { WriteContext } from '../../store/write'
import { type AnyDoc, fromPrimary, NOT_DELETED, type Target, valueAt, within } from '../target/target'
import { isConflictCode } from '../write/own-document'

/** Documents in error that are listed. */
const NAMED = 10

/**
 * Counts documents by state, with indexes alone. Exact are the documents with a Clerk id, those deleted, pending and in
 * error; the others with an id are active. `local` is what is left of the server's estimate of all documents. The
 * number of tombstones is an estimate, too.
 */
export async function countDocuments(
  target: Target,
  context: WriteContext,
): Promise<Pick<StoreSummary, 'documents' | 'tombstones' | 'inError'>> {
  const { paths, idPath, model } = target
  const options = { ...fromPrimary, ...within(context) }
  const count = (filter: AnyDoc) => model.collection.countDocuments(filter as never, options)
  const isDeleted = { [paths.clerkDeletedAt]: { $gt: new Date(0) } }
  // A difference of two ranges of keys, because a condition on a missing value has to read the document.
  const countLive = async (syncStatus: string) => {
    const inState = { [paths.syncStatus]: syncStatus, [idPath]: { $gt: '' } }
    const [all, deleted] = await Promise.all([count(inState), count({ ...inState, ...isDeleted })])
    return all - deleted
  }
  const [total, ofClerk, deleted, pending, error, tombstones] = await Promise.all([
    model.collection.estimatedDocumentCount(options),
    count({ [idPath]: clerkIds(target) }),
    count(isDeleted),
    countLive('pending'),
    countLive('error'),
    target.tombstones.estimatedDocumentCount(options),
  ])
  const active = Math.max(0, ofClerk - deleted - pending - error)
  const documents = { local: Math.max(0, total - ofClerk), active, pending, error, deleted }
  return { documents, tombstones, ...(error > 0 && { inError: await findInError(target, context) }) }
}

/** Matches the ids of Clerk. An `_id` can also be the app's own; Clerk's begin with the prefix of the resource. */
function clerkIds({ idPath, options }: Target): AnyDoc {
  const { idPrefix } = options.entity
  if (idPath !== '_id') return { $gt: '' }
  return {
    $gte: idPrefix,
    $lt: idPrefix.slice(0, -1) + String.fromCharCode(idPrefix.charCodeAt(idPrefix.length - 1) + 1),
  }
}

/** Lists the first documents in error by Clerk id, using the index of documents that are not in step. */
async function findInError(target: Target, context: WriteContext): Promise<DocumentInError[]> {
  const { idPath, paths } = target
  const filter = {
    [idPath]: { $gt: '' },
    [paths.syncStatus]: 'error',
    [paths.clerkDeletedAt]: { ...NOT_DELETED },
  }
  const projection = { _id: idPath === '_id' ? 1 : 0, [idPath]: 1, [paths.syncError]: 1, [paths.syncErrorPath]: 1 }
  const options = { projection, sort: { [idPath]: 1 as const }, limit: NAMED, ...fromPrimary, ...within(context) }
  const found = await target.model.collection.find(filter as never, options).toArray()
  return found.map((doc) => {
    const [syncError, path] = [paths.syncError, paths.syncErrorPath].map((one) => valueAt(doc, one))
    // With another syncError the path is left over from an earlier conflict.
    return {
      clerkId: String(valueAt(doc, idPath)),
      ...(typeof syncError === 'string' && { syncError }),
      ...(isConflictCode(syncError) && typeof path === 'string' && { path }),
    }
  })
}
