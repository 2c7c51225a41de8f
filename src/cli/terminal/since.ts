import { InvalidArgumentError } from 'commander'

const units = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const

/** Parses a point in time: a date (`2026-05-01`, `2026-05-01T12:00Z`), or an age (`90m`, `12h`, `7d`, `2w`). */
export function parseSince(text: string, now = Date.now()): Date {
  const [, amount, unit] = /^(\d+)\s*([smhdw])$/.exec(text.trim()) ?? []
  const date = new Date(amount ? now - Number(amount) * units[unit as keyof typeof units] : isDate(text))
  if (Number.isNaN(date.getTime())) {
    throw new InvalidArgumentError('Expected an age (90m, 12h, 7d, 2w) or a date (2026-05-01, 2026-05-01T12:00Z).')
  }
  if (date.getTime() > now) throw new InvalidArgumentError('The time is in the future.')
  return date
}

/** `Date` would accept almost any text with a digit. */
function isDate(text: string): number {
  return /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN
}

/** Parses a whole number from 1. */
export function parseCount(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('Expected a whole number from 1.')
  return Number(text)
}
