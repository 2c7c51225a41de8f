import type { IncomingMessage, ServerResponse } from 'node:http'
import type { WebhookHandler } from './_handler'
import { answer } from './_node'

/**
 * For Node's own `http` server, and all that is built on it.
 *
 * @example
 * createServer(toNodeHandler(clerkSync)).listen(3000)
 */
export function toNodeHandler(
  clerkSync: WebhookHandler,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return (request, response) =>
    answer(clerkSync, request, response, 'Let the handler come before whatever reads the body.')
}
