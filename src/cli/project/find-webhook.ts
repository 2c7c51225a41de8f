import { argumentsAt, definitionOf, lineOf } from './expressions'
import { bindingsOf } from './imports'
import type { Project } from './project'
import { callsTo, pathOf, type RouteCall } from './route-calls'
import type { SourceFile } from './source-files'

/** What receives Clerk's deliveries in a project, made with this library or not. */
export interface Webhook {
  isOurs: boolean
  /** Where deliveries are verified, or our handler is made. */
  file: SourceFile
  at: number
  line: number
  /** Its address below the app's, as far as the source shows it. */
  path: string | undefined
  /** In Next.js: the file of the route. */
  route: SourceFile | undefined
  /** Elsewhere: the lines that mount it, from the innermost to the app's. */
  calls: RouteCall[]
  /** The variable that holds the secret of one that is not ours, as far as the source shows it. */
  secretName: string | undefined
}

/** Where routes are that nobody asked for elsewhere. */
export const USUAL_PATH = '/api/webhooks/clerk'

const ours = /\bto(?:Next|NextApi|Express|Fetch|Node)Handler\(|\bclerkSync\.handler\b/
const byVerifyWebhook = /\bverifyWebhook\s*\(/
const bySvix = /\bnew\s+Webhook\s*\(/
const byHand = /['"`]svix-id['"`]/i

/** The route that receives Clerk's deliveries: one of ours, else one that was there before. */
export function findWebhook(project: Pick<Project, 'sources' | 'alias' | 'framework'>): Webhook | undefined {
  const { sources } = project
  const found = firstOf(sources, ({ code }) => ours.exec(code)?.index) ?? firstOf(sources, anothersIn)
  if (!found) return undefined
  const { file, at } = found
  const isOurs = ours.test(file.code)
  const route = project.framework.startsWith('next') ? nextRouteOf(project, file) : undefined
  const calls = route ? [] : callsTo(project as Project, file, at)
  const path = route ? nextPathOf(route.path) : calls.length > 0 ? pathOf(calls) : undefined
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

/** The address of the route, below the app's. */
export const webhookPathOf = (project: Parameters<typeof findWebhook>[0]): string =>
  findWebhook(project)?.path ?? USUAL_PATH

function firstOf(sources: readonly SourceFile[], placeIn: (file: SourceFile) => number | undefined) {
  for (const file of sources) {
    const at = placeIn(file)
    if (at !== undefined) return { file, at }
  }
  return undefined
}

/** Where a file verifies Clerk's deliveries by hand, by Svix's library or by Clerk's SDK. */
function anothersIn({ path, code }: SourceFile): number | undefined {
  const isClerks = /clerk|user\.(created|updated|deleted)/i.test(path + code)
  if (/['"]@clerk\/[\w/-]+['"]/.test(code) && byVerifyWebhook.test(code)) return byVerifyWebhook.exec(code)?.index
  if (!isClerks) return undefined
  if (/['"](svix|standardwebhooks)['"]/.test(code) && bySvix.test(code)) return bySvix.exec(code)?.index
  return /\buser\.(created|updated|deleted)\b/.test(code) ? byHand.exec(code)?.index : undefined
}

/** The name of the variable that a handler takes its secret from. */
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

/** The variable that the app's `clerkSync` is told to take its secret from; `undefined` where it is the usual one. */
export function signingSecretNameIn(sources: readonly SourceFile[]): string | undefined {
  const sync = sources.find(({ code }) => /\bcreateClerkSync\s*[<(]/.test(code))
  return /\bsigningSecret\s*:[^,}\n]*?\bprocess\.env\.(\w+)/.exec(sync?.code ?? '')?.[1]
}

const isNextRoute = ({ path }: SourceFile) => /(^|\/)app\/(.*\/)?route\.[jt]sx?$|(^|\/)pages\/api\//.test(path)

/** The route that a file is, or that imports it, directly or through one more. */
function nextRouteOf(project: Pick<Project, 'sources' | 'alias'>, file: SourceFile, depth = 2): SourceFile | undefined {
  if (isNextRoute(file)) return file
  if (depth === 0) return undefined
  const importers = project.sources.filter((one) => one !== file && bindingsOf(project, one, file).length > 0)
  return importers.map((one) => nextRouteOf(project, one, depth - 1)).find((route) => route !== undefined)
}

/** The address of a file of `app` or `pages`. */
function nextPathOf(path: string): string {
  const segments = path
    .replace(/^(src\/)?(app|pages)\//, '')
    .replace(/(^|\/)route\.[jt]sx?$/, '')
    .replace(/\.[jt]sx?$/, '')
    .split('/')
  return `/${segments.filter((one) => one !== '' && one !== 'index' && !/^(\(.*\)|@.*)$/.test(one)).join('/')}`
}
