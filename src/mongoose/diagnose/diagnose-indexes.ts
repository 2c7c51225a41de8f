import type { StoreDiagnoseContext } from '../../store/clerk-store'
import type { Finding } from '../../store/finding'
import { makesExternalIdUnique } from '../check/check-external-id'
import { uniqueIndexName } from '../schema/add-paths'
import { countsMissing } from '../schema/needed-paths'
import { externalIdPath } from '../target/owned-paths'
import { type AnyDoc, fromPrimary, schemaPath, type Target, within } from '../target/target'
import { failureOf, listIndexes, makesIdUnique } from '../write/ready'

/** Duplicate ids that are listed. */
const MAX_LISTED = 10

const check = 'id_index'

/** Checks that the database makes Clerk's id unique. With `fix`, builds the index unless there are duplicates. */
export async function diagnoseIdIndex(target: Target, context: StoreDiagnoseContext): Promise<Finding> {
  const { model, idPath } = target
  if (idPath === '_id') return { check, verdict: 'ok', message: "Clerk's id is the _id, which is always unique." }
  // mongoose may be building it; if that fails, the list shows it.
  await failureOf(model.init(), context)
  const index = (await listIndexes(target, context)).find((one) => makesIdUnique(target, one))
  if (!index) return buildIdIndex(target, context)
  if (!countsMissing(index)) return { check, verdict: 'ok', message: `${idPath} is unique (index ${index.name}).` }
  const { name } = model.collection
  return {
    check,
    verdict: 'warning',
    message: `The unique index ${index.name} includes documents without ${idPath}, so only one document of ${name} can lack it.`,
    remedy:
      `To allow ${target.options.entity.name}s without Clerk, drop it (db.${name}.dropIndex('${index.name}')) and remove it from the schema. ` +
      'The plugin then builds its own.',
  }
}

async function buildIdIndex(target: Target, context: StoreDiagnoseContext): Promise<Finding> {
  const { model, idPath } = target
  const { name } = model.collection
  const duplicates = await duplicateIds(target, context)
  if (duplicates.length > 0) {
    const ids = `${duplicates.slice(0, MAX_LISTED).join(', ')}${duplicates.length > MAX_LISTED ? ', …' : ''}`
    return {
      check,
      verdict: 'problem',
      message: `${idPath} has no unique index. It cannot be built, because several documents have the same id: ${ids}.`,
      remedy: `Remove all but one document of each of these ids from ${name}, then run this again with fix (doctor --fix).`,
    }
  }
  const keys = { [idPath]: 1 } as const
  const options = { name: uniqueIndexName, unique: true, partialFilterExpression: { [idPath]: { $gt: '' } } }
  if (context.fix) {
    await model.collection.createIndex(keys, { ...options, ...within(context) })
    const message = `The unique index on ${idPath} was missing. It was built.`
    return { check, verdict: 'ok', message, isFixed: true }
  }
  return {
    check,
    verdict: 'problem',
    message: `${name} has no unique index on ${idPath}. Without it ${oneOf(target)} could be stored twice, so every delivery is refused.`,
    remedy:
      `Build it with fix (doctor --fix), \`await ${model.modelName}.createIndexes()\`, or ` +
      `db.${name}.createIndex(${JSON.stringify(keys)}, ${JSON.stringify(options)})`,
  }
}

const oneOf = ({ options: { entity } }: Target) => `${entity.name === 'organization' ? 'an' : 'a'} ${entity.name}`

async function duplicateIds({ model, idPath }: Target, context: StoreDiagnoseContext): Promise<string[]> {
  const pipeline = [
    { $match: { [idPath]: { $gt: '' } } },
    { $group: { _id: `$${idPath}`, count: { $sum: 1 } } },
    { $match: { count: { $gt: 1 } } },
    { $limit: MAX_LISTED + 1 },
  ]
  const options = { allowDiskUse: true, ...fromPrimary, ...within(context) }
  const groups: AnyDoc[] = await model.collection.aggregate(pipeline, options).toArray()
  return groups.map(({ _id }) => String(_id))
}

/**
 * Checks that the server makes the external id unique, by which events find the local account. The schema declares it.
 */
export async function diagnoseExternalId(target: Target, context: StoreDiagnoseContext): Promise<Finding[]> {
  const path = externalIdPath(target)
  if (path === undefined || path === '_id') return []
  const indexes = (await listIndexes(target, context)).filter(({ unique }) => unique)
  const found = indexes.some(({ name, key, partialFilterExpression }) =>
    makesExternalIdUnique(path, { name, key, partialFilterExpression }),
  )
  const one = { check: 'external_id_index', path } as const
  if (found) return [{ ...one, verdict: 'ok', message: `${path}, the external id in Clerk, is unique.` }]
  return [
    {
      ...one,
      verdict: 'problem',
      message: `${path}, the external id in Clerk, has no unique index. An event could link the wrong account.`,
      remedy: `Build the index that the schema declares: \`await ${target.model.modelName}.createIndexes()\`. It fails while documents share a value.`,
    },
  ]
}

/** Checks the server's unique indexes on values that Clerk may lack; they may differ from the schema's. */
export async function diagnoseValueIndexes(target: Target, context: StoreDiagnoseContext): Promise<Finding[]> {
  const { model, paths, options } = target
  const { name: resource, identifiers } = options.entity
  const check = 'value_indexes'
  const values = identifiers(paths)
  const indexes = await listIndexes(target, context)
  const counting = values.flatMap((path) => {
    // Required paths get placeholders anyway.
    if (!schemaPath(model, path) || schemaPath(model, path)?.options.required) return []
    const index = indexes.find((one) => one.unique && countsMissing(one) && Object.keys(one.key).join() === path)
    return index ? [{ path, name: index.name }] : []
  })
  if (counting.length === 0 && values.length > 0) {
    const named = resource === 'user' ? 'the e-mail address or the username' : values.join(' or ')
    const message = `No unique index on ${named} includes documents without a value.`
    return [{ check, verdict: 'ok', message }]
  }
  return counting.map(({ path, name }) => ({
    check,
    verdict: 'warning',
    message: `The unique index ${name} includes documents without ${path}, so ${resource}s without one get placeholders.`,
    remedy: `Set \`sparse: true\` on ${path} in the schema, and drop the index once: db.${model.collection.name}.dropIndex('${name}').`,
  }))
}
