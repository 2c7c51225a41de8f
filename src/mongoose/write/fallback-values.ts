import { placeholderEmail, placeholderUsername, suffixedUsername } from '../../map/placeholder'
import { schemaOf, schemaPath, type Target } from '../target/target'

/**
 * The values a path may take for one user, in order of preference: Clerk's own first, then what is left when that is
 * another's. All follow from the Clerk id, so that every retry makes the same choice. `undefined`: go without.
 *
 * @param needed Whether the path cannot be left empty, because the schema requires it or a unique index counts a missing value.
 */
export function fallbackValuesOf(
  target: Target,
  path: string,
  value: unknown,
  clerkId: string,
  needed: boolean,
): unknown[] {
  const bareId = clerkId.replace(/^user_/, '')
  if (path === target.paths.username) {
    const own = typeof value === 'string' ? [value, suffixedUsername(value, clerkId), `${value}_${bareId}`] : []
    return needed ? [...own, placeholderUsername(clerkId), `user_${bareId}`] : [...own, undefined]
  }
  const empty = needed && path === target.paths.email ? placeholderEmail(clerkId) : undefined
  return value === undefined ? [empty] : [value, empty]
}

/** Paths of which the schema says that they cannot be empty; what only the database's indexes say is learnt from them. */
export function neededPaths(target: Target): Set<string> {
  const schema = schemaOf(target.model)
  const needed = new Set<string>()
  for (const path of [target.paths.email, target.paths.username]) {
    const definition = schemaPath(target.model, path)
    if (isRequired(definition?.options.required)) needed.add(path)
  }
  for (const [keys, options] of schema.indexes()) {
    if (options.unique && countsMissing(options)) for (const path of Object.keys(keys)) needed.add(path)
  }
  return needed
}

/** Whether a path is required of every document. A condition is judged on the document itself. */
function isRequired(required: unknown): boolean {
  const [condition] = Array.isArray(required) ? required : [required]
  return typeof condition === 'object' && condition !== null && 'isRequired' in condition
    ? isRequired(condition.isRequired)
    : Boolean(condition) && typeof condition !== 'function'
}

/** Whether a unique index allows only one document without its value. */
export function countsMissing(index: { sparse?: boolean; partialFilterExpression?: unknown }): boolean {
  return !index.sparse && !index.partialFilterExpression
}
