import { html } from '../page/html'
import type { Page } from '../page/page'
import { reason } from '../panels/failures'

/** A page with nothing but a message. */
export const messagePage = (status: number, title: string, text: string): Page => ({
  status,
  title,
  level: 'idle',
  content: html`<section class="card" id="message"><header><h2>${title}</h2></header><p>${text}</p></section><p><a href="?">Overview</a></p>`,
})

/** The page when the state cannot be read, by the code of the error. */
export const errorPage = (code: string): Page => ({
  status: 503,
  title: 'No answer · Clerk → MongoDB',
  level: 'bad',
  refresh: 15,
  content: html`<section class="card stack" id="message"><header><h2>The state of the sync could not be read</h2></header>${reason(code)}<p class="quiet small"><code>clerk-mongo-sync doctor</code> says more.</p></section><p><a href="?">Try again</a></p>`,
})
