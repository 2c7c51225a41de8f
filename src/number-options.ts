import { ClerkSyncError } from './errors'
import { MAX_TIMER_MS } from './time/timer-delay'

/**
 * A time given as an option, in milliseconds. Longer times than timers take, `Infinity` among them, become the longest one.
 * @throws {ClerkSyncError} `invalid_option` for what is no number, or less than `min`.
 */
export function milliseconds(name: string, value: number, min = 0): number {
  return Math.min(MAX_TIMER_MS, atLeast(name, value, min, 'a time in milliseconds'))
}

/**
 * A number given as an option. `Infinity` passes.
 * @throws {ClerkSyncError} `invalid_option` for what is no number, or less than `min`.
 */
export function atLeast(name: string, value: number, min: number, what = 'a number'): number {
  if (typeof value === 'number' && value >= min) return value
  throw invalidOption(name, value, `${what}, ${min} or more`)
}

/**
 * A count given as an option. `Infinity` passes: no limit.
 * @throws {ClerkSyncError} `invalid_option` for what is no whole number, or not from `min` to `max`.
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
