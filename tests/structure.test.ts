import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import manifest from '../package.json'
import { entry } from '../tsup.config'

const src = fileURLToPath(new URL('../src/', import.meta.url))

const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => /\.tsx?$/.test(path))
const sources = new Map(files.map((path) => [path, parse(path)]))

/** Packages whose code is in dist/cli and nowhere else. */
const bundledWithCli = ['cli-progress', 'commander', '@clack/prompts', 'diff', 'get-tsconfig', 'jiti', 'compressed:*']

/** What each room may import at run time; a path of a file or a folder in src, or a package's name. */
const rooms: Record<string, readonly string[]> = {
  leaf: ['leaf'],
  map: ['map', 'leaf'],
  'clerk-api': ['clerk-api', 'map', 'leaf'],
  jobs: ['jobs', 'clerk-api', 'map', 'leaf'],
  core: ['core', 'jobs', 'clerk-api', 'map', 'leaf'],
  mongoose: ['mongoose', 'map', 'leaf', 'package:mongoose', 'package:node:crypto', 'package:node:events'],
  adapters: ['adapters/_', 'errors.ts'],
  // Of Node's own only what the fake Clerk's server and its deliveries need.
  testing: ['testing', 'map', 'leaf', 'package:node:http', 'package:node:events'],
  // What any user could import, Node, and what is bundled with it.
  cli: [
    'cli',
    'testing',
    'core',
    'leaf',
    'map',
    'package:node:*',
    'package:mongoose',
    'package:clerk-mongo-sync*',
    ...bundledWithCli.map((name) => `package:${name}`),
  ],
}
const leaves = [
  'connection-string.ts',
  'events.ts',
  'store.ts',
  'job-store.ts',
  'errors.ts',
  'host-code.ts',
  'logger.ts',
  'finding.ts',
  'push-store.ts',
  'number-options.ts',
  'abort-with.ts',
  'deadline.ts',
  'private-paths.ts',
  'harmless.ts',
]
/** Svix's code is bundled: whatever imports it carries it. */
const svixFiles = ['verify.ts', 'testing/sign.ts']

describe('the layout of src', () => {
  it('lets each file import at run time only what its room may', () => {
    const forbidden = files.map((file) => {
      const allowed = [...(rooms[roomOf(file)] ?? []), ...(svixFiles.includes(file) ? ['package:svix'] : [])]
      return { file, imports: runtimeImports(file).filter((target) => !allowed.some((one) => isWithin(target, one))) }
    })
    expect(forbidden.filter(({ imports }) => imports.length > 0)).toEqual([])
  })

  it('has no import cycles', () => {
    expect(files.filter(isInCycle)).toEqual([])
  })

  it('has no file of more than 250 lines', () => {
    expect(files.filter((file) => read(file).trimEnd().split('\n').length > 250)).toEqual([])
  })

  it('leaves the console to the command line and the default logger', () => {
    const libraryFiles = files.filter((file) => !file.startsWith('cli/') && file !== 'logger.ts')
    expect(libraryFiles.filter((file) => find(sourceOf(file), isConsole).length > 0)).toEqual([])
  })
})

describe('the public subpaths', () => {
  const subpaths = Object.keys(manifest.exports).filter((subpath) => subpath !== './package.json')

  it('are the entries that tsup builds, each from a source that exists', () => {
    expect(subpaths.map(entryName)).toEqual(Object.keys(entry))
    const targets = Object.values(entry).map((path) => path.replace(/^src\//, ''))
    expect(targets.filter((path) => !files.includes(path))).toEqual([])
  })

  it.each(subpaths)('%s has code and types, for import before require', (subpath) => {
    const name = entryName(subpath)
    const conditions = {
      import: { types: `./dist/${name}.d.ts`, default: `./dist/${name}.js` },
      require: { types: `./dist/${name}.d.cts`, default: `./dist/${name}.cjs` },
    }
    expect(JSON.stringify((manifest.exports as Record<string, unknown>)[subpath])).toBe(JSON.stringify(conditions))
  })

  it("have types under TypeScript's old module resolution as well, which knows no exports", () => {
    const names = subpaths.map(entryName).filter((name) => name !== 'index')
    expect(manifest.typesVersions['*']).toEqual(
      Object.fromEntries(names.map((name) => [name, [`./dist/${name}.d.cts`]])),
    )
  })

  it.each(Object.entries(publicNames()))('%s exports these names and no others', async (subpath, names) => {
    const path = entry[entryName(subpath) as keyof typeof entry]
    expect(Object.keys(await import(join('..', path))).sort()).toEqual([...names].sort())
  })

  it('are all covered by the list of names', () => {
    expect(Object.keys(publicNames())).toEqual(subpaths)
  })
})

it('the package has no dependencies at run time', () => {
  expect(manifest).not.toHaveProperty('dependencies')
  expect(Object.keys(manifest.peerDependencies)).toEqual(['mongoose'])
})

/** A name taken away or renamed is a breaking change: it shows here first. */
function publicNames(): Record<string, readonly string[]> {
  return {
    '.': [
      'ClerkSyncError',
      'WebhookVerificationError',
      'createClerkSync',
      'isClerkSyncError',
      'isPlaceholder',
      'mapClerkUser',
      'primaryEmail',
      'toPlainUser',
      'verifyClerkWebhook',
    ],
    './mongoose': ['clerkModel', 'clerkSyncPlugin', 'clerkSyncPluginOptions', 'connectOnce'],
    './next': ['toNextApiHandler', 'toNextHandler'],
    './express': ['toExpressHandler'],
    './fetch': ['toFetchHandler'],
    './node': ['toNodeHandler'],
    './testing': ['assertSynced', 'createFakeClerk', 'createMemoryStore', 'fixtures', 'signClerkWebhook'],
  }
}

function entryName(subpath: string): string {
  return subpath === '.' ? 'index' : subpath.slice('./'.length)
}

function roomOf(file: string): string {
  if (leaves.includes(file)) return 'leaf'
  return file.includes('/') ? (file.split('/')[0] as string) : 'core'
}

function isWithin(target: string, allowed: string): boolean {
  if (target === allowed || (allowed.endsWith('*') && target.startsWith(allowed.slice(0, -1)))) return true
  return sources.has(target) && (roomOf(target) === allowed || (allowed.endsWith('_') && target.startsWith(allowed)))
}

function isInCycle(start: string): boolean {
  const seen = new Set<string>()
  const leadsBack = (file: string): boolean =>
    runtimeImports(file).some((next) => {
      if (next === start) return true
      if (seen.has(next) || !sources.has(next)) return false
      seen.add(next)
      return leadsBack(next)
    })
  return leadsBack(start)
}

/** The modules that a file still imports once its types are gone: files of src, or `package:name`. */
function runtimeImports(file: string): string[] {
  const specifiers = find(sourceOf(file), isRuntimeImport).map(specifierOf)
  return specifiers.map((specifier) => {
    if (!specifier.startsWith('.')) return `package:${specifier}`
    const path = posix.join(posix.dirname(file), specifier)
    const found = [`${path}.ts`, `${path}.tsx`, `${path}/index.ts`].find((candidate) => sources.has(candidate))
    return found ?? `missing:${path}`
  })
}

type RuntimeImport = ts.ImportDeclaration | ts.ExportDeclaration | ts.CallExpression

function isRuntimeImport(node: ts.Node): node is RuntimeImport {
  if (ts.isImportDeclaration(node)) return !node.importClause?.isTypeOnly
  if (ts.isExportDeclaration(node)) return node.moduleSpecifier !== undefined && !node.isTypeOnly
  return ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword
}

function specifierOf(node: RuntimeImport): string {
  const literal = ts.isCallExpression(node) ? node.arguments[0] : node.moduleSpecifier
  return literal && ts.isStringLiteral(literal) ? literal.text : 'computed'
}

function isConsole(node: ts.Node): node is ts.PropertyAccessExpression {
  return ts.isPropertyAccessExpression(node) && node.expression.getText() === 'console'
}

function find<T extends ts.Node>(node: ts.Node, matches: (node: ts.Node) => node is T): T[] {
  const below: T[] = []
  ts.forEachChild(node, (child) => void below.push(...find(child, matches)))
  return matches(node) ? [node, ...below] : below
}

function sourceOf(file: string): ts.SourceFile {
  const source = sources.get(file)
  if (!source) throw new Error(`${file} is not in src`)
  return source
}

function parse(file: string): ts.SourceFile {
  return ts.createSourceFile(file, read(file), ts.ScriptTarget.ES2022, true)
}

function read(file: string): string {
  return readFileSync(join(src, file), 'utf8')
}
