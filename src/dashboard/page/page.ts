import type { Level } from '../headline'
import { type Content, type Html, html, trusted } from './html'
import { script } from './script'
import { style } from './style'

/** What a page is made of. */
export interface Page {
  /** HTTP status. @default 200 */
  status?: number
  title: string
  /** Colour of the icon in the browser's tab. */
  level: Level
  content: Content
  /** The id that was looked up. */
  search?: string
  /** Seconds after which a browser without JavaScript loads the page again. */
  refresh?: number
}

const colors: Record<Level, string> = { ok: '1f9d66', idle: '7d9ad0', warn: 'd98a0b', bad: 'd3362d' }

/** Renders a page as HTML. */
export function render({ title, level, content, search, refresh }: Page): string {
  const icon = `data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><circle cx="4" cy="4" r="4" fill="%23${colors[level]}"/></svg>`
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<link rel="icon" href="${icon}">
${refresh !== undefined && html`<noscript><meta http-equiv="refresh" content="${refresh}"></noscript>`}
<style>${trusted(style)}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header class="bar"><h1><a href="?">Clerk → MongoDB</a></h1>${searchForm(search)}<span class="live" data-state="paused">As of loading</span></header>
<main id="main">
${content}
</main>
<p id="announcer" class="hidden" role="status"></p>
<script>${trusted(script)}</script>
</body>
</html>
`.text
}

/** The form that looks for a document by its Clerk id. */
const searchForm = (clerkId = ''): Html =>
  html`<form method="get" action="?" role="search" class="search"><input name="id" value="${clerkId}" aria-label="Clerk id" placeholder="user_…, org_… or orgmem_…" autocomplete="off" autocapitalize="none" spellcheck="false" required><button>Look up</button></form>`

/** A part of a page that the script keeps up to date. */
export const panel = (id: string, title: string, content: Content, aside?: Content): Html =>
  html`<section class="card" id="${id}" data-live aria-labelledby="${id}-title"><header><h2 id="${id}-title">${title}</h2>${aside}</header>${content}</section>`

let policy: Promise<string> | undefined

/** Headers of every answer. The policy allows the style sheet and the script of these pages by their hashes, and nothing else. */
export async function securityHeaders(): Promise<Record<string, string>> {
  policy ??= contentSecurityPolicy()
  return {
    'content-security-policy': await policy,
    'cache-control': 'no-store',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    // The form's check of its origin needs the header Origin, which `no-referrer` would empty.
    'referrer-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'x-robots-tag': 'noindex',
  }
}

async function contentSecurityPolicy(): Promise<string> {
  const [styleHash, scriptHash] = await Promise.all([hashOf(style), hashOf(script)])
  return [
    "default-src 'none'",
    `style-src ${styleHash}`,
    `script-src ${scriptHash}`,
    "connect-src 'self'",
    'img-src data:',
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

async function hashOf(text: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))
  return `'sha256-${btoa(String.fromCharCode(...bytes))}'`
}
