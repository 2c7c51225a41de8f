import { placeholderEmail, placeholderUsername, suffixedUsername } from '../../map/placeholder'
import { schemaOf, schemaPath, type Target } from '../target/target'

/**
 * Values to try for a path, best first: Clerk's own, then fallbacks for when it is taken. All derive from the Clerk id,
 * so that every retry chooses the same one. `undefined` leaves the path empty.
 *
 * @param needed Whether the path must not be empty, because the schema requires it or a unique index counts a missing
 * value.
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

/**
 * Paths that must not be empty according to the schema. Indexes that only the database has are learnt from its errors.
 */
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
