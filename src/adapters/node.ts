import type { IncomingMessage, ServerResponse } from 'node:http'
import type { WebhookHandler } from './_handler'
import { answer } from './_node'

/**
 * Creates a handler for Node's `http` server and frameworks built on it.
 *
 * @example
 * createServer(toNodeHandler(clerkSync)).listen(3000)
 */
export function toNodeHandler(
  clerkSync: WebhookHandler,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return (request, response) =>
    answer(clerkSync, request, response, 'Call the handler before any code that reads the body.')
}
