import type { IncomingMessage, ServerResponse } from 'node:http'
import type { WebhookHandler } from './_handler'
import { answer } from './_node'

/**
 * Creates a handler for Express 4 and 5. Mount it before `express.json()`; it also works behind `express.raw()`. It
 * needs no body parser.
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
