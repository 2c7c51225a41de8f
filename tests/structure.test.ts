import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import manifest from '../package.json'
import { entries, manifestParts, subpaths } from '../scripts/subpaths'

const src = fileURLToPath(new URL('../src/', import.meta.url))

const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => /\.tsx?$/.test(path))
const sources = new Map(files.map((path) => [path, parse(path)]))
const importsOf = new Map<string, readonly string[]>()

/** Packages whose code is in dist/cli and nowhere else. */
const bundledWithCli = ['cli-progress', 'commander', '@clack/prompts', 'diff', 'get-tsconfig', 'jiti', 'compressed:*']

/** What stores, jobs and the testing kit are made of. */
const stored = ['map', 'store', 'events', 'host', 'time', 'number-options.ts', 'errors.ts']
/** What is put together for apps. */
const parts = [
  ...['monitor', 'diagnose', 'jobs', 'webhook', 'sync', 'resolved-options.ts', 'clerk-api'],
  ...['telemetry', 'hooks', 'store', 'events', 'errors.ts', 'logger.ts'],
]

/**
 * What each room may import, types included: paths of files and rooms in src, and names of packages. A room stands below all that it
 * imports, so that imports point upward in this table and nowhere else.
 */
const rooms: Record<string, readonly string[]> = {
  'errors.ts': [],
  'logger.ts': [],
  time: ['errors.ts'],
  'number-options.ts': ['time', 'errors.ts'],
  host: ['errors.ts', 'logger.ts'],
  events: [],
  store: ['events', 'time', 'errors.ts', 'logger.ts'],
  hooks: ['store', 'events', 'time', 'errors.ts'],
  map: ['store', 'events', 'host', 'errors.ts'],
  'clerk-api': ['map', 'events', 'time', 'errors.ts'],
  telemetry: ['events', 'host'],
  'resolved-options.ts': ['telemetry', 'clerk-api', 'hooks', 'store', 'events', 'logger.ts'],
  sync: ['resolved-options.ts', 'hooks', 'map', 'store', 'events', 'time', 'errors.ts'],
  webhook: ['sync', 'resolved-options.ts', 'events', 'time', 'number-options.ts', 'errors.ts'],
  jobs: ['resolved-options.ts', 'clerk-api', ...stored],
  diagnose: ['webhook/verify.ts', 'resolved-options.ts', 'clerk-api', 'store', 'time', 'errors.ts'],
  endpoint: ['store/write.ts', 'events', 'time'],
  monitor: [
    ...['endpoint', 'webhook/verify.ts', 'jobs', 'resolved-options.ts', 'telemetry', 'store', 'time'],
    ...['number-options.ts', 'errors.ts', 'logger.ts'],
  ],
  'options.ts': [
    ...['webhook', 'resolved-options.ts', 'telemetry', 'clerk-api', 'hooks', 'host', 'store', 'number-options.ts'],
    'errors.ts',
    'logger.ts',
  ],
  'create-clerk-sync.ts': [
    'options.ts',
    ...['monitor', 'diagnose', 'jobs', 'webhook', 'sync'],
    ...['resolved-options.ts', 'telemetry', 'store', 'events', 'time', 'errors.ts', 'logger.ts'],
  ],
  // Pages about what a whole ClerkSync says.
  dashboard: ['create-clerk-sync.ts', 'monitor', 'jobs', 'store', 'errors.ts'],
  'current-user.ts': ['create-clerk-sync.ts', 'errors.ts'],
  'index.ts': ['current-user.ts', 'create-clerk-sync.ts', ...parts, 'map'],
  // The one room that needs OpenTelemetry, which the app installs.
  opentelemetry: ['telemetry', ...packages('@opentelemetry/api')],
  mongoose: [...stored, ...packages('mongoose', 'node:crypto', 'node:events', 'node:timers')],
  // The module of NestJS injects a whole ClerkSync.
  adapters: ['create-clerk-sync.ts', 'webhook/raw-request.ts', 'errors.ts', ...packages('node:*')],
  // Of Node's own only what the fake Clerk's server and its deliveries need.
  testing: ['endpoint/sign.ts', ...stored, ...packages('node:http', 'node:events')],
  // What any user could import, Node, and what is bundled with it.
  cli: [
    'testing',
    'endpoint',
    'dashboard',
    'create-clerk-sync.ts',
    'monitor',
    'jobs',
    'webhook',
    'map',
    'store',
    'events',
    'time',
    'errors.ts',
    ...packages('node:*', 'mongoose', 'mongodb-memory-server', 'clerk-mongo-sync*', ...bundledWithCli),
  ],
}
/** Svix's code is bundled: whatever imports it carries it. */
const svixFiles = ['webhook/verify.ts', 'endpoint/sign.ts']

/** The rooms of src/mongoose, each above those that it may import. */
const mongooseRooms = [
  ...[
    'target',
    'schema',
    'command',
    'deletion',
    'write',
    'entity',
    'push',
    'delivery-log',
    'bulk',
    'check',
    'diagnose',
  ],
  // The plugin, the statics and what apps import.
  '.',
]

describe('the layout of src', () => {
  it('lets each file import only what its folder may, types included', () => {
    const forbidden = files.map((file) => {
      const own = roomOf(file)
      const allowed = [own, ...(rooms[own] ?? []), ...(svixFiles.includes(file) ? packages('svix') : [])]
      return { file, imports: imports(file).filter((target) => !allowed.some((one) => isWithin(target, one))) }
    })
    expect(forbidden.filter((one) => one.imports.length > 0)).toEqual([])
  })

  it('lets an adapter import only shared files of the other adapters', () => {
    const adapters = files.filter((file) => roomOf(file) === 'adapters')
    const others = adapters.filter((file) => !file.startsWith('adapters/_'))
    expect(adapters.filter((file) => imports(file).some((target) => others.includes(target)))).toEqual([])
  })

  it('has each folder below all that it may import', () => {
    const order = Object.keys(rooms)
    const upward = Object.entries(rooms).flatMap(([room, allowed]) =>
      allowed
        .filter((one) => !one.startsWith('package:'))
        .filter((one) => order.indexOf(sources.has(one) ? roomOf(one) : one) >= order.indexOf(room))
        .map((one) => `${room} → ${one}`),
    )
    expect(upward).toEqual([])
  })

  it('lets a folder of src/mongoose import only those below it', () => {
    const level = (file: string) => mongooseRooms.indexOf(file.split('/').length > 2 ? (file.split('/')[1] ?? '') : '.')
    const own = files.filter((file) => roomOf(file) === 'mongoose')
    expect(own.filter((file) => level(file) < 0)).toEqual([])
    const upward = own.flatMap((file) =>
      imports(file)
        .filter((target) => target.startsWith('mongoose/') && level(target) > level(file))
        .map((target) => `${file} → ${target}`),
    )
    expect(upward).toEqual([])
  })

  it('has every file in a folder', () => {
    expect(files.filter((file) => !(roomOf(file) in rooms))).toEqual([])
  })

  it('allows a folder no import that it does not use', () => {
    const unused = Object.entries(rooms).flatMap(([room, allowed]) => {
      const targets = files.filter((file) => roomOf(file) === room).flatMap((file) => imports(file))
      return allowed.filter((one) => !targets.some((target) => isWithin(target, one))).map((one) => `${room} → ${one}`)
    })
    expect(unused).toEqual([])
  })

  it('has no import cycles, types included', () => {
    expect(files.filter(isInCycle)).toEqual([])
  })

  it('has no file of more than 250 lines', () => {
    expect(files.filter((file) => read(file).trimEnd().split('\n').length > 250)).toEqual([])
  })

  it('documents every exported symbol', () => {
    const undocumented = files.flatMap((file) => {
      const exported = sourceOf(file).statements.filter(isExported)
      // The first of several overloads is documented for all of them.
      const documented = new Set(exported.filter(isDocumented).map(nameOf))
      return exported.filter((one) => !documented.has(nameOf(one))).map((one) => `${file}: ${nameOf(one)}`)
    })
    expect(undocumented).toEqual([])
  })

  it('uses the console only in the command line and the default logger', () => {
    const libraryFiles = files.filter((file) => roomOf(file) !== 'cli' && file !== 'logger.ts')
    expect(libraryFiles.filter((file) => find(sourceOf(file), isConsole).length > 0)).toEqual([])
  })
})

it('ARCHITECTURE.md names files and folders that exist', () => {
  const root = fileURLToPath(new URL('../', import.meta.url))
  const links = [...readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8').matchAll(/\]\(([^)#]+)\)/g)].map(
    ([, path]) => path ?? '',
  )
  expect(links.length).toBeGreaterThan(40)
  expect(links.filter((path) => !existsSync(join(root, path)))).toEqual([])
})

/** Words that had two meanings, or that nobody else in this field uses, and what stands for them now. */
const retiredWords: Record<string, string> = {
  'doors?': 'adapter',
  truth: 'fromApi, data from the API',
  'sentinels?': 'pendingType',
  'bury|buried|burials?|unburied': 'late insert, removeLateInsert',
  formsOf: 'fallback values',
  clerkPushDue: 'clerkPushToken',
  clerkPushedAt: 'clerkPushedVersions',
  clerkSentinelDue: 'clerkPendingType',
  'lookAt|tellMore|TellEvent|asTold': 'run a check, print, send, report',
  'nobody|somebody|whoever|anybody': 'no user, another program, anyone',
  'hears?|heard': 'is called, receives',
  'mend|mends|mended|mending': 'repair, fix',
  'anew|given up': 'again, abandoned',
  '\\w*acquaint\\w*|paces?|patience|unhurried': 'verified, rate, throttle, limits',
  'owed|owes|opinions?|settleClaim|settleMarks': 'pending, set by the app, complete, clear',
  'listStands|bringToClerk': 'stalledList, pushClaim',
}

it.each(Object.entries(retiredWords))('no source says "%s", but: %s', (word) => {
  const pattern = new RegExp(`\\b(${word})\\b`, 'i')
  expect(files.filter((file) => pattern.test(read(file)))).toEqual([])
})

describe('the public subpaths', () => {
  it.each(Object.entries(manifestParts))('are in package.json as `npm run subpaths` writes them: %s', (key, value) => {
    expect(JSON.stringify(manifest[key as keyof typeof manifest])).toBe(JSON.stringify(value))
  })

  it('are built from existing sources, including all adapters', () => {
    const built = Object.values(entries).map((path) => path.replace(/^src\//, ''))
    expect(built.filter((path) => !files.includes(path))).toEqual([])
    expect(files.filter((file) => /^adapters\/[a-z]/.test(file) && !built.includes(file))).toEqual([])
  })

  it.each(Object.entries(subpaths))('%s exports exactly the names of the list', async (_, { source, exports }) => {
    expect(Object.keys(await import(join('..', source))).sort()).toEqual([...exports].sort())
  })
})

it('the package has no dependencies at runtime', () => {
  expect(manifest).not.toHaveProperty('dependencies')
  expect(Object.keys(manifest.peerDependencies)).toEqual(['@opentelemetry/api', 'mongoose'])
  expect(manifest.peerDependenciesMeta).toEqual({ '@opentelemetry/api': { optional: true } })
})

/** The folder in src, or the file that lies in none. */
function roomOf(file: string): string {
  return file.split('/')[0] as string
}

/** Packages as the table names them. A star at the end stands for any ending. */
function packages(...names: string[]): string[] {
  return names.map((name) => `package:${name}`)
}

function isWithin(target: string, allowed: string): boolean {
  if (target === allowed || (allowed.endsWith('*') && target.startsWith(allowed.slice(0, -1)))) return true
  return sources.has(target) && roomOf(target) === allowed
}

function isInCycle(start: string): boolean {
  const seen = new Set<string>()
  const leadsBack = (file: string): boolean =>
    imports(file).some((next) => {
      if (next === start) return true
      if (seen.has(next) || !sources.has(next)) return false
      seen.add(next)
      return leadsBack(next)
    })
  return leadsBack(start)
}

/** The modules that a file imports, for types as well: files of src, or `package:name`. */
function imports(file: string): readonly string[] {
  const known = importsOf.get(file) ?? readImports(file)
  importsOf.set(file, known)
  return known
}

function readImports(file: string): string[] {
  const specifiers = find(sourceOf(file), isImport).map(specifierOf)
  return specifiers.map((specifier) => {
    if (!specifier.startsWith('.')) return `package:${specifier}`
    const path = posix.join(posix.dirname(file), specifier)
    const found = [`${path}.ts`, `${path}.tsx`, `${path}.d.ts`, `${path}/index.ts`].find((candidate) =>
      sources.has(candidate),
    )
    return found ?? `missing:${path}`
  })
}

type Import = ts.ImportDeclaration | ts.ExportDeclaration | ts.CallExpression | ts.ImportTypeNode

function isImport(node: ts.Node): node is Import {
  if (ts.isImportDeclaration(node) || ts.isImportTypeNode(node)) return true
  if (ts.isExportDeclaration(node)) return node.moduleSpecifier !== undefined
  return ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword
}

function specifierOf(node: Import): string {
  if (ts.isImportTypeNode(node))
    return ts.isLiteralTypeNode(node.argument) ? node.argument.literal.getText().slice(1, -1) : 'computed'
  const literal = ts.isCallExpression(node) ? node.arguments[0] : node.moduleSpecifier
  return literal && ts.isStringLiteral(literal) ? literal.text : 'computed'
}

/** Whether a statement declares what it exports; `export … from` and `export { … }` do not. */
function isExported(statement: ts.Statement): boolean {
  return ts.canHaveModifiers(statement) && hasExport(ts.getModifiers(statement))
}

function hasExport(modifiers: readonly ts.Modifier[] = []): boolean {
  return modifiers.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)
}

function isDocumented(statement: ts.Statement): boolean {
  return ts.getJSDocCommentsAndTags(statement).length > 0
}

/** What a statement declares: a name, or the names of several constants. */
function nameOf(statement: ts.Statement): string {
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations.map(({ name }) => name.getText()).join(', ')
  return ts.getNameOfDeclaration(statement as unknown as ts.Declaration)?.getText() ?? 'default'
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
