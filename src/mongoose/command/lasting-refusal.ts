import { ClerkSyncError } from '../../errors'
import type { AnyDoc } from '../target/target'

/** Errors of 2dsphere and 2d indexes: no geometry, no coordinates, out of range. */
export const geoCodes: readonly unknown[] = [
  13026, 13027, 13067, 13068, 16433, 16572, 16755, 16756, 16775, 16776, 16804,
]

/** Errors of text indexes: the document's language is unsupported, or not a text. */
export const languageCodes: readonly unknown[] = [17261, 17262]

/** All other permanent errors. */
const otherCodes: readonly unknown[] = [
  // Names, paths and types: 14 TypeMismatch, 15 nested too deep, 28 PathNotViable, 40 ConflictingUpdateOperators,
  // 52 DollarPrefixedFieldName, 53 InvalidIdField, 54 NotSingleValueField, 55 InvalidDBRef, 56 EmptyFieldName, 57 DottedFieldName,
  // 66 ImmutableField.
  14, 15, 28, 40, 52, 53, 54, 55, 56, 57, 66,
  // The collection's validator.
  121,
  // Too large: by kind of write and version of the server.
  10334, 17280, 17419, 17420, 7655103,
  // Arrays that an index cannot take: compound, hashed, ambiguous path.
  171, 201, 10088, 16746, 16766,
  // Text indexes: too many terms.
  16675, 16732, 16733,
]

/**
 * Error codes with which the server permanently refuses one document, because of its values or the collection's rules.
 * The server has its own list of errors for documents that cannot be indexed, which includes most of them.
 * @see https://github.com/mongodb/mongo/blob/master/src/mongo/db/index/index_access_method.cpp
 * @see https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml
 */
export const lastingCodes: ReadonlySet<unknown> = new Set([...otherCodes, ...geoCodes, ...languageCodes])

/** BadValue has many causes; these words in its message mean one document. */
const BAD_VALUE = 2
const badValues = /non-array|must be an array|too large|invalid elements/i

/** Errors raised before sending: strict mode, and values that BSON cannot represent. */
const localRefusals = /^(StrictModeError|Object(Expected|Parameter)Error|RangeError|BSON\w*)$/

/** An error that a retry cannot resolve. */
export type LastingRefusal = Error & { code?: unknown; path?: unknown; errInfo?: unknown }

/** Whether a write error is permanent. */
export function isLastingRefusal(error: unknown): error is LastingRefusal {
  if (!(error instanceof Error) || error instanceof ClerkSyncError) return false
  if (!/^Mongo/.test(error.name)) return localRefusals.test(error.name)
  const code = 'code' in error ? error.code : undefined
  return lastingCodes.has(code) || (code === BAD_VALUE && badValues.test(error.message))
}

/** The paths that a refusal names, or none. Its message can quote values and is never passed on. */
export function refusedPaths(error: LastingRefusal): string[] {
  if (typeof error.path === 'string') return [error.path]
  const details = (error.errInfo as { details?: AnyDoc } | undefined)?.details
  if (error.code === 121) return details ? [...new Set(failedProperties(details, ''))] : []
  // The message names the part that cannot be created, not the whole path.
  if (error.code === 28) return []
  const [, quoted] = /(?:path|Path|field|in|Field named) '([\w.]+)'/.exec(error.message) ?? []
  return quoted === undefined ? [] : [quoted]
}

/** @see https://www.mongodb.com/docs/manual/core/schema-validation/handle-invalid-documents/ */
function failedProperties(rule: AnyDoc, prefix: string): string[] {
  const names = ['missingProperties', 'additionalProperties'].flatMap((key) => textsOf(rule[key]))
  const own = names.map((name) => `${prefix}${name}`)
  const name = typeof rule.propertyName === 'string' ? `${prefix}${rule.propertyName}` : undefined
  const lists = Object.entries(rule).filter(([key]) => /NotSatisfied$|^clausesSatisfied$|^details$/.test(key))
  const beneath = lists.flatMap(([, list]) => [list].flat()).filter((one): one is AnyDoc => isObject(one))
  const inner = beneath.flatMap((one) => failedProperties(one, name === undefined ? prefix : `${name}.`))
  return [...own, ...(name !== undefined && inner.length === 0 ? [name] : inner)]
}

const isObject = (value: unknown): value is AnyDoc => typeof value === 'object' && value !== null

const textsOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : []
