import type { SyncStatus } from '../../monitor/status'
import { number, timeAgo } from '../page/format'
import { type Html, html } from '../page/html'
import { panel } from '../page/page'
import { badge } from './badge'

/** Local changes on their way to Clerk. */
export function pushesPanel({ pushes }: SyncStatus, now: number): Html {
  const title = 'Pushes to Clerk'
  if (!pushes)
    return panel(
      'pushes',
      title,
      html`<p class="empty">Clerk owns every field: no plugin has the option <code>push</code>.</p>`,
    )
  const { pending, retrying, failed, oldestDueAt } = pushes
  const state =
    failed > 0
      ? badge('bad', 'Abandoned pushes')
      : pending > 0
        ? badge('idle', 'Pending')
        : badge('ok', 'All are pushed')
  const oldest = oldestDueAt && html`<dt>Oldest due</dt><dd>${timeAgo(oldestDueAt, now)}</dd>`
  const hint =
    failed > 0 &&
    html`<p class="quiet small">The documents are listed as in error. <code>clerk-mongo-sync push --compare</code> tries them again.</p>`
  const content = html`<div class="stack"><dl class="counts"><dt>Pending</dt><dd>${number(pending)}</dd><dt>Of these retried</dt><dd>${number(retrying)}</dd><dt>Abandoned</dt><dd>${number(failed)}</dd>${oldest}</dl>${hint}</div>`
  return panel('pushes', title, content, state)
}
