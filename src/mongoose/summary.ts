import type { StoreSummary } from '../job-store'
import type { WriteContext } from '../store'
import { hasClerkId } from './expressions'
import { type AnyDoc, fromPrimary, type Target, within } from './target'

/** Documents counted by state in one command, which reads them all, and tombstones as the collection's own count has them. */
export async function countUsers(
  target: Target,
  context: WriteContext,
): Promise<Pick<StoreSummary, 'users' | 'tombstones'>> {
  const { clerkDeletedAt, syncStatus } = target.paths
  // `$cond` as a list: a `$switch` has keys named `then`.
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
  const users = { local: 0, active: 0, pending: 0, error: 0, deleted: 0 }
  return { users: { ...users, ...Object.fromEntries(counted.map(({ _id, count }) => [_id, count])) }, tombstones }
}
