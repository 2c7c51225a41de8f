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
  globalThis.gc?.()
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
  const [started, cpuBefore] = [performance.now(), process.cpuUsage()]
  await Promise.all(Array.from({ length: inFlight }, lane))
  const { user, system } = process.cpuUsage(cpuBefore)
  const seconds = (performance.now() - started) / 1000
  latencies.sort()
  return {
    perSecond: items.length / seconds,
    cpu: (user + system) / items.length,
    p50: percentile(latencies, 50),
    p99: percentile(latencies, 99),
  }
}
