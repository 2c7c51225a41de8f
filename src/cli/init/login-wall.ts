import type { Project } from './project'

const ROUTE = '/api/webhooks/clerk'

/**
 * Whether the host's proxy.ts (middleware.ts) asks those who deliver to sign in, as far as its source shows: what to do about
 * it, or `undefined`.
 */
export function findLoginWall({ sources }: Pick<Project, 'sources'>): string | undefined {
  const file = sources.find(
    ({ path, code }) => /^(src\/)?(proxy|middleware)\.[jt]s$/.test(path) && /\bclerkMiddleware\(/.test(code),
  )
  if (!file || !/\.protect\(/.test(file.code)) return undefined
  const { code } = file
  const matchers = [...code.matchAll(/\b(\w+)\s*=\s*createRouteMatcher\(\s*\[([^\]]*)\]/g)]
  const isOpen = matchers.some(([, name = '', list = '']) => {
    const isMatched = [...list.matchAll(/(['"`])(.*?)\1/g)].some(([, , pattern = '']) => matches(pattern))
    if (new RegExp(`!\\s*${name}\\(`).test(code)) return isMatched
    // A list of what is protected, if it is one at all, and the only one.
    return new RegExp(`\\b${name}\\(`).test(code) && !isMatched && matchers.length === 1
  })
  if (isOpen) return undefined
  return (
    `${file.path} protects routes by sign-in, and ${ROUTE} may be one of them; deliveries cannot sign in. Leave it out: ` +
    "add '/api/webhooks(.*)' to the routes of createRouteMatcher that are public."
  )
}

/** Clerk's patterns are regular expressions, but for `:names`. */
function matches(pattern: string): boolean {
  try {
    return new RegExp(`^${pattern.replace(/:\w+/g, '[^/]+')}$`).test(ROUTE)
  } catch {
    return false
  }
}
