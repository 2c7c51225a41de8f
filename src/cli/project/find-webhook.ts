import { argumentsAt, definitionOf, lineOf } from './expressions'
import { filePathOf, isFileRouted } from './file-routes'
import { bindingsOf } from './imports'
import type { Project } from './project'
import { callsTo, pathOf, type RouteCall } from './route-calls'
import { DEFAULT_PATH, nestPathOf } from './route-paths'
import type { SourceFile } from './source-files'

/** The code that receives Clerk's deliveries, with this library or without. */
export interface Webhook {
  isOurs: boolean
  /** Where deliveries are verified, or our handler is created. */
  file: SourceFile
  at: number
  line: number
  /** Its path in the app, if the source shows it. */
  path: string | undefined
  /** In Next.js: the file of the route. */
  route: SourceFile | undefined
  /** In other frameworks: the calls that mount it, innermost first. */
  calls: RouteCall[]
  /** The variable with the secret, for code without this library, if the source shows it. */
  secretName: string | undefined
}

const ours =
  /\bto(?:Next|NextApi|Express|Fetch|Node|Hono|H3|Elysia|SvelteKit|TanStack|SolidStart|Lambda|Azure)Handler\(|\btoAstroRoute\(|\btoReactRouterAction\(|\btoFastifyPlugin\(|\btoKoaMiddleware\(|\bClerkSyncModule\.forRoot|\bclerkSync\.handler\b/
const byVerifyWebhook = /\bverifyWebhook\s*\(/
const bySvix = /\bnew\s+Webhook\s*\(/
const byHand = /['"`]svix-id['"`]/i

/** Finds the route that receives Clerk's deliveries: one of ours, else another one. */
export function findWebhook(project: Pick<Project, 'sources' | 'alias' | 'framework'>): Webhook | undefined {
  const { sources } = project
  const found = firstOf(sources, ({ code }) => ours.exec(code)?.index) ?? firstOf(sources, otherHandlerIn)
  if (!found) return undefined
  const { file, at } = found
  const isOurs = ours.test(file.code)
  const route = project.framework.startsWith('next') ? nextRouteOf(project, file) : undefined
  const { framework } = project
  const inFile = isFileRouted(framework) ? filePathOf(framework, file, sources) : nestPathOf(sources, file, at)
  const calls = route || inFile ? [] : callsTo(project as Project, file, at)
  const path = route ? nextPathOf(route.path) : (inFile ?? (calls.length > 0 ? pathOf(calls) : undefined))
  return {
    isOurs,
    file,
    at,
    line: lineOf(file.code, at),
    path,
    route,
    calls,
    secretName: isOurs ? undefined : secretNameIn(file, at),
  }
}

/** The path of the route in the app. */
export const webhookPathOf = (project: Parameters<typeof findWebhook>[0]): string =>
  findWebhook(project)?.path ?? DEFAULT_PATH

function firstOf(sources: readonly SourceFile[], placeIn: (file: SourceFile) => number | undefined) {
  for (const file of sources) {
    const at = placeIn(file)
    if (at !== undefined) return { file, at }
  }
  return undefined
}

/** Where a file verifies Clerk's deliveries with Svix's library or Clerk's SDK. */
function otherHandlerIn({ path, code }: SourceFile): number | undefined {
  const isClerks = /clerk|user\.(created|updated|deleted)/i.test(path + code)
  if (/['"]@clerk\/[\w/-]+['"]/.test(code) && byVerifyWebhook.test(code)) return byVerifyWebhook.exec(code)?.index
  if (!isClerks) return undefined
  if (/['"](svix|standardwebhooks)['"]/.test(code) && bySvix.test(code)) return bySvix.exec(code)?.index
  return /\buser\.(created|updated|deleted)\b/.test(code) ? byHand.exec(code)?.index : undefined
}

/** The variable from which a handler takes its secret. */
function secretNameIn({ code }: SourceFile, at: number): string | undefined {
  const open = code.indexOf('(', at)
  const given = open < 0 ? [] : argumentsAt(code, open)
  const [, option] = /\bsigningSecret\s*:\s*([^,}]+)/.exec(code) ?? []
  for (const expression of [option, ...(bySvix.exec(code)?.index === at ? given.slice(0, 1) : [])]) {
    const name = expression && variableIn(code, expression)
    if (name) return name
  }
  const read = [...code.matchAll(/\benv\.(\w*(?:SECRET|SIGNING)\w*)/g)].map(([, name]) => name)
  return read.find((name) => name !== 'CLERK_SECRET_KEY')
}

function variableIn(code: string, expression: string): string | undefined {
  const [, named, quoted] = /\benv(?:\.(\w+)|\[['"](\w+)['"]\])/.exec(expression) ?? []
  if (named ?? quoted) return named ?? quoted
  const [identifier] = /^\w+/.exec(expression.trim()) ?? []
  if (!identifier) return undefined
  const [, inner] =
    new RegExp(`\\b(?:const|let|var)\\s+${identifier}\\b\\s*(?::[^=\\n]+)?=\\s*([^;\\n]+)`).exec(code) ?? []
  const defined = definitionOf(code, identifier) ?? inner
  return /\benv\.(\w+)/.exec(defined ?? '')?.[1]
}

/** The variable given to the app's `clerkSync` as secret; `undefined` for the default one. */
export function signingSecretNameIn(sources: readonly SourceFile[]): string | undefined {
  const sync = sources.find(({ code }) => /\bcreateClerkSync\s*[<(]/.test(code))
  return /\bsigningSecret\s*:[^,}\n]*?\bprocess\.env\.(\w+)/.exec(sync?.code ?? '')?.[1]
}

const isNextRoute = ({ path }: SourceFile) => /(^|\/)app\/(.*\/)?route\.[jt]sx?$|(^|\/)pages\/api\//.test(path)

/** The route that is this file, or that imports it directly or through one more file. */
function nextRouteOf(project: Pick<Project, 'sources' | 'alias'>, file: SourceFile, depth = 2): SourceFile | undefined {
  if (isNextRoute(file)) return file
  if (depth === 0) return undefined
  const importers = project.sources.filter((one) => one !== file && bindingsOf(project, one, file).length > 0)
  return importers.map((one) => nextRouteOf(project, one, depth - 1)).find((route) => route !== undefined)
}

/** The URL path of a file in `app` or `pages`. */
function nextPathOf(path: string): string {
  const segments = path
    .replace(/^(src\/)?(app|pages)\//, '')
    .replace(/(^|\/)route\.[jt]sx?$/, '')
    .replace(/\.[jt]sx?$/, '')
    .split('/')
  return `/${segments.filter((one) => one !== '' && one !== 'index' && !/^(\(.*\)|@.*)$/.test(one)).join('/')}`
}
