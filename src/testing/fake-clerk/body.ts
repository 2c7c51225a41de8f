import { formError, missingParameter, unknownParameter, wrongType } from './api-error'
import { isMetadata } from './metadata'

/** The parameters of a request, by Clerk's names. */
export type Body = Record<string, unknown>

/** The type of a parameter. `null` is always accepted, and means missing unless the call gives it a meaning. */
export type Kind = 'string' | 'boolean' | 'integer' | 'time' | 'strings' | 'metadata' | 'any'

/**
 * Checks the parameters. @throws {FakeClerkError} 422 if one is unknown, of the wrong type, or missing although
 * required.
 */
export function checkBody(body: Body, kinds: Record<string, Kind>, required: readonly string[] = []): void {
  for (const [name, value] of Object.entries(body)) {
    const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined
    if (!kind) throw unknownParameter(name)
    const isAbsent = value === null || value === undefined
    if (kind === 'metadata' && value === null) throw wrongType(name, 'object')
    if (!isAbsent) checks[kind](name, value)
  }
  for (const name of required) {
    if (body[name] === undefined || body[name] === null) throw missingParameter(name)
  }
}

/** A checked time in milliseconds; `undefined` if it is missing. */
export function timeOf(value: unknown): number | undefined {
  return typeof value === 'string' ? Date.parse(value) : undefined
}

/** The value if it is a text. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

const checks: Record<Kind, (name: string, value: unknown) => void> = {
  any: () => {},
  string: (name, value) => expect(typeof value === 'string', name, 'string'),
  boolean: (name, value) => expect(typeof value === 'boolean', name, 'boolean'),
  integer: (name, value) => expect(Number.isSafeInteger(value), name, 'integer'),
  metadata: (name, value) => expect(isMetadata(value), name, 'object'),
  strings(name, value) {
    expect(Array.isArray(value) && value.every((one) => typeof one === 'string'), name, 'array of strings')
  },
  time(name, value) {
    const isTime = typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value) && !Number.isNaN(Date.parse(value))
    if (isTime) return
    const expected = `${name} must contain a datetime specified in RFC3339 format (e.g. \`2022-10-20T10:00:27.645Z\`).`
    throw formError('form_param_invalid_time', name, 'invalid format', expected)
  },
}

function expect(holds: boolean, name: string, type: string): void {
  if (!holds) throw wrongType(name, type)
}
