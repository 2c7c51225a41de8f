/** A key of an object literal with the text of its value. */
export interface Entry {
  key: string
  value: string
}

const closing: Record<string, string> = { '(': ')', '[': ']', '{': '}' }

/** Where the bracket at a position is closed; the end of the code where it is not. */
export function closeOf(code: string, open: number): number {
  const close = closing[code.charAt(open)]
  for (let at = open + 1; at < code.length; at += 1) {
    const char = code.charAt(at)
    if (char === close) return at
    at = skipped(code, at)
  }
  return code.length
}

/** The entries of the object literal that opens at a position; spreads and computed keys are left out. */
export function entriesAt(code: string, open: number): Entry[] {
  return partsAt(code, open).flatMap((part) => {
    const [whole, quoted, bare] =
      /^(?:'([^'\n]*)'|"[^"\n]*"|([\w$]+))\s*:/.exec(part.replace(/^"([^"\n]*)"/, "'$1'")) ?? []
    const key = quoted ?? bare
    return whole === undefined || key === undefined ? [] : [{ key, value: part.slice(whole.length).trim() }]
  })
}

/** What stands between the commas of a list, a call's arguments or an object literal. */
export function partsAt(code: string, open: number): string[] {
  const end = closeOf(code, open)
  const parts: string[] = []
  let start = open + 1
  for (let at = start; at < end; at += 1) {
    if (code.charAt(at) === ',') {
      parts.push(code.slice(start, at))
      start = at + 1
    } else at = skipped(code, at)
  }
  return [...parts, code.slice(start, end)].map((part) => part.trim()).filter((part) => part !== '')
}

/** The last position of the text, the regular expression or the brackets that open at a position; else the position itself. */
function skipped(code: string, at: number): number {
  const char = code.charAt(at)
  if (char in closing) return closeOf(code, at)
  if (char === "'" || char === '"' || char === '`') return endOf(code, at, char)
  if (char === '/' && /[(,=:[!&|?{;]\s*$/.test(code.slice(Math.max(0, at - 20), at))) return endOf(code, at, '/')
  return at
}

function endOf(code: string, start: number, quote: string): number {
  for (let at = start + 1; at < code.length; at += 1) {
    if (code.charAt(at) === '\\') at += 1
    else if (code.charAt(at) === quote) return at
  }
  return code.length
}
