import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

export const root = fileURLToPath(new URL('../../', import.meta.url))

/** A page by its path in the repository. */
export interface Page {
  path: string
  markdown: string
}

const pageAt = (path: string): Page => ({ path, markdown: readFileSync(join(root, path), 'utf8') })

/** All Markdown files of docs; not what is generated or built there. */
const docsPaths = readdirSync(`${root}docs`, { recursive: true, encoding: 'utf8' })
  .map((path) => `docs/${path.replaceAll('\\', '/')}`)
  .filter((path) => path.endsWith('.md') && !/^docs\/(\.vitepress|reference\/api)\//.test(path))
  .sort()

/** The README and every page of docs. */
export const pages: readonly Page[] = ['README.md', ...docsPaths].map(pageAt)
/** Pages whose snippets are files of one app. The error pages show fragments. */
export const chapters = pages.filter(({ path }) => !path.startsWith('docs/errors/'))

export function pageOf(path: string): string {
  const page = pages.find((each) => each.path === path)
  if (!page) throw new Error(`There is no page ${path}.`)
  return page.markdown
}

/** A TypeScript snippet of the pages. */
export interface Block {
  /** From the comment in its first line, else made of the page and the line it stands in. */
  file: string
  code: string
}

/** All TypeScript blocks of a page; indented ones, as in lists, too. */
export function blocksOf({ path, markdown }: Page): Block[] {
  return [...markdown.matchAll(/^( *)```(tsx?)\n([\s\S]*?)^\1```$/gm)].map((match) => {
    const [, indent = '', language, text = ''] = match
    const code = text.replaceAll(new RegExp(`^${indent}`, 'gm'), '')
    const line = markdown.slice(0, match.index).split('\n').length
    const [, name] = /^\/\/ (\S+\.tsx?)\n/.exec(code) ?? []
    return { file: name ?? `${path}-line-${line}.${language}`, code }
  })
}

/** The snippets of all pages, in order. */
export const allBlocks = chapters.flatMap(blocksOf)
/** The files of the app that the pages show; several pages may show the same one. */
export const blocks = allBlocks.filter(
  (block, i) => i === allBlocks.findIndex((other) => other.file === block.file && other.code === block.code),
)

/**
 * Type errors of the blocks as one app, with the package installed and `@/` as its own folder.
 * The files exist in memory only, in the folder of the repository, where packages are installed.
 */
export function typeErrors(blocks: readonly Block[]): string[] {
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
  const app = `${root}docs-app/`
  const files = new Map(blocks.map(({ file, code }) => [app + file, code]))
  const host = ts.createCompilerHost(options)
  const { readFile, fileExists, getSourceFile } = host
  host.readFile = (path) => files.get(path) ?? readFile(path)
  host.fileExists = (path) => files.has(path) || fileExists(path)
  host.getSourceFile = (path, target, ...rest) => {
    const code = files.get(path)
    return code === undefined ? getSourceFile(path, target, ...rest) : ts.createSourceFile(path, code, target)
  }
  // Without this, modules are not resolved from folders that do not exist on disk.
  host.directoryExists = () => true
  const paths = { ...options.paths, '@/*': ['./docs-app/*'] }
  // For NestJS.
  const decorators = { experimentalDecorators: true, emitDecoratorMetadata: true }
  const program = ts.createProgram([...files.keys()], { ...options, ...decorators, paths, noEmit: true }, host)
  return ts.getPreEmitDiagnostics(program).map(({ file, start = 0, messageText }) => {
    const line = file ? file.getLineAndCharacterOfPosition(start).line + 1 : 0
    return `${file?.fileName.replace(app, '') ?? 'docs'}:${line}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`
  })
}

/** The blocks as files, for a test runner to import: in the repository's folder, or nothing installed would be found. */
export function writeBlocks(blocks: readonly Block[], app: string): void {
  for (const { file, code } of blocks) {
    const path = join(app, file)
    const up = '../'.repeat(file.split('/').length - 1) || './'
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, code.replaceAll(/(from |import )'@\//g, `$1'${up}`))
  }
}

/** Runs the script for the MongoDB shell that has this word, of whichever page shows it. */
export function mongosh(word: string, db: Record<string, unknown>) {
  const scripts = chapters.flatMap(({ markdown }) =>
    [...markdown.matchAll(/```js\n([\s\S]*?)```/g)].map(([, script = '']) => script.trim()),
  )
  return new Function('db', `return ${scripts.find((script) => script.includes(word))}`)(db)
}
