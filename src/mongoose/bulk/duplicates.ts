import { PLACEHOLDER_DOMAIN } from '../../map/placeholder'
import type { DuplicateGroup } from '../../store/job-store'
import type { WriteContext } from '../../store/write'
import { hasClerkId } from '../target/expressions'
import { type AnyDoc, fromPrimary, NOT_DELETED, type Target, within } from '../target/target'

/** Clerk ids listed per group. */
const MAX_LISTED = 10

/**
 * Finds live documents that share an e-mail address, ignoring case, if at least one belongs to a Clerk user. Ignores
 * placeholders. Finds none of a resource without addresses.
 */
export async function* findDuplicates(target: Target, context: WriteContext): AsyncGenerator<DuplicateGroup> {
  const { email, clerkDeletedAt } = target.paths
  if (!target.options.entity.names.includes('email')) return
  const isClerk = hasClerkId(target)
  const pipeline: AnyDoc[] = [
    { $match: { [email]: { $gt: '' }, [clerkDeletedAt]: NOT_DELETED } },
    // `$match` would also compare an array's elements.
    { $match: { $expr: { $eq: [{ $type: `$${email}` }, 'string'] } } },
    { $project: { _id: 0, address: { $toLower: `$${email}` }, id: { $cond: [isClerk, `$${target.idPath}`, null] } } },
    { $match: { address: { $not: new RegExp(`${PLACEHOLDER_DOMAIN.replace('.', '\\.')}$`) } } },
    { $group: { _id: '$address', documents: { $sum: 1 }, ids: { $addToSet: '$id' } } },
    { $match: { documents: { $gt: 1 } } },
    { $project: { _id: 0, documents: 1, ids: { $setDifference: ['$ids', [null]] } } },
    { $match: { 'ids.0': { $exists: true } } },
    { $project: { documents: 1, clerkIds: { $slice: ['$ids', MAX_LISTED] } } },
  ]
  const options = { allowDiskUse: true, ...fromPrimary, ...within(context) }
  const cursor = target.model.collection.aggregate(pipeline as never[], options)
  for await (const { documents, clerkIds } of cursor) yield { documents, clerkIds }
}
