import type { HydratedDocument, Error as MongooseErrors } from 'mongoose'
import { type HostCode, hostCodeFailed, isPassedOn } from '../../host/host-code'
import { overlap } from '../target/owned-paths'
import { type AnyDoc, canonical, type SyncModel, schemaOf, schemaPath, type Target, valueAt } from '../target/target'
import { timestampPaths } from './fields'
import { validateNow } from './validate-now'

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

/** The schema's verdict on a document. */
export interface Verdict {
  /** Paths the schema refuses. */
  refused: string[]
}

/**
 * Validates a document like `save()`: casts, required paths, validators and `validate` middleware, with the document as
 * `this`. A validator that returns false is a verdict, not an error.
 *
 * @param paths Validate only these. @default all
 * @throws {ClerkSyncError} `host_code_failed` if the app's code throws.
 */
export async function judge(doc: Candidate, paths?: readonly string[]): Promise<Verdict> {
  try {
    await (paths === undefined ? doc.validate() : doc.validate([...paths]))
    return { refused: [] }
  } catch (error) {
    if (!isValidationError(error)) throw isPassedOn(error) ? error : hostCodeFailed('middleware', 'validate', error)
    return verdictOf(doc.constructor as SyncModel, error, paths)
  }
}

/** As `judge`, without async validators. For start-up. */
export function judgeNow(doc: Candidate): Verdict {
  const error = validateNow(doc)
  return error ? verdictOf(doc.constructor as SyncModel, error) : { refused: [] }
}

/** Validates a change of a stored document, only at paths whose value really changes. */
export async function judgeChange(
  target: Target,
  stored: AnyDoc,
  entries: Iterable<readonly [string, unknown]>,
): Promise<Verdict> {
  const doc = target.model.hydrate(stored)
  const paths: string[] = []
  for (const [path, value] of entries) {
    doc.set(path, value)
    if (doc.isModified(path)) paths.push(path)
  }
  return paths.length === 0 ? { refused: [] } : judge(doc, paths)
}

/**
 * Whether a value passes the synchronous validators of its path. Async validators count as passed, exceptions as
 * refusals.
 */
export function passesNow(target: Target, doc: Candidate, path: string): boolean {
  const value: unknown = doc.get(path, undefined, { getters: false })
  return (schemaPath(target.model, path)?.validators ?? []).every(({ validator }) => {
    try {
      // mongoose's own validators return 0 for a refusal; `undefined` counts as passed.
      const answer = (validator as Validate).call(doc, value)
      return answer === undefined || Boolean(answer)
    } catch {
      return false
    }
  })
}

type Validate = (this: Candidate, value: unknown) => unknown

const isValidationError = (error: unknown): error is MongooseErrors.ValidationError =>
  error instanceof Error && error.name === 'ValidationError' && 'errors' in error

function verdictOf(model: SyncModel, { errors }: MongooseErrors.ValidationError, asked?: readonly string[]): Verdict {
  const named = Object.entries(errors as Record<string, Error>)
  const found = asked ? named.filter(([path]) => asked.some((one) => overlap(one, path))) : named
  for (const [path, error] of found) {
    const failure = failureBehind(model, path, error)
    if (failure) throw isPassedOn(failure.cause) ? failure.cause : hostCodeFailed(failure.kind, path, failure.cause)
  }
  return { refused: found.map(([path]) => path) }
}

/**
 * The exception of the app's code at a path, if it caused mongoose's error. A validator's exception becomes the
 * `reason` of its error, a setter's the `reason` of a cast error; a default's is the error itself.
 */
function failureBehind(model: SyncModel, path: string, error: Error): { kind: HostCode; cause: unknown } | undefined {
  const reason = 'reason' in error ? error.reason : undefined
  // Any value can be thrown, even undefined.
  if (error.name === 'ValidatorError') return hasReason(error) ? { kind: 'validator', cause: reason } : undefined
  if (error.name === 'CastError') {
    const value = 'value' in error ? error.value : undefined
    return reason && isCastable(model, path, value) ? { kind: 'setter', cause: reason } : undefined
  }
  const kind = error instanceof model.base.Error ? undefined : functionAt(model, path)
  return kind && { kind, cause: error }
}

/** The app's function at a path that can have thrown an error which mongoose reports unchanged. */
function functionAt(model: SyncModel, path: string): HostCode | undefined {
  const definition = schemaPath(model, path)
  const { default: byDefault, required } = definition?.options ?? {}
  if (typeof byDefault === 'function') return 'default'
  if (typeof [required].flat()[0] === 'function') return 'required function'
  return definition?.validators.some(({ type }) => type === 'user defined') ? 'validator' : undefined
}

const hasReason = (error: Error): boolean =>
  'properties' in error &&
  typeof error.properties === 'object' &&
  error.properties !== null &&
  'reason' in error.properties

/** Whether the type accepts a value without setters, so that a setter must have thrown. */
function isCastable(model: SyncModel, path: string, value: unknown): boolean {
  const definition = schemaPath(model, path)
  const setters = (definition as { setters?: unknown[] } | undefined)?.setters ?? []
  if (!definition || setters.length === 0) return false
  try {
    definition.cast(value)
    return true
  } catch {
    return false
  }
}

/** Whether a setter of the app returns a different value at each call. */
export function isRandom(target: Target, path: string, value: unknown, text: string): boolean {
  if (!hasOwnSetters(target.model, path)) return false
  return canonical(storedValue(makeCandidate(target, [[path, value]]), path)) !== text
}
