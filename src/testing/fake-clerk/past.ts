const YEAR = 365 * 86_400_000

/** Times in ascending order, spread evenly but not exactly so. @param since The earliest. @default a year ago */
export function* timesSince(since: number | undefined, total: number, random: () => number): Generator<number, void> {
  const start = since ?? Date.now() - YEAR
  const step = Math.max(0, (Date.now() - 60_000 - start) / Math.max(1, total))
  for (let i = 0; i < total; i += 1) yield Math.floor(start + (i + random()) * step)
}
