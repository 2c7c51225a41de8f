import type { ResourceStatus, SyncStatus } from '../../monitor/status'
import type { DocumentCounts, DocumentInError } from '../../store/job-store'
import { count, number } from '../page/format'
import { type Html, html } from '../page/html'
import { panel } from '../page/page'
import type { FormToken } from '../same-origin'
import { idLink } from './badge'
import { reason } from './failures'
import { retryButton } from './forms'

const states = [
  ['active', 'In step with Clerk'],
  ['pending', 'Waiting to be pushed'],
  ['error', 'In error'],
  ['deleted', 'Deleted in Clerk'],
  ['local', 'Without a Clerk user'],
] as const

/** Documents of each resource by state, with the search by id. */
export function documentsPanel(status: SyncStatus): Html {
  const { organizations, memberships } = status
  const content = html`<div class="resources">${resource('Users', status.users)}${organizations && resource('Organizations', organizations)}${memberships && resource('Memberships', memberships)}</div>`
  return panel('documents', 'Stored documents', content)
}

function resource(title: string, counts: DocumentCounts): Html {
  const total = states.reduce((all, [state]) => all + counts[state], 0)
  const present = states.filter(([state]) => counts[state] > 0)
  return html`<div><h3>${title}</h3><dl class="counts"><dt class="hidden">All</dt><dd class="big">${number(total)}</dd></dl>
${total > 0 && bar(counts, total)}
<dl class="counts">${(present.length > 0 ? present : states.slice(0, 1)).map(([state, name]) => html`<dt>${name}</dt><dd>${number(counts[state])}</dd>`)}</dl></div>`
}

/** The shares of the states, as a bar. The list below says the same. */
function bar(counts: DocumentCounts, total: number): Html {
  let x = 0
  const parts = states.map(([state]) => {
    const width = (counts[state] / total) * 100
    const part =
      width > 0 &&
      html`<rect class="${state}" x="${x.toFixed(2)}%" y="0" width="${Math.max(width, 0.5).toFixed(2)}%" height="100%"/>`
    x += width
    return part
  })
  return html`<svg class="share" aria-hidden="true">${parts}</svg>`
}

/** The form that looks for a document by its Clerk id. */
export function searchForm(clerkId = ''): Html {
  return html`<form method="get" action="?" role="search" class="search"><input name="id" value="${clerkId}" aria-label="Clerk id" placeholder="user_…, org_… or orgmem_…" autocomplete="off" autocapitalize="none" spellcheck="false" required><button>Look up</button></form>`
}

/** Documents that are not as Clerk has them, with a reason and a button each. Nothing if there are none. */
export function differencesPanel(status: SyncStatus, token: FormToken): Html {
  const parts: (Pick<ResourceStatus, 'inError' | 'unstored'> & { noun: string; error: number })[] = [
    { noun: 'user', ...status, error: status.users.error },
    ...(status.organizations ? [{ noun: 'organization', ...status.organizations }] : []),
    ...(status.memberships ? [{ noun: 'membership', ...status.memberships }] : []),
  ]
  const sections = parts.flatMap(({ noun, error, inError = [], unstored }) => [
    ...(inError.length > 0 ? [listed(`${count(error, noun)} in error`, inError.map(toRow))] : []),
    ...(unstored
      ? [listed(`${count(unstored.count, noun)} that could not be stored`, unstored.failures.slice(0, 10).map(toRow))]
      : []),
  ])
  if (sections.length === 0) return html``
  return panel('differences', 'Not as Clerk has them', html`<div class="stack">${sections}</div>`)

  function toRow(found: DocumentInError & { code?: string; message?: string }): Html {
    const { clerkId, path, message } = found
    const code = found.syncError ?? found.code
    return html`<tr><td>${idLink(clerkId)}</td><td>${code === undefined ? html`<p>No reason is recorded.</p>` : reason(code)}${path !== undefined && html`<p class="small">At the path <code>${path}</code>${message && html`: ${message}`}</p>`}</td>
<td class="act">${retryButton(token, clerkId, 'document')}</td></tr>`
  }
}

function listed(title: string, rows: readonly Html[]): Html {
  return html`<div><h3>${title}</h3><table class="rows"><thead><tr><th scope="col">Id</th><th scope="col">Reason</th><th><span class="hidden">Action</span></th></tr></thead><tbody>${rows}</tbody></table></div>`
}
