import { makeCandidate, plainView } from '../schema/candidate'
import { recordAt } from '../schema/map-keys'
import { type OwnedPath, overlap } from '../target/owned-paths'
import { type AnyDoc, canonical, oncePerModel, type SyncModel, schemaOf, type Target, valueAt } from '../target/target'

/** Whether a document records that the app wrote an owned path. */
export const isRecorded = ({ paths }: Target, doc: AnyDoc, path: string): boolean =>
  valueAt(doc, recordAt(paths, path)) === true

/**
 * Whether the app has set an owned path of a document: a record shows that the app wrote or removed it, or its value is
 * not the schema's default. Otherwise Clerk's value is stored and nothing is pushed.
 */
export function isSetByApp(target: Target, doc: AnyDoc, { path, field }: Pick<OwnedPath, 'path' | 'field'>): boolean {
  if (isRecorded(target, doc, path)) return true
  const value = valueAt(doc, path)
  if (isNone(value)) return false
  // A default that assigns an id to each account counts as set.
  return field === 'external_id' || canonical(value) !== canonical(defaultAt(target, path, doc))
}

/** Whether a value is missing, or an object without values, which mongoose stores or omits depending on the schema. */
export function isNone(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return (value ?? undefined) === undefined
  const kind: unknown = Object.getPrototypeOf(value)
  return (kind === Object.prototype || kind === null) && Object.values(value).every(isNone)
}

const defaultsOf = oncePerModel((target) => plainView(makeCandidate(target, [])))

/** The schema's default at a path; `undefined` if there is none. Functions are called with the document. */
export function defaultAt(target: Target, path: string, doc?: AnyDoc): unknown {
  const { model } = target
  if (doc && readsDocument(model, path)) {
    const rest = model.hydrate(without(doc, path.split('.')))
    return valueAt(plainView(rest), path) ?? undefined
  }
  return valueAt(defaultsOf(target), path) ?? undefined
}

/** Whether the default at a path is a function, which may read any other path. */
export function readsDocument(model: SyncModel, path: string): boolean {
  return Object.values(schemaOf(model).paths).some((one) => {
    return overlap(one.path, path) && typeof one.options.default === 'function'
  })
}

function without(doc: AnyDoc, [key = '', ...rest]: readonly string[]): AnyDoc {
  const { [key]: inner, ...others } = doc
  if (rest.length === 0 || typeof inner !== 'object' || inner === null) return others
  return { ...others, [key]: without(inner as AnyDoc, rest) }
}
