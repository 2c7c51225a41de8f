import type { DeliverySlot } from '../../monitor/delivery-period'
import { TALLY_MINUTES } from '../../store/delivery-tally'
import { number, short } from '../page/format'
import { type Html, html } from '../page/html'
import { byKind, type KindCounts, kinds } from './outcomes'

const SLOT_MS = TALLY_MINUTES * 60_000
const SLOTS = 144
const HOURS = 24
const SLOTS_AN_HOUR = SLOTS / HOURS
/** Units of the drawing per slot; the space between two bars is one of them. */
const WIDTH = 6
const HEIGHT = 100

interface Bar {
  at: Date
  counts: KindCounts
  total: number
}

/** Deliveries of the last day as stacked bars of ten minutes, with a table for who cannot see them. @param now Milliseconds. */
export function chart(slots: readonly DeliverySlot[], now: number): Html {
  const bars = barsOf(slots, now)
  const max = niceMaximum(Math.max(...bars.map(({ total }) => total)))
  return html`<p class="top">${short(max)} in ten minutes</p>
<svg class="chart" role="img" aria-label="Deliveries of the last 24 hours, in steps of ten minutes. The table below has the numbers." viewBox="0 0 ${SLOTS * WIDTH} ${HEIGHT}" preserveAspectRatio="none">
<line class="grid" x1="0" x2="${SLOTS * WIDTH}" y1="0" y2="0"/><line class="grid" x1="0" x2="${SLOTS * WIDTH}" y1="50" y2="50"/>
${bars.map((bar, index) => drawn(bar, index, max))}
</svg>
<p class="axis" aria-hidden="true"><span>24 h ago</span><span>18 h</span><span>12 h</span><span>6 h</span><span>now</span></p>
${table(bars)}`
}

/** One bar for each ten minutes of the last day, oldest first, with those in which nothing arrived. */
function barsOf(slots: readonly DeliverySlot[], now: number): Bar[] {
  const known = new Map(slots.map((slot) => [slot.at.getTime(), slot.byOutcome]))
  const last = Math.floor(now / SLOT_MS) * SLOT_MS
  return Array.from({ length: SLOTS }, (_, index) => {
    const at = last - (SLOTS - 1 - index) * SLOT_MS
    return barOf(new Date(at), [known.get(at) ?? {}])
  })
}

function barOf(at: Date, outcomes: readonly Record<string, number>[]): Bar {
  const counts = byKind(outcomes)
  return { at, counts, total: Object.values(counts).reduce((all, one) => all + one, 0) }
}

function drawn({ at, counts, total }: Bar, index: number, max: number): Html {
  if (total === 0) return html``
  const x = index * WIDTH
  let y = HEIGHT
  const parts = kinds.map(({ kind }) => {
    if (counts[kind] === 0) return undefined
    // At least visible: a single failure among thousands is what people look for.
    const height = Math.max((counts[kind] / max) * HEIGHT, 1.5)
    y -= height
    return html`<rect class="${kind}" x="${x}" y="${y.toFixed(1)}" width="${WIDTH - 1}" height="${height.toFixed(1)}"/>`
  })
  const named = kinds.filter(({ kind }) => counts[kind] > 0).map(({ kind, name }) => `${name}: ${number(counts[kind])}`)
  const end = new Date(at.getTime() + SLOT_MS)
  return html`${parts}<rect class="hit" x="${x}" y="0" width="${WIDTH}" height="${HEIGHT}"><title>${clock(at)}–${clock(end)} UTC
${named.join('\n')}</title></rect>`
}

const steps = [1, 1.5, 2, 3, 4, 5, 6, 8, 10]

/** The smallest round number that is not smaller, at least 5. */
function niceMaximum(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1)))
  return Math.max(5, power * (steps.find((step) => step * power >= value) ?? 10))
}

function table(bars: readonly Bar[]): Html {
  const hours = Array.from({ length: HOURS }, (_, hour) => {
    const part = bars.slice(hour * SLOTS_AN_HOUR, (hour + 1) * SLOTS_AN_HOUR)
    const counts = Object.fromEntries(
      kinds.map(({ kind }) => [kind, part.reduce((all, bar) => all + bar.counts[kind], 0)]),
    ) as KindCounts
    return { at: part[0]?.at ?? new Date(0), counts, total: part.reduce((all, { total }) => all + total, 0) }
  }).filter(({ total }) => total > 0)
  if (hours.length === 0) return html``
  return html`<details id="deliveries-table"><summary>As a table, hour by hour</summary><div class="scroll" tabindex="0" role="region" aria-label="Deliveries by hour">
<table><thead><tr><th scope="col">Hour from (UTC)</th>${kinds.map(({ name }) => html`<th scope="col" class="number">${name}</th>`)}</tr></thead>
<tbody>${hours.map(({ at, counts }) => html`<tr><th scope="row">${clock(at)}</th>${kinds.map(({ kind }) => html`<td class="number">${number(counts[kind])}</td>`)}</tr>`)}</tbody></table></div></details>`
}

const clock = (at: Date): string => at.toISOString().slice(11, 16)
