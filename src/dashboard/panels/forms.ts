import { type Content, type Html, html } from '../page/html'
import { type FormToken, tokenField } from '../same-origin'

/** A form of one button, that posts these fields. @param id Of the button, which keeps the focus by it. */
export function button(
  token: FormToken,
  fields: Record<string, string>,
  { id, text, isMain = false }: { id: string; text: Content; isMain?: boolean },
): Html {
  const inputs = Object.entries(fields).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
  )
  return html`<form method="post" action="?">${tokenField(token)}${inputs}<button id="${id}"${isMain && html` class="main"`}>${text}</button></form>`
}

/** The button that fetches one resource from Clerk and stores it. @param place Where the button is, as a part of its id. */
export function retryButton(token: FormToken, clerkId: string, place: string): Html {
  const text = html`Fetch and store<span class="hidden"> ${clerkId} again</span>`
  return button(token, { action: 'retry', id: clerkId }, { id: `retry-${place}-${clerkId}`, text })
}
