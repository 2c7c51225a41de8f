import type { DeliveryPeriod } from '../../monitor/delivery-period'
import type { SyncStatus } from '../../monitor/status'
import { milliseconds, number, percent } from '../page/format'
import { type Content, type Html, html } from '../page/html'
import { panel } from '../page/page'
import { chart } from './chart'
import { byKind, kinds } from './outcomes'

/** The figures of deliveries: how many, how many succeeded, how fast. Nothing without a delivery log. */
export function figures({ deliveries }: SyncStatus): Html {
  if (!deliveries) return html``
  const { lastHour, lastDay, lastWeek } = deliveries
  const { latency } = lastDay
  return html`<dl class="figures" id="figures" data-live aria-label="Deliveries in figures">
${figure('Last hour', number(lastHour.total), rate(lastHour))}
${figure('Last day', number(lastDay.total), rate(lastDay))}
${figure('Last week', number(lastWeek.total), rate(lastWeek))}
${figure('Typical duration', latency ? milliseconds(latency.p50) : '–', latency ? `95 % within ${milliseconds(latency.p95)}, 99 % within ${milliseconds(latency.p99)}` : 'no delivery in the last day')}
</dl>`
}

const figure = (name: string, value: string, more: Content): Html =>
  html`<div class="figure"><dt>${name}</dt><dd>${value}</dd><dd>${more}</dd></div>`

const rate = ({ successRate }: DeliveryPeriod): string =>
  successRate === undefined ? 'no delivery' : `${percent(successRate)} succeeded`

/** The deliveries of the last day, as a chart. */
export function deliveriesPanel({ deliveries }: SyncStatus, now: number): Html {
  const title = 'Deliveries of the last 24 hours'
  if (!deliveries) {
    const hint = html`<p class="empty">There is no delivery log, so nothing is known about deliveries. <code>createClerkSync({ deliveries: true })</code> keeps one from then on.</p>`
    return panel('deliveries', title, hint)
  }
  const { lastDay, slots } = deliveries
  if (lastDay.total === 0) {
    const hint = html`<p class="empty">No delivery has arrived in the last 24 hours. If people signed up meanwhile, check the endpoint in Clerk's dashboard, and run <code>clerk-mongo-sync doctor</code>.</p>`
    return panel('deliveries', title, hint)
  }
  const counts = byKind([lastDay.byOutcome])
  const legend = kinds
    .filter(({ kind }) => counts[kind] > 0)
    .map(({ kind, name }) => html`<li><span class="swatch ${kind}"></span>${name} <b>${number(counts[kind])}</b></li>`)
  return panel('deliveries', title, chart(slots, now), html`<ul class="legend">${legend}</ul>`)
}
