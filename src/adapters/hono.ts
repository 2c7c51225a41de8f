import { answerFetch } from './_fetch'
import type { WebhookHandler } from './_handler'

/** The part of a Hono context that the handler uses. */
interface HonoContext {
  req: { raw: Request; arrayBuffer(): Promise<ArrayBuffer> }
}

/**
 * Creates a handler for Hono 4, on every runtime on which mongoose runs. Middleware in front may read the body with
 * `c.req.json()`, `c.req.text()` or `c.req.arrayBuffer()`, because Hono keeps the bytes.
 *
 * @example
 * app.all('/api/webhooks/clerk', toHonoHandler(clerkSync))
 */
export function toHonoHandler(clerkSync: WebhookHandler): (context: HonoContext) => Promise<Response> {
  const remedy = "Move app.all('…', toHonoHandler(clerkSync)) above the middleware that reads c.req.raw or a form."
  return ({ req }) => answerFetch(clerkSync, req.raw, remedy, () => req.arrayBuffer())
}
