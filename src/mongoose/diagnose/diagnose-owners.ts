import type { mongo } from 'mongoose'
import type { StoreDiagnoseContext } from '../../store/clerk-store'
import type { Finding } from '../../store/finding'
import { ownersIndex } from '../schema/add-paths'
import { type Target, within } from '../target/target'
import { failureOf, listIndexes } from '../write/ready'

/**
 * Checks that the database keeps two living documents of the same owners apart, such as two memberships of one user in
 * one organization. With `fix`, builds the index that the schema declares, unless documents prevent it.
 */
export async function diagnoseOwnersIndex(target: Target, context: StoreDiagnoseContext): Promise<Finding[]> {
  const { model, paths, options } = target
  const owners = options.entity.owners(paths)
  if (owners.length === 0) return []
  const check = 'owners_index'
  const both = owners.join(' and ')
  const isThere = async () => (await listIndexes(target, context)).some((index) => makesUnique(owners, index))
  // mongoose may be building it; if that fails, the list shows it.
  await failureOf(model.init(), context)
  if (await isThere()) return [{ check, verdict: 'ok', message: `${both} are unique together.` }]
  const { name } = model.collection
  const [keys, indexOptions] = ownersIndex(owners, paths.clerkDeletedAt)
  const building = context.fix && model.collection.createIndex(keys, { ...indexOptions, ...within(context) })
  const failure = building ? await failureOf(building, context) : undefined
  if (await isThere())
    return [{ check, verdict: 'ok', message: `The unique index on ${both} was missing. It was built.`, isFixed: true }]
  const message = `${name} has no unique index on ${both}. Without it, a member who left and joined again can have two living documents.`
  if (failure === undefined) {
    const remedy = `Build it with fix (doctor --fix), or db.${name}.createIndex(${JSON.stringify(keys)}, ${JSON.stringify(indexOptions)})`
    return [{ check, verdict: 'problem', message, remedy }]
  }
  const isDuplicate = failure instanceof Error && 'code' in failure && failure.code === 11000
  if (!isDuplicate) throw failure
  return [
    {
      check,
      verdict: 'problem',
      message: `${message} It cannot be built, because several living documents share them.`,
      remedy:
        'Run reconcile --apply, which ends those that Clerk no longer has. Then run this again with fix (doctor --fix).',
    },
  ]
}

function makesUnique(owners: readonly string[], { unique, key }: mongo.IndexDescriptionInfo): boolean {
  return Boolean(unique) && Object.keys(key).sort().join() === [...owners].sort().join()
}
