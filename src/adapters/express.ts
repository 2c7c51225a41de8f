import type { IncomingMessage, ServerResponse } from 'node:http'
import type { WebhookHandler } from './_handler'
import { answer } from './_node'

/**
 * For Express 4 and 5. Mount it before `express.json()`; behind `express.raw()` it works as well. No parser is needed.
 *
 * @example
 * app.post('/api/webhooks/clerk', toExpressHandler(clerkSync))
 * app.use(express.json())
 */
export function toExpressHandler(
  clerkSync: WebhookHandler,
): (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void {
  const remedy = "Move app.post('…', toExpressHandler(clerkSync)) above app.use(express.json())."
  return (request, response, next) => {
    answer(clerkSync, request, response, remedy).catch(next)
  }
}
