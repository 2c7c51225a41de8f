import { lineOf, statementEnd } from '../project/expressions'
import { isFileRouted } from '../project/file-routes'
import type { Webhook } from '../project/find-webhook'
import type { Project } from '../project/project'
import { type ParserInFront, parserInFront, pathOf, placeOf, type RouteCall } from '../project/route-calls'
import type { SourceFile } from '../project/source-files'
import { importLine, inStyleOf, isEsm, statementStart } from '../project/statements'
import { adapterOf, adapters } from './adapters'
import { importPath } from './import-path'
import type { Part, Plan } from './plan'
import { routeFiles } from './route-files'
import { binding, nextApiTemplate, nextRouteTemplate } from './templates'

/** Existing code is not changed: the advice says how to change it, and that its path and secret can stay. */
export function adviseChange(plan: Plan, project: Project, sync: Part, webhook: Webhook): void {
  const { file, line, path, secretName, route } = webhook
  const kept = [path && `its path ${path}`, `its secret${secretName ? ` ${secretName}` : ''}`]
    .filter(Boolean)
    .join(' and ')
  const intro = `${file.path}:${line} already receives Clerk's webhooks. Keep ${kept}.`
  const hooks = 'Move everything it does besides storing users into hooks: createClerkSync({ …, on: { … } }).'
  const own = isFileRouted(project.framework) ? file : route
  if (own) {
    const part = { ...sync, path: importPath(project, own.path, sync.file) }
    const text = templateOf(project, own)(part)
    const lines = text
      .trimEnd()
      .split('\n')
      .map((one) => (one === '' ? one : inStyleOf(own.code, one)))
    plan.note('route', `${intro} Replace the content of ${own.path} with this. ${hooks}`, lines)
  } else if (project.framework === 'express' && webhook.calls[0]) {
    plan.note('route', `${intro} Make these changes. ${hooks}`, expressLines(project, sync, webhook, webhook.calls))
  } else
    plan.note(
      'route',
      `${intro} Replace it with this, ${whereOf(project)}. ${hooks}`,
      otherLines(project, sync, webhook),
    )
}

function templateOf({ framework }: Project, { path }: SourceFile) {
  if (isFileRouted(framework)) return routeFiles[framework].template
  return /(^|\/)route\.\w+$/.test(path) ? nextRouteTemplate : nextApiTemplate
}

const whereOf = ({ framework }: Project) =>
  framework.startsWith('next') ? 'in the file of its route' : adapterOf(framework).where

/** Which lines to replace, and with what. */
function expressLines(project: Project, sync: Part, { file, at }: Webhook, calls: RouteCall[]): string[] {
  const [inner] = calls as [RouteCall]
  const front = parserInFront([{ ...inner, args: [] }, ...calls.slice(1)])
  const home = front ? front.by.file : inner.file
  const old = `${linesOf(inner.file, inner.at, inner.end)}, ${headOf(inner)}`
  const mount = front
    ? [
        `// ${home.path}: above line ${lineOf(home.code, front.by.at)}, ${headOf(front.by)}`,
        mountLine(home, front.by.on, 'post', pathOf(calls), sync),
        `// ${inner.file.path}: remove ${old}`,
      ]
    : [
        `// ${inner.file.path}: replace ${old}`,
        mountLine(
          home,
          inner.on,
          inner.method === 'use' || inner.method === 'route' ? 'post' : inner.method,
          inner.path,
          sync,
        ),
      ]
  const isElsewhere = file !== inner.file || at < inner.at || at > inner.end
  const start = statementStart(file.code, at)
  const rest = isElsewhere
    ? [
        `// ${file.path}: ${linesOf(file, start, statementEnd(file.code, start))} are no longer needed, and neither are their imports`,
      ]
    : []
  return [`// ${home.path}: add to the imports`, ...importsFor(project, home, sync), ...mount, ...rest]
}

/** The imports that a file needs to mount our handler, in its module system. */
export function importsFor(
  project: Project,
  file: SourceFile,
  sync: Part,
  adapter: { name: string; from: string } = adapters.express,
): string[] {
  const modules = isEsm(file.code) || /\.([cm]?tsx?|mjs)$/.test(file.path) ? 'esm' : 'cjs'
  return [
    importLine(modules, `{ ${adapter.name} }`, adapter.from),
    importLine(modules, binding(sync), importPath(project, file.path, sync.file)),
  ].map((line) => inStyleOf(file.code, line))
}

const mountLine = (home: SourceFile, on: string, method: string, path: string, sync: Part) =>
  inStyleOf(home.code, `${on}.${method}('${path}', toExpressHandler(${sync.name}))`)

/** The first line of a call. */
function headOf({ file, at }: RouteCall): string {
  const [line = ''] = file.code.slice(at).split('\n')
  return line.trim().slice(0, 80)
}

function linesOf({ code }: SourceFile, start: number, end: number): string {
  const [first, last] = [lineOf(code, start), lineOf(code, Math.max(start, end))]
  return first === last ? `line ${first}` : `lines ${first}–${last}`
}

function otherLines(project: Project, sync: Part, { file, calls, path }: Webhook): string[] {
  const adapter = adapterOf(project.framework)
  const home = calls[0]?.file ?? file
  const made = inStyleOf(home.code, `const clerkWebhook = ${adapter.name}(${sync.name})`)
  return [
    ...importsFor(project, home, sync, adapter),
    made,
    inStyleOf(home.code, adapter.mount.replace('/api/webhooks/clerk', calls[0]?.path || path || '<its path>')),
  ]
}

/** Which line to move if a body parser comes before our route; `undefined` if none does. */
export function adviceOnParser(calls: readonly RouteCall[]): { message: string; lines: string[] } | undefined {
  const front = parserInFront(calls)
  const [inner] = calls
  if (!front || !inner) return undefined
  const why = 'The signature covers the original bytes, so every delivery is refused.'
  return {
    message: `${placeOf(inner)} mounts the route after ${front.name}, which reads the body first. ${why} ${remedy(front, inner)}`,
    lines: linesToPaste(front, inner, calls),
  }
}

function remedy({ name, by, route }: ParserInFront, inner: RouteCall): string {
  if (by === route && route === inner) return `Remove ${name} from that line.`
  const parserAt = `${placeOf(by)}, ${headOf(by)}`
  if (route === inner) return `Move ${linesOf(inner.file, inner.at, inner.end)} above ${parserAt}:`
  return `Remove that line, and add this one above ${parserAt}, with its imports:`
}

function linesToPaste({ by, route }: ParserInFront, inner: RouteCall, calls: readonly RouteCall[]): string[] {
  if (route === inner) return by === route ? [] : [inner.file.text.slice(inner.at, inner.end + 1)]
  const handler = inner.args.at(-1) ?? ''
  return [`${by.on}.post('${pathOf(calls)}', ${handler})`]
}
