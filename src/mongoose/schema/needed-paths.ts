import { oncePerModel, schemaOf, schemaPath } from '../target/target'

/**
 * Paths that must not be empty according to the schema. Indexes that only the database has are learnt from its errors.
 */
export const neededPaths = oncePerModel((target): ReadonlySet<string> => {
  const schema = schemaOf(target.model)
  const needed = new Set<string>()
  for (const path of target.options.entity.identifiers(target.paths)) {
    const definition = schemaPath(target.model, path)
    if (isRequired(definition?.options.required)) needed.add(path)
  }
  for (const [keys, options] of schema.indexes()) {
    if (options.unique && countsMissing(options)) for (const path of Object.keys(keys)) needed.add(path)
  }
  return needed
})

/** Whether a path is required in every document. A condition is evaluated on the document instead. */
function isRequired(required: unknown): boolean {
  const [condition] = Array.isArray(required) ? required : [required]
  return typeof condition === 'object' && condition !== null && 'isRequired' in condition
    ? isRequired(condition.isRequired)
    : Boolean(condition) && typeof condition !== 'function'
}

/** Whether a unique index allows only one document without a value. */
export function countsMissing(index: { sparse?: boolean; partialFilterExpression?: unknown }): boolean {
  return !index.sparse && !index.partialFilterExpression
}
