import type { IncomingMessage, ServerResponse } from 'node:http'
import { answerFetch } from './_fetch'
import type { WebhookHandler } from './_handler'
import { answer } from './_node'

/** The part of an event that the handler uses: of h3 2, or of h3 1 on Node. */
type H3Event = { req: Request } | { node: { req: IncomingMessage; res: ServerResponse } }

/**
 * Creates an event handler for h3 1 and 2, and so for Nitro and Nuxt. Middleware must not read the body.
 *
 * @example
 * // server/routes/api/webhooks/clerk.ts
 * export default defineEventHandler(toH3Handler(clerkSync))
 */
export function toH3Handler(clerkSync: WebhookHandler): (event: H3Event) => Promise<Response | undefined> {
  const remedy = 'Let the middleware that reads the body skip the path of this route.'
  return async (event) => {
    // h3 1 has `req` as well, as an alias of `node.req`.
    if ('req' in event && 'arrayBuffer' in event.req) return answerFetch(clerkSync, event.req, remedy)
    const { req, res } = (event as Exclude<H3Event, { req: Request }>).node
    await answer(clerkSync, req, res, remedy)
    return undefined
  }
}
