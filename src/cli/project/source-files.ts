import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** A file of the app's own code. */
export interface SourceFile {
  /** Relative to the project's folder, with `/`. */
  path: string
  text: string
  /** The text with comments replaced by spaces, so that positions are the same. */
  code: string
}

/** Folders without the app's own code. */
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
/** Larger files are generated. */
const MAX_BYTES = 256 * 1024
/** Further files probably belong to other packages of the repository. */
const MAX_FILES = 5_000

/** Reads the app's own code, without packages, builds and tests. */
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

/** Sorted by name, so that every run is the same. */
function entriesOf(folder: string) {
  return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))
}

const stringOrComment = /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`|\/\/[^\n]*|\/\*[\s\S]*?\*\//g

/** Replaces comments by spaces. */
export function withoutComments(text: string): string {
  return text.replace(stringOrComment, (found) => (found.startsWith('/') ? found.replace(/[^\n]/g, ' ') : found))
}
