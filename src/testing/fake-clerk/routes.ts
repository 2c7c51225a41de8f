import { methodNotAllowed, urlNotFound } from './api-error'
import type { Body } from './body'

/** A request as a route receives it. */
export interface Call {
  /** The parts of the path that match `:name`. */
  params: Record<string, string>
  query: URLSearchParams
  body: Body
  /** Requested version of Clerk's API, as a date. */
  version: string
}

/** One route of the API. */
export interface Route {
  method: string
  /** Path below `/v1`, with `:name` for variable parts. */
  path: string
  answer(call: Call): unknown
  /** Whether Clerk also limits it per user. */
  isLimitedPerUser?: boolean
}

/** Since this version of the API, metadata is changed with separate calls. */
export const METADATA_APART_SINCE = '2026-05-12'

/** A parameter of the path, which the matched route guarantees. */
export function param({ params }: Call, name: string): string {
  return params[name] ?? ''
}

/**
 * Finds the route of a request and its path parameters. The first match wins, so fixed paths come before variable ones.
 * @throws {FakeClerkError} 404, 405.
 */
export function findRoute(
  routes: readonly Route[],
  method: string,
  path: string,
): { route: Route; params: Record<string, string> } {
  const matches = routes.flatMap((route) => {
    const params = match(route.path, path)
    return params ? [{ route, params }] : []
  })
  const found = matches.find(({ route }) => route.method === method)
  if (found) return found
  throw matches.length > 0 ? methodNotAllowed(matches.map(({ route }) => route.method)) : urlNotFound()
}

function match(pattern: string, path: string): Record<string, string> | undefined {
  const [wanted, given] = [pattern.split('/'), path.split('/')]
  if (wanted.length !== given.length) return undefined
  const params: Record<string, string> = {}
  for (const [i, part] of wanted.entries()) {
    const text = decode(given[i] ?? '')
    if (part.startsWith(':') && text) params[part.slice(1)] = text
    else if (part !== text) return undefined
  }
  return params
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
