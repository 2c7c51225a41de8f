import { answerFetch } from './_fetch'
import type { WebhookHandler } from './_handler'

/** The part of an `HttpRequest` that the handler uses. */
interface AzureRequest {
  method: string
  headers: Headers
  body: unknown
  bodyUsed: boolean
}

/** An `HttpResponseInit`. */
interface AzureResponse {
  status: number
  headers: Record<string, string>
  body: string
}

/**
 * Creates a handler for Azure Functions, in the programming model v4.
 *
 * @example
 * app.http('clerk', { route: 'webhooks/clerk', methods: ['POST'], handler: toAzureHandler(clerkSync) })
 */
export function toAzureHandler(clerkSync: WebhookHandler): (request: AzureRequest) => Promise<AzureResponse> {
  const remedy = 'Let the hooks of the app (app.hook.preInvocation) leave the body of this function unread.'
  return async (request) => {
    // Azure's own class, with the same parts as a Fetch Request.
    const response = await answerFetch(clerkSync, request as unknown as Request, remedy)
    return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() }
  }
}
