import { closing } from '../project/expressions'
import type { Project } from '../project/project'
import { nestPrefixOf } from '../project/route-paths'
import { type SourceFile, withoutComments } from '../project/source-files'
import { importLine, inStyleOf, withImports } from '../project/statements'
import { importPath } from './import-path'
import type { Part, Plan } from './plan'
import { binding } from './templates'

const making =
  /^([ \t]*)(?:const|let|var) (\w+)(?:\s*:\s*[^=\n]+)?\s*=\s*await\s+NestFactory\.create\s*(?:<[^()]*>)?\s*\(/m

/** The database name that a NestJS app passes beside the connection string. */
export function nestDatabaseOf({ sources }: Pick<Project, 'sources'>): string | undefined {
  const module = sources.find(({ code }) => /\bMongooseModule\s*\.\s*forRoot(Async)?\s*\(/.test(code))
  return /\bdbName\s*:\s*(['"`])([\w-]+)\1/.exec(module?.code ?? '')?.[2]
}

/**
 * Plans the route of a NestJS app: our Express handler before Nest's body parser, or our module on Fastify.
 * @returns `false` if the source does not show the app, so that the handler must be mounted by hand.
 */
export function planNestRoute(plan: Plan, project: Project, sync: Part): boolean {
  if (project.has('@nestjs/platform-fastify')) {
    planModule(plan, project, sync)
    return true
  }
  const file = project.sources.find(({ code }) => making.test(code))
  const after = file && mountedIn(file, sync, importPath(project, file.path, sync.file))
  if (!file || after === undefined) return false
  plan.change({ path: file.path, action: 'change', before: file.text, after })
  return true
}

/**
 * Adds our route to `main`, right after the line that creates the app. Nest adds its parser when the app starts to
 * listen.
 */
function mountedIn({ text, code }: SourceFile, sync: Part, syncPath: string): string | undefined {
  const match = making.exec(code)
  if (!match) return undefined
  const [whole, indent = '', name = 'app'] = match
  const close = closing(code, match.index + whole.length - 1)
  const newline = code.indexOf('\n', close)
  const end = newline < 0 ? code.length : newline
  const route = inStyleOf(code, `${name}.use('/api/webhooks/clerk', toExpressHandler(${sync.name}))`)
  const comment = '// Runs before the body parser of NestJS: signatures are checked on the raw body.'
  const mounted = `${text.slice(0, end)}\n${indent}${comment}\n${indent}${route}${text.slice(end)}`
  const lines = [
    importLine('esm', '{ toExpressHandler }', 'clerk-mongo-sync/express'),
    importLine('esm', binding(sync), syncPath),
  ]
  const wanted = lines.map((line) => inStyleOf(code, line))
  return withImports(mounted, withoutComments(mounted), wanted)
}

/**
 * Adds our module to the imports of the root module, or prints how. It is middleware, which on Fastify runs before the
 * parser.
 */
function planModule(plan: Plan, project: Project, sync: Part): void {
  const path = nestPrefixOf(project.sources) === '/api' ? ", '/webhooks/clerk'" : ''
  const entry = `ClerkSyncModule.forRoot(${sync.name}${path})`
  const roots = project.sources.filter(({ code }) => rootModule.test(code))
  const [root] = roots
  const lines = (file: string, code: string) => [
    inStyleOf(code, importLine('esm', '{ ClerkSyncModule }', 'clerk-mongo-sync/nestjs')),
    inStyleOf(code, importLine('esm', binding(sync), importPath(project, file, sync.file))),
  ]
  const after = root && roots.length === 1 && withEntry(root, inStyleOf(root.code, entry).replace(/;$/, ''), lines)
  if (root && after) {
    plan.change({ path: root.path, action: 'change', before: root.text, after })
    return
  }
  const file = `${project.base}app.module.ts`
  plan.note('route', 'Add ClerkSyncModule to the imports of your root module:', [
    ...lines(file, ''),
    `@Module({ imports: [${entry}] })`,
  ])
}

/** The decorator of the root module, up to the list of its imports. */
const rootModule = /@Module\(\s*\{\s*imports\s*:\s*\[(?=[\s\S]*\bclass AppModule\b)/

function withEntry(
  { text, code, path }: SourceFile,
  entry: string,
  lines: (file: string, code: string) => string[],
): string | undefined {
  const found = rootModule.exec(code)
  if (!found) return undefined
  const at = found.index + found[0].length
  const [, space = ''] = /^(\s*)/.exec(code.slice(at)) ?? []
  const separator = code.slice(at).trimStart().startsWith(']') ? '' : space === '' ? ', ' : ','
  const changed = `${text.slice(0, at)}${space}${entry}${separator}${text.slice(at)}`
  return withImports(changed, withoutComments(changed), lines(path, code))
}
