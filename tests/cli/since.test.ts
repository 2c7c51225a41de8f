import { InvalidArgumentError } from 'commander'
import { describe, expect, it } from 'vitest'
import { parseSince } from '../../src/cli/terminal/since'

describe('parseSince', () => {
  const now = Date.parse('2026-05-10T12:00:00Z')

  it.each([
    ['90m', '2026-05-10T10:30:00.000Z'],
    ['12h', '2026-05-10T00:00:00.000Z'],
    ['7d', '2026-05-03T12:00:00.000Z'],
    ['2w', '2026-04-26T12:00:00.000Z'],
    ['2026-05-01', '2026-05-01T00:00:00.000Z'],
    ['2026-05-01T08:30Z', '2026-05-01T08:30:00.000Z'],
  ])('%s', (text, expected) => {
    expect(parseSince(text, now).toISOString()).toBe(expected)
  })

  it.each(['', '7', '7 years', 'yesterday', '1', '2026-13-01', '2026-05-11'])('refuses %j', (text) => {
    expect(() => parseSince(text, now)).toThrow(InvalidArgumentError)
  })
})
