import type { HydratedDocument } from 'mongoose'
import { isClerkId } from '../events/events'
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
 * The query for a user's document. Built by mongoose's own `findOne`, which plugins for soft deletion replace on the model
 * (mongoose-delete with `overrideMethods`).
 */
export function queryUser({ model, idPath }: Target, clerkId: string | null | undefined) {
  // A missing id must not match the documents that have none, nor an object act as an operator.
  const asked = isClerkId(clerkId) ? clerkId : trusted({ model }, { $in: [] })
  // The class that every model of this mongoose extends.
  const { findOne } = model.base.Model as unknown as SyncModel
  // A secondary may lack the user that was written a moment ago.
  return findOne.call(model, { [idPath]: asked } as never).read('primary')
}

/**
 * A user's document as this library sees it: by the app's query, and where its middleware hides the document, as it is stored.
 * Never inside the app's transaction (`transactionAsyncLocalStorage`), whose snapshot may be older than our write.
 */
export async function readUser(
  target: Target,
  clerkId: string | null | undefined,
  context: Deadline = {},
): Promise<HydratedDocument<AnyDoc> | null> {
  const query = queryUser(target, clerkId).session(null).setOptions(within(context))
  // mongoose 8 has no type for what a borrowed findOne gives.
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

/** The value at a path of a document that `select: false` may have left out: then it is looked up. */
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

/** Whether the schema leaves a path, or one of its parents, out of what is read. */
function isUnselected(model: SyncModel, path: string): boolean {
  const keys = path.split('.')
  return keys.some((_, index) => schemaPath(model, keys.slice(0, index + 1).join('.'))?.options.select === false)
}

/** What the schema, and those of its discriminators, leave out of what is read, as a projection. */
function unselected(model: SyncModel): Record<string, 0> {
  const schemas = [model, ...Object.values(model.discriminators ?? {})].map(({ schema }) => schema)
  const paths = new Set(schemas.flatMap((schema) => unselectedPaths(schema)))
  // A path and its parent cannot both be left out.
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
