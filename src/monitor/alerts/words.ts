import { counted } from '../counted'

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

/** A share in percent, such as `30%`. */
export const percent = (share: number): string => `${Math.round(share * 100)}%`

/** Secrets, e-mail addresses, and the query of a URL, which can hold either. */
const confidential = /\b(?:sk|pk|whsec)_\S+|[^\s<>"'`(]+@[^\s<>"'`)]+|\?[\w.%[\]-]+=[^\s<>"'`]+/g
const MAX_LENGTH = 500

/** A text from elsewhere as part of an alert: bounded, without secrets, e-mail addresses and queries of URLs. */
export function publicText(text: string): string {
  const safe = text.replaceAll(confidential, '…')
  return safe.length > MAX_LENGTH ? `${safe.slice(0, MAX_LENGTH - 1)}…` : safe
}
