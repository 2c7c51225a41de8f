import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** A file of the host's own code. */
export interface SourceFile {
  /** Below the project's folder, with `/`. */
  path: string
  text: string
  /** The text with spaces in place of comments: positions are the same. */
  code: string
}

export const skippedFolders: ReadonlySet<string> = new Set([
  'node_modules',
  'dist',
  'build',
  'out',
  'coverage',
  'public',
  'test',
  'tests',
  '__tests__',
  '__mocks__',
  'e2e',
])
const isSource = (name: string) => /\.[cm]?[jt]sx?$/.test(name) && !/\.(d|test|spec)\.[cm]?[jt]sx?$/.test(name)
/** What is larger is generated. */
const MAX_BYTES = 256 * 1024
/** What more there is belongs to other packages of one repository, most likely. */
const MAX_FILES = 5_000

/** The code that is the host's own: no packages, builds, tests. */
export function readSources(root: string): SourceFile[] {
  const files: SourceFile[] = []
  const walk = (folder: string) => {
    for (const entry of entriesOf(join(root, folder))) {
      if (files.length >= MAX_FILES) return
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (entry.isDirectory()) {
        if (!entry.name.startsWith('.') && !skippedFolders.has(entry.name)) walk(path)
      } else if (isSource(entry.name) && statSync(join(root, path)).size <= MAX_BYTES) {
        const text = readFileSync(join(root, path), 'utf8')
        files.push({ path, text, code: withoutComments(text) })
      }
    }
  }
  walk('')
  return files
}

/** In the order of their names, so that every run sees the same. */
function entriesOf(folder: string) {
  return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))
}

const stringOrComment = /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`|\/\/[^\n]*|\/\*[\s\S]*?\*\//g

/** Code with spaces for its comments. */
export function withoutComments(text: string): string {
  return text.replace(stringOrComment, (found) => (found.startsWith('/') ? found.replace(/[^\n]/g, ' ') : found))
}
