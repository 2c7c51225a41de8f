import type { IncomingMessage, ServerResponse } from 'node:http'
import type { WebhookHandler } from './_handler'
import { answer } from './_node'

type RouteMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/**
 * Creates route handlers for the App Router of Next.js. Exclude the route from your middleware's protection. Only
 * `POST` is required; the other methods answer 405 with an `Allow` header, which Next.js omits.
 *
 * @example
 * // app/api/webhooks/clerk/route.ts
 * export const { POST } = toNextHandler(clerkSync)
 */
export function toNextHandler({
  handler,
}: WebhookHandler): Record<RouteMethod, (request: Request) => Promise<Response>> {
  const route = (request: Request) => handler(request)
  return { GET: route, POST: route, PUT: route, PATCH: route, DELETE: route }
}

/**
 * Creates an API route for the Pages Router of Next.js. The file must disable the body parser itself, because Next.js
 * reads `config` from it.
 *
 * @example
 * // pages/api/webhooks/clerk.ts
 * export const config = { api: { bodyParser: false } }
 * export default toNextApiHandler(clerkSync)
 */
export function toNextApiHandler(
  clerkSync: WebhookHandler,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const remedy = 'Add `export const config = { api: { bodyParser: false } }` to the file of this API route.'
  return (request, response) => answer(clerkSync, request, response, remedy)
}
