import type { HydratedDocument } from 'mongoose'
import { type AnyDoc, type SyncModel, schemaOf, schemaPath, type Target, valueAt } from '../target/target'

/** A document that is judged and read, and never saved. */
export type Candidate = HydratedDocument<AnyDoc>

/** What every candidate has beside the values of Clerk. */
export interface Identity {
  clerkId: string
  /** The version. */
  at: Date
}

/**
 * The document an insert makes: defaults, casts, setters and timestamps of the schema applied as `save()` applies them. All
 * values go to the constructor, so that defaults which are functions see them.
 */
export function makeCandidate(
  target: Target,
  entries: Iterable<readonly [string, unknown]>,
  identity?: Identity,
): Candidate {
  const { model, paths, idPath } = target
  const given: AnyDoc = { [paths.authProvider]: 'clerk' }
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

/** The method is on documents of schemas with `timestamps`; not among mongoose's types. */
function withTimestamps(doc: Candidate): void {
  const method: unknown = Reflect.get(doc, 'initializeTimestamps')
  if (typeof method === 'function') method.call(doc)
}

/** A document as plain values, with empty objects kept: no getters, virtuals or transforms of the app. */
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

/** A value of a candidate as it would be stored; `null` counts as none. */
export const storedValue = (doc: Candidate, path: string): unknown => valueAt(plainView(doc), path) ?? undefined

/**
 * What an insert stores beside the paths written in any case: ids, defaults, timestamps, the version key.
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
  // As `save()` sends it: empty objects left out where the schema says so.
  collect(doc.toBSON() as unknown as AnyDoc, '')
  const { versionKey } = schemaOf(model).options
  if (typeof versionKey === 'string' && !(versionKey in rest)) rest[versionKey] = 0
  return rest
}

function isPlainObject(value: unknown): value is AnyDoc {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}

/** Where the schema keeps its own times; `undefined` where it keeps none. */
export function timestampPaths(model: SyncModel): { createdAt: string | undefined; updatedAt: string | undefined } {
  // Resolved names; not among mongoose's types. `false` for one that is switched off.
  const names = (model.schema as { $timestamps?: { createdAt?: unknown; updatedAt?: unknown } }).$timestamps ?? {}
  const text = (name: unknown) => (typeof name === 'string' ? name : undefined)
  return { createdAt: text(names.createdAt), updatedAt: text(names.updatedAt) }
}

/** The time by the schema's own clock, which may count in seconds. */
export function currentTime(model: SyncModel): unknown {
  const { timestamps } = schemaOf(model).options
  const clock = typeof timestamps === 'object' ? timestamps.currentTime : undefined
  return clock ? clock() : new Date()
}

/**
 * Whether the schema lets a path be written once only. The creation date that mongoose makes immutable is not meant: where it
 * is mapped, Clerk's date is the right one whenever it comes.
 */
export function isImmutable(model: SyncModel, path: string, doc: Candidate): boolean {
  if (path === timestampPaths(model).createdAt) return false
  const immutable: unknown = schemaPath(model, path)?.options.immutable
  return typeof immutable === 'function' ? Boolean(immutable.call(doc, doc)) : Boolean(immutable)
}

/** Whether the schema has setters of the app at a path, beside mongoose's own for case and white space. */
export function hasOwnSetters(model: SyncModel, path: string): boolean {
  const definition = schemaPath(model, path)
  const setters = (definition as { setters?: unknown[] } | undefined)?.setters ?? []
  const builtIn = ['lowercase', 'uppercase', 'trim'].filter((name) => definition?.options[name]).length
  return setters.length > builtIn
}
