import { describe, expect, it } from 'vitest'
import { RateLimit, rateLimitFor } from '../../src/clerk-api/rate-limit'

const forever = Number.POSITIVE_INFINITY

/** When each of so many requests, all wanted at once and then again whenever one is through, has its turn. */
function turns(limit: RateLimit, count: number): number[] {
  return Array.from({ length: count }, () => limit.take(0, forever) ?? Number.NaN)
}

/** The most turns in any ten seconds. */
function busiest(times: readonly number[]): number {
  return Math.max(...times.map((start) => times.filter((time) => time >= start && time < start + 10_000).length))
}

describe('the rate limit of requests', () => {
  it.each([
    ['sk_live_key', 1000],
    ['sk_test_key', 100],
    ['another_shape', 100],
  ])('with %s leaves a fifth of the %i in ten seconds to the app, and uses the rest', (key, allowed) => {
    const most = busiest(turns(new RateLimit(key), allowed * 3))
    expect(most).toBeLessThanOrEqual(allowed * 0.8)
    expect(most).toBeGreaterThan(allowed * 0.75)
  })

  it('holds after a pause of any length', () => {
    const limit = new RateLimit('sk_test_key')
    const first = turns(limit, 50)
    const rested = 1_000_000
    const later = Array.from({ length: 200 }, () => rested + (limit.take(rested, forever) ?? Number.NaN))
    expect(busiest([...first, ...later])).toBeLessThanOrEqual(80)
    expect(later.filter((time) => time === rested)).toHaveLength(20)
  })

  it('reserves no slot for a request that would be too late', () => {
    const limit = new RateLimit('sk_test_key')
    turns(limit, 20)
    const [wait = 0] = turns(limit, 1)
    expect(limit.take(0, 10)).toBeUndefined()
    expect(limit.take(0, forever)).toBeCloseTo(wait * 2)
  })

  it('is shared by all callers with the same key and address', () => {
    const one = rateLimitFor({ secretKey: 'sk_test_a', apiUrl: 'https://one.example' })
    expect(rateLimitFor({ secretKey: 'sk_test_a', apiUrl: 'https://one.example' })).toBe(one)
    expect(rateLimitFor({ secretKey: 'sk_test_b', apiUrl: 'https://one.example' })).not.toBe(one)
  })
})
