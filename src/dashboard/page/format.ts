import { type Html, html } from './html'

const numbers = new Intl.NumberFormat('en')
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })

/** A number with thousands separators: `1,204`. */
export const number = (value: number): string => numbers.format(value)

/** A number that takes at most five characters: `1.2K`. */
export const short = (value: number): string => compact.format(value)

/** A share from 0 to 1 in per cent, rounded down, so that 100 % means all. */
export function percent(share: number): string {
  return `${(Math.floor(share * 1000) / 10).toFixed(share === 1 || share === 0 ? 0 : 1)} %`
}

/** Milliseconds for people: `12 ms`, `1.2 s`. */
export function milliseconds(value: number): string {
  if (value >= 1000) return `${(value / 1000).toFixed(1)} s`
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`
}

const units = [
  { name: 'd', ms: 86_400_000 },
  { name: 'h', ms: 3_600_000 },
  { name: 'min', ms: 60_000 },
  { name: 's', ms: 1_000 },
]

/** A duration in its largest unit: `12 s`, `3 min`, `2 h`, `4 d`. */
export function duration(ms: number): string {
  const unit = units.find((one) => ms >= one.ms) ?? { name: 's', ms: 1_000 }
  return `${Math.max(0, Math.floor(ms / unit.ms))} ${unit.name}`
}

/** How long ago a time was, as words. */
export function ago(at: Date, now: number): string {
  const ms = now - at.getTime()
  return ms < 1_000 ? 'just now' : `${duration(ms)} ago`
}

/** How long ago a time was, with the time itself in UTC on hover and for machines. */
export function timeAgo(at: Date, now: number): Html {
  return html`<time datetime="${at.toISOString()}" title="${utc(at)}">${ago(at, now)}</time>`
}

/** A time in UTC, to the second. */
export const utc = (at: Date): string => `${at.toISOString().slice(0, 19).replace('T', ' ')} UTC`
