import type { FoundDocument } from '../../monitor/look-up'
import { timeAgo, utc } from '../page/format'
import { type Content, type Html, html } from '../page/html'
import type { Page } from '../page/page'
import { badge, idLink, levelOf } from '../panels/badge'
import { reason } from '../panels/failures'
import { retryButton } from '../panels/forms'
import type { FormToken } from '../same-origin'

const kinds = { users: 'User', organizations: 'Organization', memberships: 'Membership' } as const

const stateNames = {
  active: 'Active',
  pending: 'Waiting to be pushed',
  error: 'In error',
  deleted: 'Deleted in Clerk',
} as const

const labels: Record<string, string> = {
  email: 'E-mail',
  username: 'Username',
  firstName: 'First name',
  lastName: 'Last name',
  name: 'Name',
  slug: 'Slug',
  role: 'Role',
  userId: 'User',
  organizationId: 'Organization',
}

/** What a button did, as the address of the page says it. */
export interface Result {
  name: string
  /** Code of an error. */
  code: string | undefined
}

const results: Record<string, { level: 'ok' | 'warn' | 'bad'; text: string }> = {
  stored: { level: 'ok', text: "Clerk's current state was fetched and stored." },
  same: { level: 'ok', text: 'Clerk was asked: what is stored is in step.' },
  deleted: { level: 'ok', text: 'Clerk no longer has it, so it was deleted here as well.' },
  unknown: {
    level: 'warn',
    text: 'Neither Clerk nor MongoDB has this id. It may be misspelt, or belong to another instance.',
  },
  deletedHere: {
    level: 'warn',
    text: 'It is deleted here and alive in Clerk. clerk-mongo-sync reconcile --revive restores it.',
  },
  failed: { level: 'bad', text: 'It could not be stored.' },
}

/** The page about one id. @param found `null`: nothing is stored. */
export function documentPage(
  clerkId: string,
  found: FoundDocument | null,
  { result, token }: { result: Result | undefined; token: FormToken },
): Page {
  return {
    title: `${clerkId} · Clerk → MongoDB`,
    level: 'idle',
    search: clerkId,
    content: html`<p class="back"><a href="?">← Overview</a></p>
${notice(result)}
<section class="card" id="document" aria-labelledby="document-title"><header><h2 id="document-title">${found ? kinds[found.resource] : 'Not stored'} <span class="id">${clerkId}</span></h2>${found && badge(levelOf[found.state], stateNames[found.state])}</header>
<div class="stack">${found ? facts(found) : html`<p>MongoDB has no document with this id, and no tombstone of a deleted one.</p>`}
<div class="actions">${retryButton(token, clerkId, 'document')}</div>
<p class="quiet small">Asks Clerk for it, stores what Clerk answers, and closes its failures in the delivery log.</p></div></section>`,
  }
}

function notice(result: Result | undefined): Content {
  const known = result && results[result.name]
  if (!known) return undefined
  return html`<div class="notice ${known.level}" role="status"><p>${known.text}</p>${result.code !== undefined && reason(result.code)}</div>`
}

function facts(found: FoundDocument): Html {
  const { profile, state, hasDocument, syncError, path, lastSyncAt, updatedAt, deletedAt } = found
  const now = Date.now()
  const time = (at: Date) => html`${timeAgo(at, now)} <span class="quiet small">${utc(at)}</span>`
  const rows: [string, Content][] = Object.entries(profile).map(([name, value]) => [
    labels[name] ?? name,
    name === 'userId' || name === 'organizationId' ? idLink(value) : value,
  ])
  if (state === 'error') rows.push(['Reason', syncError === undefined ? 'none is recorded' : reason(syncError)])
  if (path !== undefined) rows.push(['At the path', html`<code>${path}</code>`])
  if (updatedAt) rows.push(['Version of Clerk', time(updatedAt)])
  if (lastSyncAt) rows.push(['Last applied', time(lastSyncAt)])
  if (deletedAt) rows.push(['Deleted in Clerk', time(deletedAt)])
  if (!hasDocument) rows.push(['Document', 'none; a tombstone keeps late events from storing it again'])
  return html`<dl class="facts">${rows.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`
}
