import type { HydratedDocument } from 'mongoose'
import { type AnyDoc, type SyncModel, schemaOf, schemaPath, type Target, valueAt } from '../target/target'

/** A document that is validated and read, but never saved. */
export type Candidate = HydratedDocument<AnyDoc>

/** The fields of a candidate in addition to Clerk's values. */
export interface Identity {
  clerkId: string
  /** The version. */
  at: Date
}

/**
 * Creates the document for an insert: with the schema's defaults, casts, setters and timestamps, as `save()` applies
 * them. All values are passed to the constructor, so that default functions can read them.
 */
export function makeCandidate(
  target: Target,
  entries: Iterable<readonly [string, unknown]>,
  identity?: Identity,
): Candidate {
  const { model, paths, idPath, options } = target
  const given: AnyDoc = options.entity.constants(paths)
  if (identity) {
    given[idPath] = identity.clerkId
    given[paths.syncStatus] = 'active'
    given[paths.lastClerkSync] = new Date()
    given[paths.clerkUpdatedAt] = identity.at
  }
  for (const [path, value] of entries) if (value !== undefined) given[path] = value
  const doc = new model(given)
  withTimestamps(doc)
  return doc
}

/** Documents of schemas with `timestamps` have this method; it is not in mongoose's types. */
function withTimestamps(doc: Candidate): void {
  const method: unknown = Reflect.get(doc, 'initializeTimestamps')
  if (typeof method === 'function') method.call(doc)
}

/** A document's plain values, including empty objects, without the app's getters, virtuals or transforms. */
export function plainView(doc: Candidate): AnyDoc {
  return doc.toObject({
    minimize: false,
    transform: false,
    virtuals: false,
    getters: false,
    depopulate: true,
    flattenMaps: true,
    versionKey: false,
  }) as AnyDoc
}

/** A candidate's value as it would be stored; `null` counts as missing. */
export const storedValue = (doc: Candidate, path: string): unknown => valueAt(plainView(doc), path) ?? undefined

/**
 * Fields that only an insert stores: ids, defaults, timestamps, the version key.
 *
 * @param written Paths that the same command sets or unsets.
 */
export function insertOnly(model: SyncModel, doc: Candidate, written: readonly string[]): AnyDoc {
  const rest: AnyDoc = {}
  const collect = (value: AnyDoc, prefix: string) => {
    for (const [key, inner] of Object.entries(value)) {
      const path = `${prefix}${key}`
      if (written.some((one) => one === path || path.startsWith(`${one}.`))) continue
      const isParent = written.some((one) => one.startsWith(`${path}.`))
      if (isParent && isPlainObject(inner)) collect(inner, `${path}.`)
      else if (!isParent) rest[path] = inner
    }
  }
  // Like `save()`, omits empty objects if the schema's options say so.
  collect(doc.toBSON() as unknown as AnyDoc, '')
  const { versionKey } = schemaOf(model).options
  if (typeof versionKey === 'string' && !(versionKey in rest)) rest[versionKey] = 0
  return rest
}

function isPlainObject(value: unknown): value is AnyDoc {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}

/** The schema's timestamp paths; `undefined` if it has none. */
export function timestampPaths(model: SyncModel): { createdAt: string | undefined; updatedAt: string | undefined } {
  // Resolved names, which are not in mongoose's types. `false` for a disabled one.
  const names = (model.schema as { $timestamps?: { createdAt?: unknown; updatedAt?: unknown } }).$timestamps ?? {}
  const text = (name: unknown) => (typeof name === 'string' ? name : undefined)
  return { createdAt: text(names.createdAt), updatedAt: text(names.updatedAt) }
}

/** The time from the schema's own clock, which may use seconds. */
export function currentTime(model: SyncModel): unknown {
  const { timestamps } = schemaOf(model).options
  const clock = typeof timestamps === 'object' ? timestamps.currentTime : undefined
  return clock ? clock() : new Date()
}

/**
 * Whether the schema allows a path to be written only once. Ignores the creation date, which mongoose makes immutable:
 * if it is mapped, Clerk's date is always right.
 */
export function isImmutable(model: SyncModel, path: string, doc: Candidate): boolean {
  if (path === timestampPaths(model).createdAt) return false
  const immutable: unknown = schemaPath(model, path)?.options.immutable
  return typeof immutable === 'function' ? Boolean(immutable.call(doc, doc)) : Boolean(immutable)
}

/** Whether a path has setters of the app, in addition to mongoose's own for case and white space. */
export function hasOwnSetters(model: SyncModel, path: string): boolean {
  const definition = schemaPath(model, path)
  const setters = (definition as { setters?: unknown[] } | undefined)?.setters ?? []
  const builtIn = ['lowercase', 'uppercase', 'trim'].filter((name) => definition?.options[name]).length
  return setters.length > builtIn
}
