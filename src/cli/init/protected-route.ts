import { webhookPathOf } from '../project/find-webhook'
import type { Project } from '../project/project'

/**
 * The remedy if the app's proxy.ts (middleware.ts) requires deliveries to sign in, as far as its source shows;
 * otherwise `undefined`.
 */
export function adviceOnProtectedRoute(project: Pick<Project, 'sources' | 'alias' | 'framework'>): string | undefined {
  const { sources } = project
  const file = sources.find(
    ({ path, code }) => /^(src\/)?(proxy|middleware)\.[jt]s$/.test(path) && /\bclerkMiddleware\(/.test(code),
  )
  if (!file || !/\.protect\(/.test(file.code)) return undefined
  const { code } = file
  const route = webhookPathOf(project)
  const matchers = [...code.matchAll(/\b(\w+)\s*=\s*createRouteMatcher\(\s*\[([^\]]*)\]/g)]
  const isOpen = matchers.some(([, name = '', list = '']) => {
    const isMatched = [...list.matchAll(/(['"`])(.*?)\1/g)].some(([, , pattern = '']) => matches(pattern, route))
    if (new RegExp(`!\\s*${name}\\(`).test(code)) return isMatched
    // The only list, if it is a list of protected routes.
    return new RegExp(`\\b${name}\\(`).test(code) && !isMatched && matchers.length === 1
  })
  if (isOpen) return undefined
  return (
    `${file.path} requires sign-in for routes, possibly for ${route}. Deliveries cannot sign in. Exclude the route: ` +
    `add '${route.startsWith('/api/webhooks/') ? '/api/webhooks' : route}(.*)' to the routes of createRouteMatcher that are public.`
  )
}

/** Clerk's patterns are regular expressions, except `:names`. */
function matches(pattern: string, route: string): boolean {
  try {
    return new RegExp(`^${pattern.replace(/:\w+/g, '[^/]+')}$`).test(route)
  } catch {
    return false
  }
}
