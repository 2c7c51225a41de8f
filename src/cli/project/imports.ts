import { posix } from 'node:path'
import type { Project } from './project'
import type { SourceFile } from './source-files'

/** A name that a file imports from another. */
export interface Binding {
  local: string
  /** The exported name; `*` for the whole module, which in CommonJS can be a single value. */
  imported: string
  /** Position of the import. */
  at: number
}

const esm = /\bimport\s+(?:type\s+)?([^'"();]+?)\s+from\s+['"]([^'"\n]+)['"]/g
const cjs = /\b(?:const|let|var)\s+([^=;()]+?)\s*=\s*require\(\s*['"]([^'"\n]+)['"]\s*\)/g

/** The local names under which one file imports another's exports. */
export function bindingsOf(project: Pick<Project, 'alias'>, importer: SourceFile, target: SourceFile): Binding[] {
  const { code } = importer
  return [...code.matchAll(esm), ...code.matchAll(cjs)]
    .filter(([, , specifier = '']) => leadsTo(project, importer, specifier, target))
    .flatMap(({ 1: clause = '', 0: whole, index }) =>
      namesIn(clause, whole.startsWith('import')).map((name) => ({ ...name, at: index })),
    )
}

function namesIn(clause: string, isEsm: boolean): Omit<Binding, 'at'>[] {
  const [, list = ''] = /\{([^}]*)\}/.exec(clause) ?? []
  const named = list.split(',').flatMap((part) => {
    const [, imported, local = imported] = /^\s*(?:type\s+)?(\w+)(?:\s*(?:\bas\b|:)\s*(\w+))?\s*$/.exec(part) ?? []
    return imported && local ? [{ local, imported }] : []
  })
  const [, namespace] = /\*\s*as\s+(\w+)/.exec(clause) ?? []
  const [, whole] = /^(\w+)/.exec(clause.trim()) ?? []
  return [
    ...named,
    ...(namespace ? [{ local: namespace, imported: '*' }] : []),
    ...(whole ? [{ local: whole, imported: isEsm ? 'default' : '*' }] : []),
  ]
}

/** Whether an import specifier of a file means another file of the project. */
export function leadsTo(
  { alias }: Pick<Project, 'alias'>,
  importer: SourceFile,
  specifier: string,
  target: SourceFile,
): boolean {
  let path: string | undefined
  if (specifier.startsWith('.')) path = posix.join(posix.dirname(importer.path), specifier)
  else if (alias && specifier.startsWith(alias.prefix)) path = alias.folder + specifier.slice(alias.prefix.length)
  return path !== undefined && bare(path) === bare(target.path)
}

const bare = (path: string) =>
  path
    .replace(/\.[cm]?[jt]sx?$/, '')
    .replace(/(^|\/)index$/, '')
    .replace(/\/$/, '')
