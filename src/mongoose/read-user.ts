import type { HydratedDocument } from 'mongoose'
import { isClerkId } from '../events/events'
import type { MembershipPair } from '../events/membership'
import type { WriteContext } from '../store/write'
import {
  type AnyDoc,
  fromPrimary,
  type SyncModel,
  schemaPath,
  type Target,
  trusted,
  valueAt,
  within,
} from './target/target'

type Deadline = Pick<WriteContext, 'deadline'>

/**
 * Builds the query for a user's document. Uses mongoose's own `findOne`, because plugins for soft deletion replace the
 * model's (mongoose-delete with `overrideMethods`).
 */
export function queryUser({ model, idPath }: Target, clerkId: string | null | undefined) {
  // A missing id must not match documents without one, and an object must not act as an operator.
  const asked = isClerkId(clerkId) ? clerkId : trusted({ model }, { $in: [] })
  // The class that all models of this mongoose extend.
  const { findOne } = model.base.Model as unknown as SyncModel
  // A secondary may not have a user that was written a moment ago.
  return findOne.call(model, { [idPath]: asked } as never).read('primary')
}

/**
 * Reads a user's document with the app's query, or straight from the collection if the app's middleware hides it. Never
 * runs inside the app's transaction (`transactionAsyncLocalStorage`), whose snapshot may be older than our write.
 */
export async function readUser(
  target: Target,
  clerkId: string | null | undefined,
  context: Deadline = {},
): Promise<HydratedDocument<AnyDoc> | null> {
  const query = queryUser(target, clerkId).session(null).setOptions(within(context))
  // mongoose 8 has no type for the result of a borrowed findOne.
  const found = (await query) as HydratedDocument<AnyDoc> | null
  if (found || !isClerkId(clerkId)) return found
  const { model, idPath } = target
  const projection = unselected(model)
  const stored = await model.collection.findOne({ [idPath]: clerkId } as never, {
    projection,
    ...fromPrimary,
    ...within(context),
  })
  return stored && model.hydrate(stored, projection)
}

/** Reads the living membership of a pair, like `readUser`. */
export async function readMembership(
  target: Target,
  { organizationId, userId }: MembershipPair,
  context: Deadline = {},
): Promise<HydratedDocument<AnyDoc> | null> {
  const { model, idPath, paths } = target
  if (!isClerkId(organizationId) || !isClerkId(userId)) return null
  // `null`, and no other way of saying it: the index of pairs has this condition.
  const filter = { [paths.organizationId]: organizationId, [paths.userId]: userId, [paths.clerkDeletedAt]: null }
  const options = { projection: { [idPath]: 1 }, ...fromPrimary, ...within(context) }
  const found = await model.collection.findOne(filter as never, options)
  const clerkId = found && valueAt(found, idPath)
  return isClerkId(clerkId) ? readUser(target, clerkId, context) : null
}

/** Reads a document's value at a path, from the database if `select: false` may have left it out. */
export async function storedValueOf(
  target: Target,
  doc: AnyDoc,
  path: string,
  context: Deadline = {},
): Promise<unknown> {
  const value = typeof doc.get === 'function' ? doc.get(path) : valueAt(doc, path)
  if ((value ?? undefined) !== undefined || !isUnselected(target.model, path)) return value
  const options = { projection: { _id: 0, [path]: 1 }, ...fromPrimary, ...within(context) }
  const stored = await target.model.collection.findOne({ _id: doc._id } as never, options)
  return stored ? valueAt(stored, path) : undefined
}

/** Whether `select: false` on a path or one of its parents leaves it out of query results. */
function isUnselected(model: SyncModel, path: string): boolean {
  const keys = path.split('.')
  return keys.some((_, index) => schemaPath(model, keys.slice(0, index + 1).join('.'))?.options.select === false)
}

/** Projection of the paths that the schema and its discriminators leave out of query results. */
function unselected(model: SyncModel): Record<string, 0> {
  const schemas = [model, ...Object.values(model.discriminators ?? {})].map(({ schema }) => schema)
  const paths = new Set(schemas.flatMap((schema) => unselectedPaths(schema)))
  // MongoDB rejects a projection that excludes both a path and its parent.
  const outer = [...paths].filter((path) => ![...paths].some((other) => path.startsWith(`${other}.`)))
  return Object.fromEntries(outer.map((path) => [path, 0]))
}

function unselectedPaths({ paths }: Pick<SyncModel['schema'], 'paths'>, prefix = ''): string[] {
  return Object.entries(paths).flatMap(([name, type]) => {
    const path = `${prefix}${name}`
    if (type.options.select === false) return [path]
    return type.schema ? unselectedPaths(type.schema, `${path}.`) : []
  })
}
