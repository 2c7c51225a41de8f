import { counted } from '../../monitor/counted'
import type { ResourceStatus, SyncStatus } from '../../monitor/status'
import type { DocumentCounts, DocumentInError } from '../../store/job-store'
import { number } from '../page/format'
import { type Html, html } from '../page/html'
import { panel } from '../page/page'
import type { FormToken } from '../same-origin'
import { idLink } from './badge'
import { meaning, reason } from './failures'
import { retryButton } from './forms'

const states = [
  ['active', 'Active'],
  ['pending', 'Waiting to be pushed'],
  ['error', 'In error'],
  ['deleted', 'Deleted in Clerk'],
  ['local', 'Without a Clerk user'],
] as const

/** Documents of each resource by state. */
export function documentsPanel(status: SyncStatus): Html {
  const { organizations, memberships } = status
  const content = html`<div class="resources">${resource('Users', status.users)}${organizations && resource('Organizations', organizations)}${memberships && resource('Memberships', memberships)}</div>`
  return panel('documents', 'Stored documents', content)
}

function resource(title: string, counts: DocumentCounts): Html {
  const total = states.reduce((all, [state]) => all + counts[state], 0)
  const present = states.filter(([state]) => counts[state] > 0)
  return html`<div><h3 class="total">${title} <b>${number(total)}</b></h3>
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

/** Documents that are not as Clerk has them, with a reason and a button each. Nothing if there are none. */
export function differencesPanel(status: SyncStatus, token: FormToken): Html {
  const parts: (Pick<ResourceStatus, 'inError' | 'unstored'> & { noun: string; error: number })[] = [
    { noun: 'user', ...status, error: status.users.error },
    ...(status.organizations ? [{ noun: 'organization', ...status.organizations }] : []),
    ...(status.memberships ? [{ noun: 'membership', ...status.memberships }] : []),
  ]
  const sections = parts.flatMap(({ noun, error, inError = [], unstored }) => [
    ...(inError.length > 0 ? [listed(`${counted(error, noun)} in error`, inError.map(toRow))] : []),
    ...(unstored
      ? [listed(`${counted(unstored.count, noun)} that could not be stored`, unstored.failures.slice(0, 10).map(toRow))]
      : []),
  ])
  const { missingIndexes } = status
  if (missingIndexes.length > 0) {
    const names = missingIndexes.map((name) => html`<li><code>${name}</code></li>`)
    sections.push(
      html`<div><h3>${counted(missingIndexes.length, 'index', 'indexes')} missing</h3><ul>${names}</ul><p class="quiet small">Without them the figures of this page are slow. <code>clerk-mongo-sync doctor --fix</code> builds them.</p></div>`,
    )
  }
  if (sections.length === 0) return html``
  return panel('differences', 'Not as it should be', html`<div class="stack">${sections}</div>`)

  function toRow({ clerkId, path, message, syncError, code = syncError }: Differing): Html {
    // A message says what to do.
    const why = code !== undefined && (message === undefined ? reason(code) : meaning(code))
    const where =
      path !== undefined &&
      html`<p class="quiet small">At the path <code>${path}</code>${message && html`: ${message}`}</p>`
    return html`<tr><td>${idLink(clerkId)}</td><td>${why || html`<p>No reason is recorded.</p>`}${where}</td>
<td class="act">${retryButton(token, clerkId, 'document')}</td></tr>`
  }
}

type Differing = DocumentInError & { code?: string; message?: string }

function listed(title: string, rows: readonly Html[]): Html {
  return html`<div><h3>${title}</h3><table class="rows"><thead><tr><th scope="col">Id</th><th scope="col">Reason</th><th><span class="hidden">Action</span></th></tr></thead><tbody>${rows}</tbody></table></div>`
}
