import type { IncomingMessage, ServerResponse } from 'node:http'
import type { WebhookHandler } from './_handler'
import { answer } from './_node'

type RouteMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/**
 * For the App Router of Next.js. Keep the route out of whatever your middleware protects. `POST` is all that is needed: the
 * other methods are there for those who want them refused with an `Allow` header, which Next.js by itself leaves out.
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
 * For the Pages Router of Next.js. The page must switch the body parser off, as Next.js reads that from the file itself.
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
