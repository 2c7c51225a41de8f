import type { Headline, Level } from '../headline'
import { type Html, html, trusted } from '../page/html'

const signs: Record<Level, string> = {
  ok: '<path d="M8 12.5l2.8 2.8L16.5 9"/>',
  idle: '<path d="M8 12h8"/>',
  warn: '<path d="M12 7.5v5.5M12 16.3v.2"/>',
  bad: '<path d="M8.8 8.8l6.4 6.4M15.2 8.8l-6.4 6.4"/>',
}

/** The state in one sentence, with links to what needs attention. */
export function headlinePanel({ level, verdict, detail, issues }: Headline): Html {
  const list = html`<ul>${issues.map(({ text, about }) => html`<li><a href="#${about}">${text}</a></li>`)}</ul>`
  return html`<section id="headline" class="headline ${level}" data-live aria-label="State">
<svg class="sign" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><circle cx="12" cy="12" r="10"/>${trusted(signs[level])}</svg>
<p class="sentence"><strong>${verdict}:</strong> <span>${detail}</span></p>${issues.length > 0 && list}</section>`
}
