import type { IncomingMessage, ServerResponse } from 'node:http'
import type { WebhookHandler } from './_handler'
import { answer } from './_node'

/** The part of a Koa context that the middleware uses. */
interface KoaContext {
  req: IncomingMessage
  res: ServerResponse
  respond?: boolean
  request: { rawBody?: unknown }
}

/**
 * Creates middleware for Koa 2 and 3. Mount it with the router of your app, before any body parser. It also works behind
 * parsers that keep `ctx.request.rawBody`.
 *
 * @example
 * router.all('/api/webhooks/clerk', toKoaMiddleware(clerkSync))
 * app.use(router.routes()).use(bodyParser())
 */
export function toKoaMiddleware(clerkSync: WebhookHandler): (context: KoaContext) => Promise<void> {
  const remedy = "Move router.all('…', toKoaMiddleware(clerkSync)) and app.use(router.routes()) above the body parser."
  return async (context) => {
    const { req, res, request } = context
    await answer(clerkSync, 'rawBody' in request ? Object.assign(req, { rawBody: request.rawBody }) : req, res, remedy)
    // Not before, so that Koa answers an error.
    context.respond = false
  }
}
