import { describe, expect, it } from 'vitest'
import { periodSince, slotsSince } from '../../src/monitor/delivery-period'
import { type DeliveryTally, latencyBounds } from '../../src/store/delivery-tally'

const start = new Date('2026-11-29T18:00:00Z')
const at = (minutes: number) => new Date(start.getTime() + minutes * 60_000)

function tally(minutes: number, parts: Partial<DeliveryTally> & { under?: Record<string, number> }): DeliveryTally {
  const { under = {}, ...rest } = parts
  const latency = [...latencyBounds, 'longer'].map((bound) => under[bound] ?? 0)
  return { at: at(minutes), byOutcome: {}, errors: {}, latency, lastAt: at(minutes), ...rest }
}

describe('a period', () => {
  it('adds up the tallies since its start, with the ten minutes that contain it', () => {
    const tallies = [
      tally(0, { byOutcome: { created: 100 } }),
      tally(10, { byOutcome: { created: 2, failing: 1 }, errors: { timed_out: 1 } }),
      tally(20, { byOutcome: { updated: 1 } }),
    ]
    expect(periodSince(tallies, at(15))).toMatchObject({
      byOutcome: { created: 2, failing: 1, updated: 1 },
      total: 4,
      successRate: 0.75,
      errors: { timed_out: 1 },
    })
  })

  it('without deliveries has no rate and no latency', () => {
    expect(periodSince([], start)).toEqual({
      byOutcome: {},
      total: 0,
      successRate: undefined,
      errors: {},
      latency: undefined,
    })
  })

  it('interpolates percentiles within a bucket', () => {
    const under = { 10: 50, 100: 50 }
    const { latency } = periodSince([tally(0, { byOutcome: { updated: 100 }, under })], start)
    // 50 of 100 are at most 10 ms; the 95th is nine tenths of the way from 50 ms to 100 ms.
    expect(latency).toEqual({ p50: 10, p95: 95, p99: 99 })
  })

  it('counts what took longer than the last bound as that bound', () => {
    const { latency } = periodSince([tally(0, { byOutcome: { updated: 1 }, under: { longer: 1 } })], start)
    expect(latency).toEqual({ p50: 10_000, p95: 10_000, p99: 10_000 })
  })

  it('can be seen in steps of ten minutes', () => {
    const tallies = [0, 10, 30].map((minutes) => tally(minutes, { byOutcome: { updated: 1 } }))
    expect(slotsSince(tallies, at(10)).map((slot) => [slot.at, slot.total])).toEqual([
      [at(10), 1],
      [at(30), 1],
    ])
  })
})
