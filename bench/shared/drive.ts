import { percentile } from './statistics'

/** What a number of deliveries cost this process. */
export interface Cost {
  perSecond: number
  /** CPU time of this process per delivery, in microseconds. */
  cpu: number
  /** Latencies in milliseconds. */
  p50: number
  p99: number
}

/**
 * Handles all items, so many at a time, and measures it.
 * @param items Made before, so that making them is not measured.
 */
export async function drive<T>(
  items: readonly T[],
  inFlight: number,
  handle: (item: T) => Promise<unknown>,
): Promise<Cost> {
  const latencies = new Float64Array(items.length)
  let next = 0
  const lane = async () => {
    while (next < items.length) {
      const at = next++
      const sent = performance.now()
      await handle(items[at] as T)
      latencies[at] = performance.now() - sent
    }
  }
  const cpu = cpuPer(items.length)
  const started = performance.now()
  await Promise.all(Array.from({ length: inFlight }, lane))
  const cost = { perSecond: (items.length * 1000) / (performance.now() - started), cpu: cpu() }
  latencies.sort()
  return { ...cost, p50: percentile(latencies, 50), p99: percentile(latencies, 99) }
}

/** Starts to count: the result returns the CPU time of this process since then, per item, in microseconds. */
export function cpuPer(items: number): () => number {
  globalThis.gc?.()
  const before = process.cpuUsage()
  return () => {
    const { user, system } = process.cpuUsage(before)
    return (user + system) / items
  }
}
