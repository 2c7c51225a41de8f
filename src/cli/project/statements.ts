/** How other files import a value. */
export interface Exported {
  /** Its exported name; for a default export, a suitable name. */
  name: string
  kind: 'named' | 'default'
}

/**
 * Start of the top-level statement around a position: the nearest unindented line before it that begins a statement.
 */
export function statementStart(code: string, position: number): number {
  let start = code.lastIndexOf('\n', position) + 1
  while (start > 0 && !/[A-Za-z]/.test(code.charAt(start))) {
    start = start < 2 ? 0 : code.lastIndexOf('\n', start - 2) + 1
  }
  return start
}

/** How a top-level statement's variable or value is exported. */
export function exportOf(code: string, start: number): Exported | undefined {
  const statement = code.slice(start)
  if (/^(export default|module\.exports =)/.test(statement)) {
    const [, called] = /^(?:export default|module\.exports =)[^\n]*?\(\s*['"`](\w+)/.exec(statement) ?? []
    return called ? { name: called, kind: 'default' } : undefined
  }
  const [, property] = /^(?:module\.)?exports\.(\w+) =/.exec(statement) ?? []
  if (property) return { name: property, kind: 'named' }
  const [, exported, name] = /^(export )?(?:const|let|var|(?:async )?function) (\w+)/.exec(statement) ?? []
  if (name === undefined) return undefined
  if (exported) return { name, kind: 'named' }
  if (new RegExp(`^(export default|module\\.exports =) ${name}\\b|\\b${name} as default\\b`, 'm').test(code)) {
    return { name, kind: 'default' }
  }
  const isNamed = new RegExp(
    `^(export|module\\.exports =) \\{[^}]*\\b${name}\\b(?!\\s+as)|exports\\.${name} = ${name}\\b`,
    'm',
  )
  return isNamed.test(code) ? { name, kind: 'named' } : undefined
}

/**
 * How a file re-exports another's export; `undefined` if it does not. @param from The specifier, without an extension.
 */
export function exportsAs(code: string, from: string, { name, kind }: Exported): Exported | undefined {
  const module = `['"]${from.replaceAll('.', '\\.')}(?:\\.[cm]?[jt]s)?['"]`
  if (kind === 'named' && new RegExp(`^export \\* from ${module}`, 'm').test(code)) return { name, kind }
  const [, list = ''] = new RegExp(`^export \\{([^}]*)\\} from ${module}`, 'm').exec(code) ?? []
  for (const part of list.split(',')) {
    const [, inner, outer = inner] = /^\s*(\w+)(?:\s+as\s+(\w+))?\s*$/.exec(part) ?? []
    if (inner !== (kind === 'default' ? 'default' : name) || outer === undefined) continue
    return outer === 'default' ? { name, kind: 'default' } : { name: outer, kind: 'named' }
  }
  return undefined
}

/** Adds lines after a file's imports; `undefined` if it has none. */
export function withImports(text: string, code: string, lines: readonly string[]): string | undefined {
  const pattern = isEsm(code)
    ? /^import\b(?!\()[^'"]*['"][^'"\n]+['"][^\n]*$/gm
    : /^(?:const|let|var)\b[^=\n]*(?:\{[^}]*\})?[^=\n]*=\s*require\([^)\n]*\)[^\n]*$/gm
  const last = [...code.matchAll(pattern)].at(-1)
  if (!last) return undefined
  const end = last.index + last[0].length
  return `${text.slice(0, end)}\n${lines.join('\n')}${text.slice(end)}`
}

/** Whether code uses ES modules. */
export const isEsm = (code: string): boolean => /^(import\b(?!\()|export\b)/m.test(code)

/** Formats a line in a file's style: its quotes, and semicolons if it uses them. */
export function inStyleOf(code: string, line: string): string {
  const count = (pattern: RegExp) => [...code.matchAll(pattern)].length
  const quoted = count(/"/g) > count(/'/g) ? line.replaceAll("'", '"') : line
  return count(/;[ \t]*$/gm) > 0 ? `${quoted};` : quoted
}

/** An import in the project's module system. */
export function importLine(modules: 'esm' | 'cjs', what: string, from: string): string {
  return modules === 'esm' ? `import ${what} from '${from}'` : `const ${what} = require('${from}')`
}
