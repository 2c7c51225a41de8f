import type { SyncOutcome } from '../store/write'
import { answers, marks, publicRoute, refusals } from './known-answers'

/** What an endpoint answered to a delivery. */
export interface Answer {
  /** The address that was called. */
  url: string
  status: number
  headers: Headers
  /** The beginning of the response body. */
  body: string
}

const outcomes: Record<SyncOutcome, true> = {
  created: true,
  updated: true,
  deleted: true,
  linked: true,
  stale: true,
  duplicate: true,
  ignored: true,
  conflict: true,
}

/** `outcome` in the body of our handler's response. `undefined` for any other body. */
export function outcomeOf(body: string): string | undefined {
  const { outcome } = parse(body)
  return typeof outcome === 'string' && Object.hasOwn(outcomes, outcome) ? outcome : undefined
}

/** `error.code` in the body of our handler's refusal. `undefined` for any other body. */
export function codeOf(body: string): string | undefined {
  const { error } = parse(body)
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : undefined
}

function parse(body: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

/** The probable cause of a response to a signed delivery, and what to change. `undefined` for an expected response. */
export function explainAnswer(answer: Answer): string | undefined {
  const { status, body } = answer
  if (status >= 200 && status < 300) return explainSuccess(answer)
  if (status >= 300 && status < 400) return explainRedirect(answer)
  const ours = status === 400 || status === 500 ? refusals[codeOf(body) ?? ''] : undefined
  return ours ?? recognised(answer) ?? answers[status] ?? serverFailure(status)
}

function serverFailure(status: number): string {
  return status >= 500
    ? (answers[500] as string)
    : 'This response is not from the handler of this library: check what runs before it.'
}

const telling = ['server', 'cf-mitigated', 'x-vercel-mitigated', 'x-clerk-auth-reason']

function recognised({ status, headers, body }: Answer): string | undefined {
  const head = telling.flatMap((name) => (headers.has(name) ? [`${name}: ${headers.get(name)}`] : []))
  const text = [...head, body].join('\n')
  return marks.find(([statuses, mark]) => statuses.includes(status) && mark.test(text))?.[2]
}

const notUpdated = 'so MongoDB was not updated, although Svix takes any 2xx for success'

function explainSuccess({ status, headers, body }: Answer): string | undefined {
  const outcome = outcomeOf(body)
  if (outcome === 'conflict')
    return 'The event could not be applied unchanged. The log of the app names the path and the setting; `clerk-mongo-sync status` lists the users.'
  if (outcome !== undefined) return undefined
  if (/^text\/html\b/i.test(headers.get('content-type') ?? '') || /^\s*<(!doctype|html)\b/i.test(body)) {
    const title = /<title[^>]*>\s*([^<]{1,80}?)\s*</i.exec(body)?.[1]?.replace(/\s+/g, ' ')
    const which = title === undefined ? '' : `, "${title}"`
    return `Answered ${status} with a page of HTML${which}, not by this library, ${notUpdated}. Check the path, and that the route of the handler is there: TanStack Start and Astro answer POST with the page, and a sign-in page may take its place.`
  }
  if (status === 201)
    return `Answered 201, but not by this library, ${notUpdated}. NestJS answers so for a controller of the app: import ClerkSyncModule.forRoot(clerkSync) and remove the controller's route.`
  if (body.trim() === '')
    return `Answered ${status} without a body, not by this library, ${notUpdated}. Return the handler's Response (\`return clerkSync.handler(request)\`), and check which other code answers at this address.`
  return `Answered ${status}, but not by this library: another handler has this address, ${notUpdated}.`
}

function explainRedirect({ url, headers }: Answer): string {
  const location = headers.get('location')
  const reason = headers.get('x-clerk-auth-reason')
  if (location === null || !URL.canParse(location, url))
    return 'A redirect without an address. Svix does not follow redirects: check what runs before the handler.'
  const from = new URL(url)
  const to = new URL(location, url)
  const where = `A redirect to ${to.origin === from.origin ? location : to.href}`
  if (reason !== null || /sign-?in|log-?in|handshake|^accounts\./i.test(`${to.host}${to.pathname}`))
    return `${where}: a login page. Svix does not follow redirects and cannot sign in: ${publicRoute}, or from what else requires a login.`
  return `${where}${differenceOf(from, to)}. Svix does not follow redirects, although Clerk's CLI does: give Clerk the final address.`
}

function differenceOf(from: URL, to: URL): string {
  const path = (url: URL) => url.pathname.replace(/\/$/, '')
  if (path(from) !== path(to)) return ''
  if (from.pathname !== to.pathname)
    return `, which only ${to.pathname.endsWith('/') ? 'adds the' : 'removes the'} trailing slash`
  if (from.host !== to.host) return ', on another host'
  return from.protocol === to.protocol ? ', the same address' : ', which only changes to https'
}
