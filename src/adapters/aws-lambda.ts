import type { WebhookHandler } from './_handler'

type Values<T> = Record<string, T | undefined>

/** What the handler reads of an event: of API Gateway (both payload formats), a function URL or a load balancer. */
type LambdaEvent = Content & ({ httpMethod: string } | { requestContext?: { http: { method: string } } })

interface Content {
  headers?: Values<string> | null | undefined
  multiValueHeaders?: Values<string[]> | null | undefined
  body?: string | null
  isBase64Encoded?: boolean
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
  const { headers, multiValueHeaders, body, isBase64Encoded } = event
  // A test event of the console has no method.
  const method = 'httpMethod' in event ? event.httpMethod : (event.requestContext?.http.method ?? 'GET')
  const received = new Headers()
  for (const [name, values] of Object.entries(multiValueHeaders ?? headers ?? {}))
    for (const value of [values ?? []].flat()) received.append(name, value)
  const hasBody = method !== 'GET' && method !== 'HEAD'
  const bytes = hasBody ? Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8') : null
  return new Request('http://localhost/', { method, headers: received, body: bytes })
}
