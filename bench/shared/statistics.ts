/** The middle of some figures, and how far they lie apart. */
export interface Spread {
  median: number
  min: number
  max: number
}

/** @param values At least one. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b)
  return { median: percentile(sorted, 50), min: sorted[0] ?? Number.NaN, max: sorted.at(-1) ?? Number.NaN }
}

/** The value below which so many per cent lie. Between two values for the median of an even number. */
export function percentile(sorted: ArrayLike<number>, percent: number): number {
  const at = ((sorted.length - 1) * percent) / 100
  const [low, high] = [sorted[Math.floor(at)] ?? Number.NaN, sorted[Math.ceil(at)] ?? Number.NaN]
  return low + (high - low) * (at % 1)
}

/** As `1.23 (1.10–1.31)`. */
export const inWords = ({ median, min, max }: Spread): string =>
  `${median.toFixed(2)} (${min.toFixed(2)}–${max.toFixed(2)})`

/** The list, beginning at another place in each round, so that none is always first. */
export function rotated<T>(list: readonly T[], round: number): T[] {
  const at = round % list.length
  return [...list.slice(at), ...list.slice(0, at)]
}

/** What one costs divided by what another costs in the same round. The rounds of both are the same. */
export function ratioOf<Key extends string>(
  own: readonly ({ round: number } & Record<Key, number>)[],
  others: readonly ({ round: number } & Record<Key, number>)[],
  key: Key,
): Spread {
  const other = (round: number) => others.find((one) => one.round === round)?.[key] ?? Number.NaN
  return spreadOf(own.map((one) => one[key] / other(one.round)))
}
