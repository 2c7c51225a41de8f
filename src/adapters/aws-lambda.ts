import type { WebhookHandler } from './_handler'

type Values<T> = Record<string, T | undefined>

/** What the handler reads of an event: of API Gateway (both payload formats), a function URL or a load balancer. */
type LambdaEvent = Content & ({ httpMethod: string } | { requestContext?: { http: { method: string } } })

interface Content extends Target {
  headers?: Values<string> | null | undefined
  multiValueHeaders?: Values<string[]> | null | undefined
  body?: string | null
  isBase64Encoded?: boolean
  /** In payload format 2.0, where the headers lack them. */
  cookies?: string[]
}

/** The path and the query, in both payload formats. */
interface Target {
  path?: string
  rawPath?: string
  rawQueryString?: string
  queryStringParameters?: Values<string> | null | undefined
  multiValueQueryStringParameters?: Values<string[]> | null | undefined
}

/** A result that all four accept. */
interface LambdaResult {
  statusCode: number
  headers?: Record<string, string>
  multiValueHeaders?: Record<string, string[]>
  body: string
}

/**
 * Creates a handler for AWS Lambda, behind API Gateway (REST and HTTP APIs), a function URL or an Application Load
 * Balancer.
 *
 * @example
 * export const handler = toLambdaHandler(clerkSync)
 */
export function toLambdaHandler({ handler }: WebhookHandler): (event: LambdaEvent) => Promise<LambdaResult> {
  return async (event) => {
    const response = await handler(toRequest(event))
    const result = { statusCode: response.status, body: await response.text() }
    const headers = [...response.headers]
    // A load balancer that sends headers with several values ignores any others in the result.
    return event.multiValueHeaders
      ? { ...result, multiValueHeaders: Object.fromEntries(headers.map(([name, value]) => [name, [value]])) }
      : { ...result, headers: Object.fromEntries(headers) }
  }
}

function toRequest(event: LambdaEvent): Request {
  const { headers, multiValueHeaders, cookies, body, isBase64Encoded } = event
  // A test event of the console has no method.
  const method = 'httpMethod' in event ? event.httpMethod : (event.requestContext?.http.method ?? 'GET')
  const received = new Headers()
  for (const [name, values] of Object.entries(multiValueHeaders ?? headers ?? {}))
    for (const value of [values ?? []].flat()) received.append(name, value)
  if (cookies) received.set('cookie', cookies.join('; '))
  const hasBody = method !== 'GET' && method !== 'HEAD'
  const bytes = hasBody ? Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8') : null
  return new Request(urlOf(event, received.get('host')), { method, headers: received, body: bytes })
}

function urlOf(event: LambdaEvent, host: string | null): string {
  const { rawPath, path = '/', rawQueryString } = event
  const target = `${rawPath ?? path}?${rawQueryString ?? queryOf(event)}`
  const whole = `https://${host}${target}`
  return URL.canParse(whole) ? whole : `https://localhost${target}`
}

function queryOf(event: LambdaEvent): string {
  const values = event.multiValueQueryStringParameters ?? event.queryStringParameters ?? {}
  const pairs = Object.entries(values).flatMap(([name, value]) => [value ?? []].flat().map((one) => [name, one]))
  // A load balancer leaves names and values encoded.
  const isEncoded = 'requestContext' in event && 'elb' in (event.requestContext ?? {})
  return isEncoded ? pairs.map((pair) => pair.join('=')).join('&') : new URLSearchParams(pairs).toString()
}
