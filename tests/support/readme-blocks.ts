import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

export const root = fileURLToPath(new URL('../../', import.meta.url))
export const readme = readFileSync(`${root}README.md`, 'utf8')

/** A TypeScript block of the README. */
export interface Block {
  /** From the comment in its first line, else made of the line it stands in. */
  file: string
  code: string
}

/** All blocks of one language fence, or of both TypeScript's; indented ones, as in lists, too. */
export function blocksOf(markdown: string): Block[] {
  return [...markdown.matchAll(/^( *)```(tsx?)\n([\s\S]*?)^\1```$/gm)].map((match) => {
    const [, indent = '', language, text = ''] = match
    const code = text.replaceAll(new RegExp(`^${indent}`, 'gm'), '')
    const line = markdown.slice(0, match.index).split('\n').length
    const [, name] = /^\/\/ (\S+\.tsx?)\n/.exec(code) ?? []
    return { file: name ?? `line-${line}.${language}`, code }
  })
}

/**
 * What TypeScript says of the blocks as one app, which has the package installed and `@/` for its own folder.
 * The files are only in memory; they stand in the repository's folder to find what is installed there.
 */
export function typeErrors(blocks: readonly Block[]): string[] {
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
  const app = `${root}readme-app/`
  const files = new Map(blocks.map(({ file, code }) => [app + file, code]))
  const host = ts.createCompilerHost(options)
  const { readFile, fileExists, getSourceFile } = host
  host.readFile = (path) => files.get(path) ?? readFile(path)
  host.fileExists = (path) => files.has(path) || fileExists(path)
  host.getSourceFile = (path, target, ...rest) => {
    const code = files.get(path)
    return code === undefined ? getSourceFile(path, target, ...rest) : ts.createSourceFile(path, code, target)
  }
  // Otherwise modules would not be looked for in folders that are not on the disk.
  host.directoryExists = () => true
  const paths = { ...options.paths, '@/*': ['./readme-app/*'] }
  const program = ts.createProgram([...files.keys()], { ...options, paths, noEmit: true }, host)
  return ts.getPreEmitDiagnostics(program).map(({ file, start = 0, messageText }) => {
    const line = file ? file.getLineAndCharacterOfPosition(start).line + 1 : 0
    return `${file?.fileName.replace(app, '') ?? 'README'}:${line}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`
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

/** Runs the README's script for the MongoDB shell that has this word. */
export function mongosh(word: string, db: Record<string, unknown>) {
  const scripts = [...readme.matchAll(/```js\n([\s\S]*?)```/g)].map(([, script = '']) => script.trim())
  return new Function('db', `return ${scripts.find((script) => script.includes(word))}`)(db)
}
