/** Strings, and regular expressions where an expression can begin. */
const text =
  /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`|(?<=[(,=:[!&|?{;]\s*)\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\//y

/** Visits each character outside of strings and regular expressions, with its index, until `visit` returns true. */
function walk(code: string, from: number, visit: (character: string, at: number) => boolean): number {
  for (let at = from; at < code.length; at += 1) {
    text.lastIndex = at
    const string = text.exec(code)
    if (string) at += string[0].length - 1
    else if (visit(code.charAt(at), at)) return at
  }
  return code.length
}

/** Index of the bracket that closes the one at `open`; the code's length if there is none. */
export function closing(code: string, open: number): number {
  let depth = 0
  return walk(code, open, (character) => {
    if ('([{'.includes(character)) depth += 1
    else if (')]}'.includes(character)) depth -= 1
    return depth === 0
  })
}

/** End of the statement that starts at `start`: a line end or semicolon outside of all brackets. */
export function statementEnd(code: string, start: number): number {
  let depth = 0
  return walk(code, start, (character, at) => {
    if ('([{'.includes(character)) depth += 1
    else if (')]}'.includes(character)) depth -= 1
    if (depth > 0) return false
    if (character === ';') return true
    // An operator at the end of this line, or the start of the next, continues the statement.
    return (
      character === '\n' &&
      !/(?:[=+|?:,&]|=>)\s*$/.test(code.slice(start, at)) &&
      !/^\s*[.=+|?:&{]/.test(code.slice(at))
    )
  })
}

/** Splits a list of arguments or entries, and trims its parts. */
export function listed(code: string): string[] {
  const parts: string[] = []
  let depth = 0
  let from = 0
  walk(code, 0, (character, at) => {
    if ('([{'.includes(character)) depth += 1
    else if (')]}'.includes(character)) depth -= 1
    else if (character === ',' && depth === 0) {
      parts.push(code.slice(from, at).trim())
      from = at + 1
    }
    return false
  })
  return [...parts, code.slice(from).trim()].filter((part) => part !== '')
}

/** Arguments of the call whose bracket opens at `open`. */
export const argumentsAt = (code: string, open: number): string[] => listed(code.slice(open + 1, closing(code, open)))

/** A key of an object literal, and the text of its value. */
interface Entry {
  key: string
  value: string
}

/** Entries of the object literal that opens at `open`, without spreads and computed keys. */
export function entriesAt(code: string, open: number): Entry[] {
  return argumentsAt(code, open).flatMap((part) => {
    const [whole, single, double, bare] = /^(?:'([^'\n]*)'|"([^"\n]*)"|([\w$]+))\s*:/.exec(part) ?? []
    const key = single ?? double ?? bare
    return whole === undefined || key === undefined ? [] : [{ key, value: part.slice(whole.length).trim() }]
  })
}

/** Line number, from 1. */
export const lineOf = (code: string, at: number): number => code.slice(0, at).split('\n').length

const token =
  /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|(`(?:\\.|[^`\\])*`)|(process\.env(?:\.\w+|\[['"]\w+['"]\]))|([A-Za-z_$][\w$]*)(\s*:)?|(\d+)/g
const words = new Set(['true', 'false', 'null', 'undefined'])
const MAX_STEPS = 4

/**
 * An expression usable in any other file: made only of literals and environment variables, with top-level names of its
 * file replaced by their values. `undefined` for other expressions.
 */
export function portable(code: string, expression: string, steps = MAX_STEPS): string | undefined {
  if (steps === 0) return undefined
  const bare = expression.replace(/\s+as\s+(?:string|const)\b/g, '').trim()
  let isPortable = true
  const inner = (given: string) => {
    const found = portable(code, given, steps - 1)
    if (found === undefined) isPortable = false
    return found ?? ''
  }
  const rest: string[] = []
  let last = 0
  const result = bare.replace(token, (...match) => {
    const [whole, , template, , name, colon] = match as string[]
    const at = match.at(-2) as number
    rest.push(bare.slice(last, at))
    last = at + (whole as string).length
    if (template) return template.replace(/\$\{([^}]*)\}/g, (_all, hole: string) => `\${${inner(hole)}}`)
    if (!name || colon || words.has(name)) return whole as string
    const found = definitionOf(code, name)
    if (found === undefined) isPortable = false
    const given = inner(found ?? '')
    return whole === bare || /^(?:process\.env\S*|'[^']*'|"[^"]*"|`[^`]*`|\{[\s\S]*\})$/.test(given)
      ? given
      : `(${given})`
  })
  rest.push(bare.slice(last))
  // Brackets, `+`, `||`, `??`, `!` and commas, but no calls, members or conditions.
  if (!/^(?:[\s+|!(){}[\],]|\?\?)*$/.test(rest.join(' ')) || bare === '') return undefined
  return isPortable ? result.replace(/\s+/g, ' ') : undefined
}

/** The value of a top-level name. */
export function definitionOf(code: string, name: string): string | undefined {
  const defined = new RegExp(`^(?:export )?(?:const|let|var) ${name}\\b\\s*(?::[^=\\n]+)?=\\s*`, 'm').exec(code)
  if (defined) {
    const start = defined.index + defined[0].length
    return code.slice(start, statementEnd(code, start)).trim()
  }
  for (const [, list = ''] of code.matchAll(/(?:const|let|var) \{([^}]*)\} = process\.env\b/g)) {
    for (const part of listed(list)) {
      const [variable, local = variable] = part.split(/\s*:\s*/)
      if (local === name) return `process.env.${variable}`
    }
  }
  return undefined
}
