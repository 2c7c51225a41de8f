/** Markup that is safe to send. Only `html` and `trusted` make it. */
export class Html {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }

  toString(): string {
    return this.text
  }
}

/** What a template may contain. Everything that is not `Html` is escaped; `undefined`, `null` and `false` are left out. */
export type Content = Html | string | number | undefined | null | false | readonly Content[]

/**
 * A template of markup that escapes what it contains, in text and in quoted attributes.
 *
 * @example
 * html`<a href="?id=${clerkId}">${name}</a>`
 */
export function html(parts: TemplateStringsArray, ...contents: readonly Content[]): Html {
  const text = parts.reduce((before, part, index) => before + textOf(contents[index - 1]) + part)
  return new Html(text)
}

/** Markup of ours that needs no escaping: the style sheet and the script. */
export const trusted = (text: string): Html => new Html(text)

function textOf(content: Content): string {
  if (content instanceof Html) return content.text
  if (typeof content === 'object' && content !== null) return content.map(textOf).join('')
  return content === undefined || content === null || content === false ? '' : escaped(String(content))
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? '')
