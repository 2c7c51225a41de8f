import type { Error as MongooseErrors } from 'mongoose'
import { type HostCode, hostCodeFailed, isPassedOn } from '../../host/host-code'
import { overlap } from '../target/owned-paths'
import { type AnyDoc, type SyncModel, schemaPath, type Target } from '../target/target'
import type { Candidate } from './candidate'
import { validateNow } from './validate-now'

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
