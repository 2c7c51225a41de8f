import { methodNotAllowed, urlNotFound } from './api-error'
import type { Body } from './body'

/** What a route's answer is made of. */
export interface Call {
  /** What the path has in the place of each `:name`. */
  params: Record<string, string>
  query: URLSearchParams
  body: Body
  /** Clerk's version of the API, as a date. */
  version: string
}

export interface Route {
  method: string
  /** Below `/v1`, with `:name` for what varies. */
  path: string
  answer(call: Call): unknown
  /** Whether Clerk limits it for each user as well. */
  isLimitedPerUser?: boolean
}

/** From this version of the API on, metadata has calls of its own. */
export const METADATA_APART_SINCE = '2026-05-12'

/** A parameter that the path must have, or the route would not have matched. */
export function param({ params }: Call, name: string): string {
  return params[name] ?? ''
}

/** The route for a request, and what its path names. The first that fits, so fixed paths come before those that vary. Throws 404 and 405. */
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
