/** A number and its noun: `1 user`, `1,204 users`. */
export const counted = (n: number, one: string, many = `${one}s`): string =>
  `${n.toLocaleString('en')} ${n === 1 ? one : many}`

const units = [
  [86_400_000, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
  [1_000, 'second'],
] as const

/** A duration in words, such as `3 hours`, in the largest unit of which there are two. */
export function duration(milliseconds: number): string {
  const [size, unit] = units.find(([one]) => milliseconds >= 2 * one) ?? [1_000, 'second']
  return counted(Math.round(milliseconds / size), unit)
}
