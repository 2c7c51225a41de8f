import type { DocumentInError, StoreSummary } from '../../store/job-store'
import type { WriteContext } from '../../store/write'
import { hasClerkId } from '../target/expressions'
import { type AnyDoc, fromPrimary, NOT_DELETED, type Target, valueAt, within } from '../target/target'
import { isConflictCode } from '../write/own-document'

/** Documents in error that are listed. */
const NAMED = 10

/**
 * Counts documents by state, with one command that reads all of them. The number of tombstones is the server's
 * estimate.
 */
export async function countDocuments(
  target: Target,
  context: WriteContext,
): Promise<Pick<StoreSummary, 'documents' | 'tombstones' | 'inError'>> {
  const { clerkDeletedAt, syncStatus } = target.paths
  // `$cond` as a list, because a `$switch` has keys named `then`.
  const either = (condition: AnyDoc, state: unknown, other: unknown) => ({ $cond: [condition, state, other] })
  const status = `$${syncStatus}`
  const known = either({ $in: [status, ['pending', 'error']] }, status, 'active')
  const ofClerk = either({ $eq: [{ $type: `$${clerkDeletedAt}` }, 'date'] }, 'deleted', known)
  const state = either(hasClerkId(target), ofClerk, 'local')
  const options = { ...fromPrimary, ...within(context) }
  const [counted, tombstones] = await Promise.all([
    target.model.collection.aggregate([{ $group: { _id: state, count: { $sum: 1 } } }], options).toArray(),
    target.tombstones.estimatedDocumentCount(options),
  ])
  const documents = { local: 0, active: 0, pending: 0, error: 0, deleted: 0 }
  Object.assign(documents, Object.fromEntries(counted.map(({ _id, count }) => [_id, count])))
  return { documents, tombstones, ...(documents.error > 0 && { inError: await findInError(target, context) }) }
}

/** Lists the first documents in error by Clerk id, using its index. */
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
