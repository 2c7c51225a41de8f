import type { SourceFile } from '../project/source-files'

/** Where the names in an expression are looked up. */
export interface Scope {
  /** The file that contains it. */
  file: SourceFile
  /** The other files, for imported constants. */
  sources: readonly SourceFile[]
  env: NodeJS.ProcessEnv
}

/** Limit for constants that refer to constants; a deeper chain is a cycle. */
const MAX_DEPTH = 6

/**
 * The text of an expression made only of literals, environment variables and constants of the app's files. `undefined`
 * for anything else, and for empty texts.
 */
export function evaluate(expression: string, scope: Scope, depth = 0): string | undefined {
  const code = unwrapped(expression)
  if (depth > MAX_DEPTH || code === '') return undefined
  const inner = (part: string) => evaluate(part, scope, depth + 1)
  const choices = split(code, /\|\||\?\?/y)
  if (choices.length > 1) return choices.map(inner).find((value) => value !== undefined)
  const parts = split(code, /\+/y)
  if (parts.length > 1) return joined(parts.map(inner))
  const [, text] = /^(?:'((?:\\.|[^'\\])*)'|"(?:\\.|[^"\\])*")$/.exec(code) ?? []
  if (text !== undefined || /^"(?:\\.|[^"\\])*"$/.test(code)) return code.slice(1, -1) || undefined
  if (/^`[^`]*`$/.test(code)) return template(code.slice(1, -1), inner)
  const [, dotted, quoted] = /^process\.env(?:\.(\w+)|\[['"](\w+)['"]\])$/.exec(code) ?? []
  const name = dotted ?? quoted
  if (name !== undefined) return scope.env[name] || undefined
  const found = /^[\w$]+$/.test(code) ? constant(code, scope) : undefined
  return found && evaluate(found.code, { ...scope, file: found.file }, depth + 1)
}

/** Removes TypeScript's additions and outer brackets. */
function unwrapped(expression: string): string {
  const code = expression
    .trim()
    .replace(/\s+as\s+\w+$/, '')
    .replace(/!$/, '')
  const isWrapped = code.startsWith('(') && split(code.slice(1, -1), /\)/y).length === 1 && code.endsWith(')')
  return isWrapped ? unwrapped(code.slice(1, -1)) : code
}

function template(text: string, inner: (code: string) => string | undefined): string | undefined {
  return joined(text.split(/(\$\{[^}]*\})/).map((part) => (part.startsWith('${') ? inner(part.slice(2, -1)) : part)))
}

const joined = (parts: readonly (string | undefined)[]) =>
  parts.every((part) => part !== undefined) ? parts.join('') : undefined

/** The value of a constant in this file, or exported by another. */
function constant(name: string, { file, sources }: Scope): { code: string; file: SourceFile } | undefined {
  const own = definition(name, file.code, '(?:export )?')
  if (own !== undefined) return { code: own, file }
  if (!new RegExp(`\\{[^}]*\\b${name}\\b[^}]*\\}\\s*(?:from\\b|=\\s*require\\b)`).test(file.code)) return undefined
  for (const other of sources) {
    const code = definition(name, other.code, 'export ') ?? definition(name, other.code, 'exports\\.', '')
    if (code !== undefined) return { code, file: other }
  }
  return undefined
}

function definition(name: string, code: string, before: string, keyword = '(?:const|let|var) '): string | undefined {
  const found = new RegExp(`^[ \\t]*${before}${keyword}${name}\\b\\s*(?::[^=\\n]+)?=\\s*`, 'm').exec(code)
  if (found) return split(code.slice(found.index + found[0].length), /;|\n(?!\s*[+|?])/y)[0]
  // const { MONGODB_URI } = process.env
  const isVariable = new RegExp(`\\{[^}]*\\b${name}\\b[^}]*\\}\\s*=\\s*process\\.env\\b`).test(code)
  return isVariable ? `process.env.${name}` : undefined
}

const string = /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`/y

/** Splits code at separators outside of strings and brackets; ends at the closing bracket. */
export function split(code: string, separator: RegExp): string[] {
  const parts: string[] = []
  let [from, depth, at] = [0, 0, 0]
  while (at < code.length) {
    const width = depth === 0 ? widthAt(separator, code, at) : 0
    if (width > 0) {
      parts.push(code.slice(from, at))
      from = at + width
      at = from
      continue
    }
    const character = code.charAt(at)
    if ('([{'.includes(character)) depth += 1
    if (')]}'.includes(character) && --depth < 0) break
    at += widthAt(string, code, at) || 1
  }
  return [...parts, code.slice(from, at)].map((part) => part.trim())
}

function widthAt(pattern: RegExp, code: string, at: number): number {
  pattern.lastIndex = at
  return pattern.exec(code)?.[0].length ?? 0
}
