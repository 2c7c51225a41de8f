import { invalidValue } from './api-error'

const MAX_LIMIT = 500
const DEFAULT_LIMIT = 10

/** The requested part of a list. Clerk silently replaces an invalid limit, such as 501, with ten. */
export function pageOf(query: URLSearchParams): { limit: number; offset: number } {
  const limit = Number(query.get('limit') ?? DEFAULT_LIMIT)
  const offset = Number(query.get('offset') ?? 0)
  if (!Number.isSafeInteger(offset) || offset < 0) {
    throw invalidValue('offset', 'offset must be an integer greater than or equal to zero.')
  }
  return { limit: Number.isSafeInteger(limit) && limit >= 1 && limit <= MAX_LIMIT ? limit : DEFAULT_LIMIT, offset }
}

/** The requested order. @throws {FakeClerkError} 422 for fields that are not `allowed`. */
export function orderOf<Field extends string>(
  query: URLSearchParams,
  allowed: readonly Field[],
): { field: Field | 'created_at'; isDescending: boolean } {
  // An unencoded plus arrives as a space.
  const text = (query.get('order_by') || '-created_at').trim()
  const name = text.replace(/^[+-]/, '')
  const field = name === 'created_at' ? name : allowed.find((one) => one === name)
  if (field) return { field, isDescending: text.startsWith('-') }
  const names = ['created_at', ...allowed].join(', ')
  throw invalidValue(
    'order_by',
    `${name} does not match the allowed values for parameter order_by. Allowed values: ${names}`,
  )
}

const MAX_VALUES = 100

/** Values of a repeatable parameter; `undefined` if it is missing. @throws {FakeClerkError} 422 for too many. */
export function valuesOf(query: URLSearchParams, name: string): string[] | undefined {
  const values = query.getAll(name)
  if (values.length > MAX_VALUES) throw invalidValue(name, `${name} takes at most ${MAX_VALUES} values.`)
  return values.length > 0 ? values : undefined
}

/** Values with a sign: which to include (`undefined` for all) and which to exclude. */
export function signedValuesOf(
  query: URLSearchParams,
  name: string,
): { included: Set<string> | undefined; excluded: Set<string> } {
  const values = (valuesOf(query, name) ?? []).map((value) => value.trim())
  const excluded = new Set(values.filter((value) => value.startsWith('-')).map((value) => value.slice(1)))
  const included = values.filter((value) => !value.startsWith('-')).map((value) => value.replace(/^\+/, ''))
  return { included: included.length > 0 ? new Set(included) : undefined, excluded }
}
