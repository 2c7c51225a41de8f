import { describe, expect, it } from 'vitest'
import { barChart } from '../../bench/shared/bar-chart'
import { drive } from '../../bench/shared/drive'
import { percentile, ratioOf, rotated, spreadOf } from '../../bench/shared/statistics'

describe('the statistics of the benchmarks', () => {
  it('take the middle of the values, and the ends', () => {
    expect(spreadOf([9, 1, 4])).toEqual({ median: 4, min: 1, max: 9 })
    expect(spreadOf([10, 1, 4, 6])).toEqual({ median: 5, min: 1, max: 10 })
    expect(percentile([1, 2, 3, 4, 5], 100)).toBe(5)
  })

  it('compare what was measured in the same round', () => {
    const own = [1, 2, 3].map((round) => ({ round, cpu: 10 * round }))
    const others = [3, 2, 1].map((round) => ({ round, cpu: 5 * round }))
    expect(ratioOf(own, others, 'cpu')).toEqual({ median: 2, min: 2, max: 2 })
  })

  it('have each subject first in turn', () => {
    expect([0, 1, 2, 3].map((round) => rotated(['a', 'b', 'c'], round).join(''))).toEqual(['abc', 'bca', 'cab', 'abc'])
  })
})

describe('a measurement', () => {
  it('handles every item once, as many at a time as requested', async () => {
    const handled: number[] = []
    let [now, most] = [0, 0]
    const items = Array.from({ length: 50 }, (_, i) => i)
    const cost = await drive(items, 8, async (item) => {
      most = Math.max(most, ++now)
      await new Promise((resolve) => setImmediate(resolve))
      handled.push(item)
      now--
    })
    expect(most).toBe(8)
    expect(handled.sort((a, b) => a - b)).toEqual(items)
    expect(cost.perSecond).toBeGreaterThan(0)
    expect(cost.p99).toBeGreaterThanOrEqual(cost.p50)
  })

  it('fails if an item fails', async () => {
    await expect(drive([1], 1, () => Promise.reject(new Error('refused')))).rejects.toThrow('refused')
  })
})

describe('the chart', () => {
  const bars = [
    { label: 'ours', value: 1000 },
    { label: 'a < b', value: 500 },
  ]
  const svg = barChart('Deliveries per second', [{ label: 'updated', bars }])

  it('has bars in one scale, with their values', () => {
    const widths = [...svg.matchAll(/<rect[^>]* width="([\d.]+)"/g)].map(([, width]) => Number(width))
    expect(widths[0]).toBe(2 * (widths[1] as number))
    expect(svg).toContain('>1,000<')
  })

  it('escapes labels, and has colours for dark pages', () => {
    expect(svg).toContain('a &#60; b')
    expect(svg).toContain('prefers-color-scheme: dark')
  })
})
