import { closing, lineOf, listed } from './expressions'
import { bindingsOf, leadsTo } from './imports'
import type { Project } from './project'
import type { SourceFile } from './source-files'
import { exportOf, statementStart } from './statements'

/** A call such as `app.post('/path', handler)` or `app.use('/path', router)`. */
export interface RouteCall {
  file: SourceFile
  /** The app or router. */
  on: string
  method: string
  /** `''` if there is none. */
  path: string
  /** The arguments after the path. */
  args: string[]
  at: number
  /** Position of its closing bracket. */
  end: number
}

const call =
  /(?<![.\w])(\w+)\s*(?:\.\s*route\(\s*(['"`])([^'"`\n]*)\2\s*\)\s*)?\.\s*(post|all|use|route|mount|register)\s*\(/g

/** The calls of a file that mount handlers, parsers and routers. */
export function routeCallsIn(file: SourceFile): RouteCall[] {
  return [...file.code.matchAll(call)].map(({ index, 0: opening, 1: on = '', 3: route, 4: method = '' }) => {
    const open = index + opening.length - 1
    const end = closing(file.code, open)
    const all = listed(file.code.slice(open + 1, end))
    const [, , path] = /^(['"`])(.*)\1$/.exec(all[0] ?? '') ?? []
    return {
      file,
      on,
      method,
      path: route ?? path ?? pathInside(all) ?? '',
      args: path === undefined ? all : all.slice(1),
      at: index,
      end,
    }
  })
}

/** The path among other arguments: `{ prefix: '/path' }` of Fastify, `ctx.path === '/path' ? …` of Koa. */
function pathInside(args: readonly string[]): string | undefined {
  const pattern = /\bprefix\s*:\s*(['"`])([^'"`]*)\1|\.path\s*===?\s*(['"`])([^'"`]*)\3/
  const [, , prefix, , compared] = pattern.exec(args.join()) ?? []
  return prefix ?? compared
}

const MAX_DEPTH = 5

/** The calls that mount the code at a position, from the innermost to the app's. */
export function callsTo(project: Project, file: SourceFile, at: number, depth = MAX_DEPTH): RouteCall[] {
  if (depth === 0) return []
  const around = routeCallsIn(file).filter((one) => one.at < at && at < one.end)
  const own = around.at(-1) ?? mountOf(project, file, statementStart(file.code, at))
  if (!own) return []
  const made = new RegExp(`^(?:export )?(?:const|let|var) ${own.on}\\b[^\\n]*\\bRouter\\(`, 'm').exec(own.file.code)
  if (!made) return [own]
  const mount = mountOf(project, own.file, made.index)
  return mount ? [own, mount, ...outer(project, mount, depth - 1)] : [own]
}

function outer(project: Project, { file, on }: RouteCall, depth: number): RouteCall[] {
  const made = new RegExp(`^(?:export )?(?:const|let|var) ${on}\\b[^\\n]*\\bRouter\\(`, 'm').exec(file.code)
  const mount = made && depth > 0 ? mountOf(project, file, made.index) : undefined
  return mount ? [mount, ...outer(project, mount, depth - 1)] : []
}

/** The call that mounts what a top-level statement defines, in its file or one that imports it. */
function mountOf(project: Project, file: SourceFile, start: number): RouteCall | undefined {
  const [, local] =
    /^(?:export\s+)?(?:default\s+)?(?:async\s+)?(?:const|let|var|function)\s+(\w+)|^(?:module\.)?exports\.\w+/.exec(
      file.code.slice(start),
    ) ?? []
  const exported = /^(export default|module\.exports\s*=)/.test(file.code.slice(start))
    ? { name: local ?? '', kind: 'default' as const }
    : exportOf(file.code, start)
  const inside = local && routeCallsIn(file).find(({ args }) => args.some((arg) => mentions(arg, local)))
  if (inside) return inside
  for (const importer of project.sources.filter((one) => one !== file)) {
    const names = bindingsOf(project, importer, file).flatMap(({ local: name, imported }) => {
      if (exported?.kind === 'default') return ['default', '*'].includes(imported) ? [name] : []
      if (imported === exported?.name) return [name]
      return imported === '*' && exported ? [`${name}.${exported.name}`] : []
    })
    const found = routeCallsIn(importer).find(({ args }) =>
      args.some((arg) => names.some((name) => mentions(arg, name)) || requires(project, importer, arg, file)),
    )
    if (found) return found
  }
  return undefined
}

const mentions = (code: string, name: string) => new RegExp(`(?<![.\\w'"])${name.replace('.', '\\.')}\\b`).test(code)

function requires(project: Project, importer: SourceFile, arg: string, file: SourceFile): boolean {
  const [, specifier] = /^require\(\s*['"]([^'"]+)['"]\s*\)/.exec(arg) ?? []
  return specifier !== undefined && leadsTo(project, importer, specifier, file)
}

/** The full path of a route, from the calls that mount it. */
export const pathOf = (calls: readonly RouteCall[]): string =>
  `/${calls
    .map(({ path }) => path)
    .reverse()
    .join('/')}`
    .replace(/\/{2,}/g, '/')
    .replace(/(?<=.)\/$/, '')

/** Position of a call, for people. */
export const placeOf = ({ file, at }: Pick<RouteCall, 'file' | 'at'>): string => `${file.path}:${lineOf(file.code, at)}`

/** A body parser that runs before our route. */
export interface ParserInFront {
  /** The call in the source: `express.json()`. */
  name: string
  /** The call of `use`, or the route itself if the parser is one of its handlers. */
  by: RouteCall
  /** The call that must come first. */
  route: RouteCall
}

const parser = /^(?:(?:express|body_?[pP]arser|parser)\s*\.\s*)?(?:json)\s*\(|^body_?[pP]arser\s*\(|^koa_?[bB]ody\s*\(/
/** Parsers of Koa that keep the body in `rawBody`. */
const keepsBody = /['"](?:koa-bodyparser|@koa\/bodyparser)['"]/

/** Finds the first parser before a route. */
export function parserInFront(calls: readonly RouteCall[]): ParserInFront | undefined {
  for (const route of [...calls].reverse()) {
    if (keepsBody.test(route.file.code)) continue
    const among = route.args.find(isParser)
    if (among) return { name: nameOf(among), by: route, route }
    for (const by of routeCallsIn(route.file)) {
      const found = by.method === 'use' && by.on === route.on && by.at < route.at ? by.args.find(isParser) : undefined
      if (found && `${route.path}/`.startsWith(by.path.replace(/\/?$/, '/'))) return { name: nameOf(found), by, route }
    }
  }
  return undefined
}

/** Excludes parsers that keep the bytes in `rawBody`. */
const isParser = (arg: string) => parser.test(arg) && !/\brawBody\b/.test(arg)
const nameOf = (arg: string) => arg.replace(/\([\s\S]*/, '()')
