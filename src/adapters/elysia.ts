import { discardBody } from './_fetch'
import type { WebhookHandler } from './_handler'

/**
 * Creates a handler for Elysia. Mount it, because Elysia leaves the body of a mounted route unread; and mount it above
 * hooks that read the request themselves (`onRequest`, `onParse`).
 *
 * @example
 * app.mount('/api/webhooks/clerk', toElysiaHandler(clerkSync))
 */
export function toElysiaHandler({ handler }: WebhookHandler): (request: Request) => Promise<Response> {
  return async (request) => {
    const response = await handler(request)
    discardBody(request)
    return response
  }
}
