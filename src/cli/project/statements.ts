/** How another file imports something. */
export interface Exported {
  /** What it is called there; for a default export, what it may be called. */
  name: string
  kind: 'named' | 'default'
}

/** Where the top-level statement around a position begins: the nearest line before that is not indented and opens something. */
export function statementStart(code: string, position: number): number {
  let start = code.lastIndexOf('\n', position) + 1
  while (start > 0 && !/[A-Za-z]/.test(code.charAt(start))) {
    start = start < 2 ? 0 : code.lastIndexOf('\n', start - 2) + 1
  }
  return start
}

/** How the variable, or value, that a top-level statement makes leaves the file. */
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

/** How a file exports again what another one has, `undefined` where it does not. @param from The import, without an extension. */
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

/** The file with lines put after its imports; `undefined` where it has none to tell where that is. */
export function withImports(text: string, code: string, lines: readonly string[]): string | undefined {
  const pattern = isEsm(code)
    ? /^import\b(?!\()[^'"]*['"][^'"\n]+['"][^\n]*$/gm
    : /^(?:const|let|var)\b[^=\n]*(?:\{[^}]*\})?[^=\n]*=\s*require\([^)\n]*\)[^\n]*$/gm
  const last = [...code.matchAll(pattern)].at(-1)
  if (!last) return undefined
  const end = last.index + last[0].length
  return `${text.slice(0, end)}\n${lines.join('\n')}${text.slice(end)}`
}

export const isEsm = (code: string): boolean => /^(import\b(?!\()|export\b)/m.test(code)

/** A line in the manner of a file: its quotes, and a semicolon where it has them. */
export function inStyleOf(code: string, line: string): string {
  const count = (pattern: RegExp) => [...code.matchAll(pattern)].length
  const quoted = count(/"/g) > count(/'/g) ? line.replaceAll("'", '"') : line
  return count(/;[ \t]*$/gm) > 0 ? `${quoted};` : quoted
}

/** An import of names, or of a default export, as the modules of a project are written. */
export function importLine(modules: 'esm' | 'cjs', what: string, from: string): string {
  return modules === 'esm' ? `import ${what} from '${from}'` : `const ${what} = require('${from}')`
}
