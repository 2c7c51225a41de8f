import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { badRequest, FakeClerkError, tooManyRequests, unauthorized, urlNotFound } from './api-error'
import type { Body } from './body'
import type { ApiFault, Faults } from './faults'
import { isMetadata } from './metadata'
import type { RateLimits } from './rate-limit'
import { findRoute, type Route } from './routes'

/** A request to the fake Clerk, and its status. */
export interface FakeRequest {
  method: string
  /** Path below `/v1`, without the query. */
  path: string
  /** The query string. */
  query: string
  /** `undefined` until the request is answered, which may be never. */
  status?: number
  /** When the request arrived. */
  at: Date
}

/** Options of `createApiServer`. */
export interface ApiOptions {
  secretKey: string
  routes: readonly Route[]
  faults: Faults
  limits: RateLimits | undefined
  /** Called before the request is processed. */
  onRequest(request: FakeRequest): void
}

/** Creates the HTTP server of the Backend API. */
export async function createApiServer(options: ApiOptions): Promise<Server> {
  // Imported late, so that the rest of /testing works on runtimes without Node's modules.
  const { createServer } = await import('node:http')
  return createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost')
    const path = url.pathname.startsWith('/v1/') ? url.pathname.slice('/v1'.length) : undefined
    const { method = 'GET' } = request
    const seen: FakeRequest = { method, path: path ?? url.pathname, query: url.searchParams.toString(), at: new Date() }
    options.onRequest(seen)
    const fault = path === undefined ? undefined : options.faults.take(method, path)
    void answer(options, request, { method, path, query: url.searchParams }, fault).then((answered) => {
      send(response, fault ? faultAnswer(fault) : answered)
      if (response.headersSent) seen.status = response.statusCode
    })
  })
}

interface RequestTarget {
  method: string
  path: string | undefined
  query: URLSearchParams
}

interface Answer {
  status: number
  json: unknown
  headers?: Record<string, string>
}

async function answer(
  options: ApiOptions,
  request: IncomingMessage,
  target: RequestTarget,
  fault: ApiFault | undefined,
): Promise<Answer | 'hang' | 'reset'> {
  try {
    const body = await readBody(request)
    if (fault && !fault.applied) return faultAnswer(fault)
    return { status: 200, json: perform(options, request, target, body) }
  } catch (error) {
    if (error instanceof FakeClerkError) return refusal(error)
    const internal = {
      message: 'Oops, an unexpected error occurred',
      long_message: String(error),
      code: 'internal_clerk_error',
    }
    return refusal(new FakeClerkError(500, internal))
  }
}

function perform(
  options: ApiOptions,
  request: IncomingMessage,
  { method, path, query }: RequestTarget,
  text: string,
): unknown {
  checkKey(request.headers.authorization, options.secretKey)
  const version = versionOf(request, query)
  if (path === undefined) throw urlNotFound()
  const { route, params } = findRoute(options.routes, method, path)
  const now = performance.now()
  const wait =
    options.limits?.takeInstance(now) ??
    (route.isLimitedPerUser ? options.limits?.takeUser(params.id ?? '', now) : undefined)
  if (wait !== undefined) throw tooManyRequests(wait)
  return route.answer({ params, query, version, body: parseBody(request, text) })
}

function checkKey(authorization: string | undefined, secretKey: string): void {
  const [, key] = /^Bearer (\S+)$/.exec(authorization ?? '') ?? []
  if (key === secretKey) return
  if (key === undefined) {
    const message = "Invalid Authorization header format. Must be 'Bearer <YOUR_API_KEY>'"
    throw unauthorized('authorization_header_format_invalid', 'Invalid Authorization header format', message)
  }
  const message = 'The provided Clerk Secret Key is invalid. Make sure that your Clerk Secret Key is correct.'
  throw unauthorized('clerk_key_invalid', message)
}

/** A version before Clerk had versions. How Clerk treats requests without one is not documented. */
const FIRST_VERSION = '2021-02-05'

/** The requested API version. @see https://clerk.com/docs/guides/development/backend-requests/versioning */
function versionOf(request: IncomingMessage, query: URLSearchParams): string {
  const [header, param] = [request.headers['clerk-api-version'], query.get('__clerk_api_version')]
  const version = header ?? param ?? FIRST_VERSION
  const isDate = typeof version === 'string' && /^\d{4}-\d\d-\d\d$/.test(version)
  if (isDate && (header === undefined || param === null)) return version
  throw badRequest('api_version_invalid', 'Invalid API version', 'Give one API version, as a header or a parameter.')
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

function parseBody(request: IncomingMessage, text: string): Body {
  if (text === '') return {}
  const type = request.headers['content-type'] ?? ''
  if (!/^application\/json\b/i.test(type)) {
    const message = `Content-Type ${type} is unsupported. You should use application/json instead.`
    throw new FakeClerkError(415, {
      message: 'Content-Type is unsupported',
      long_message: message,
      code: 'unsupported_content_type',
    })
  }
  const json = parse(text)
  if (isMetadata(json)) return json
  const message = 'The request body is invalid. Please consult the API documentation for more information.'
  throw badRequest('request_body_invalid', 'Request body invalid', message)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function refusal({ status, errors, headers }: FakeClerkError): Answer {
  return { status, headers, json: { errors, clerk_trace_id: crypto.randomUUID().replaceAll('-', '') } }
}

function faultAnswer({ status, retryAfter }: ApiFault): Answer | 'hang' | 'reset' {
  if (typeof status !== 'number') return status
  if (status === 429) return refusal(tooManyRequests(retryAfter ?? 1))
  const message = status === 500 ? 'Oops, an unexpected error occurred' : 'Service unavailable'
  const headers: Record<string, string> = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }
  return refusal(new FakeClerkError(status, { message, long_message: message, code: 'internal_clerk_error' }, headers))
}

function send(response: ServerResponse, answered: Answer | 'hang' | 'reset'): void {
  if (answered === 'hang') return
  if (answered === 'reset') {
    response.socket?.destroy()
    return
  }
  const body = Buffer.from(JSON.stringify(answered.json))
  // Exactly this type: with a charset, Clerk's SDK treats the response as text.
  const headers = { 'content-type': 'application/json', 'content-length': body.byteLength, ...answered.headers }
  response.writeHead(answered.status, headers).end(body)
}
