import { closing, listed } from './expressions'
import type { SourceFile } from './source-files'

/** Default path of the route. */
export const DEFAULT_PATH = '/api/webhooks/clerk'

/** The URL path of a file in `server/routes` or `server/api` of Nuxt and Nitro; `undefined` for other files. */
export function nitroPathOf(file: string): string | undefined {
  const [, folder, rest] = /^(?:server\/)?(routes|api)\/(.+)\.[cm]?[jt]s$/.exec(file) ?? []
  if (rest === undefined) return undefined
  const path = rest.replace(/\.(?:get|post|put|patch|delete)$/, '').replace(/(^|\/)index$/, '')
  return `/${folder === 'api' ? 'api/' : ''}${path}`
}

/** The URL path of `ClerkSyncModule.forRoot` at a position, below the app's prefix; `undefined` for other code. */
export function nestPathOf(sources: readonly SourceFile[], { code }: SourceFile, at: number): string | undefined {
  const [opening, isAsync] = /^ClerkSyncModule\.forRoot(Async)?\s*(?:<[^()]*>)?\(/.exec(code.slice(at)) ?? []
  if (opening === undefined) return undefined
  const open = at + opening.length - 1
  const given = listed(code.slice(open + 1, closing(code, open)))
  const [, , literal] =
    (isAsync ? /\bpath\s*:\s*(['"`])([^'"`]*)\1/ : /^\s*(['"`])(.*)\1$/).exec((isAsync ? given[0] : given[1]) ?? '') ??
    []
  return `${nestPrefixOf(sources)}/${(literal ?? DEFAULT_PATH).replace(/^\//, '')}`
}

/** The global prefix of a NestJS app, with a slash in front; `''` without one. */
export function nestPrefixOf(sources: readonly SourceFile[]): string {
  const found = sources.map(({ code }) => /\bsetGlobalPrefix\(\s*(['"`])\/?([^'"`]+?)\/?\1/.exec(code)?.[2])
  const prefix = found.find((one) => one !== undefined)
  return prefix === undefined ? '' : `/${prefix}`
}
