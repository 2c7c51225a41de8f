import { ClerkSyncError } from './errors'
import { MAX_TIMER_MS } from './time/deadline'

/**
 * Validates a time option, in milliseconds. Times longer than timers support, including `Infinity`, become the longest
 * supported one.
 * @throws {ClerkSyncError} `invalid_option` if the value is not a number, or less than `min`.
 */
export function milliseconds(name: string, value: number, min = 0): number {
  return Math.min(MAX_TIMER_MS, atLeast(name, value, min, 'a time in milliseconds'))
}

/**
 * Validates a number option. `Infinity` is allowed.
 * @throws {ClerkSyncError} `invalid_option` if the value is not a number, or less than `min`.
 */
export function atLeast(name: string, value: number, min: number, what = 'a number'): number {
  if (typeof value === 'number' && value >= min) return value
  throw invalidOption(name, value, `${what}, ${min} or more`)
}

/**
 * Validates a count option. `Infinity` is allowed and means no limit.
 * @throws {ClerkSyncError} `invalid_option` if the value is not a whole number, or not from `min` to `max`.
 */
export function count(name: string, value: number, min = 0, max = Number.POSITIVE_INFINITY): number {
  const isCount = Number.isInteger(value) || value === Number.POSITIVE_INFINITY
  if (isCount && value >= min && value <= max) return value
  throw invalidOption(name, value, `a whole number, ${min} or more`)
}

function invalidOption(name: string, value: unknown, expected: string): ClerkSyncError {
  const given = typeof value === 'number' ? String(value) : `a value of type ${typeof value}`
  return new ClerkSyncError('invalid_option', `${name} is ${given}. Expected ${expected}.`)
}
