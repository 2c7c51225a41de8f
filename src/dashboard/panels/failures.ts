import { docsOf } from '../../errors'
import { counted } from '../../monitor/counted'
import { reasonFor, remedyFor } from '../../monitor/remedies'
import type { SyncStatus } from '../../monitor/status'
import type { LoggedDelivery } from '../../store/job-store'
import { timeAgo } from '../page/format'
import { type Html, html } from '../page/html'
import { panel } from '../page/page'
import type { FormToken } from '../same-origin'
import { badge, idLink } from './badge'
import { retryButton } from './forms'

/** How many are listed. */
export const LISTED = 20

const AGAIN = '“Fetch and store”'

/** Messages that failed or are in conflict, newest first, each with its reason and what to do. */
export function failuresPanel(
  { deliveries }: SyncStatus,
  failed: readonly LoggedDelivery[],
  { now, token }: { now: number; token: FormToken },
): Html {
  if (!deliveries) return html``
  const title = 'Failures and conflicts'
  if (failed.length === 0)
    return panel('failures', title, html`<p class="empty">Every delivery in the log is processed.</p>`)
  const rest = deliveries.failing + deliveries.conflicts - failed.length
  const more =
    rest > 0 &&
    html`<p class="quiet small">And ${counted(rest, 'older one')}: <code>clerk-mongo-sync replay --failed</code> processes them all again.</p>`
  return panel(
    'failures',
    title,
    html`<table class="rows"><thead><tr><th scope="col">Event</th><th scope="col">Reason</th><th scope="col">Last delivery</th><th><span class="hidden">Action</span></th></tr></thead>
<tbody>${failed.map((entry) => row(entry, now, token))}</tbody></table>${more}`,
    html`<span class="quiet small">The newest first</span>`,
  )
}

function row(entry: LoggedDelivery, now: number, token: FormToken): Html {
  const { messageId, type, clerkId, outcome, errorCode = 'unexpected', attempts, lastSeenAt } = entry
  const isConflict = outcome === 'conflict'
  return html`<tr><td><p>${isConflict ? badge('warn', 'Conflict') : badge('bad', 'Failing')} ${type}</p>
<p>${!hasResource(entry) ? html`<span class="id quiet">${clerkId ?? messageId}</span>` : idLink(clerkId ?? '')}</p></td>
<td>${reason(errorCode)}</td>
<td><p>${timeAgo(lastSeenAt, now)}</p><p class="quiet small">${counted(attempts, 'delivery', 'deliveries')}</p></td>
<td class="act">${isRetriable(entry) && retryButton(token, clerkId ?? '', messageId)}</td></tr>`
}

/** What a code means and what to do about it, with a link to its page. */
export function reason(code: string): Html {
  const remedy = remedyFor(code, AGAIN)
  return html`${meaning(code)}${remedy && html`<p class="quiet small">${remedy}</p>`}`
}

/** What a code means, with a link to its page. */
export function meaning(code: string): Html {
  const what = reasonFor(code)
  return html`<p><a class="code" href="${docsOf(code)}" rel="noreferrer"><code>${code}</code></a>${what && html` – ${what}`}</p>`
}

/** Whether an event is about a user, an organization or a membership. */
const hasResource = ({ type, clerkId }: LoggedDelivery): boolean =>
  clerkId !== undefined && /^(user|organization|organizationMembership)\./.test(type)

/** Whether fetching the resource from Clerk can replace the message. Only the message itself runs its hook again. */
const isRetriable = (entry: LoggedDelivery): boolean => hasResource(entry) && entry.errorCode !== 'hook_failed'
