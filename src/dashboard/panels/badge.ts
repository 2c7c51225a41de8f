import { type Html, html } from '../page/html'

/** A word in the colour of what it means. */
export const badge = (level: 'ok' | 'warn' | 'bad' | 'idle', text: string): Html =>
  html`<span class="badge ${level}">${text}</span>`

/** A Clerk id as a link to the page about it. */
export const idLink = (clerkId: string): Html =>
  html`<a class="id" href="?id=${encodeURIComponent(clerkId)}">${clerkId}</a>`

/** The colour of a document's state. */
export const levelOf = { active: 'ok', pending: 'idle', error: 'bad', deleted: 'idle' } as const
