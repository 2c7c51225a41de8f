import { answerFetch } from './_fetch'
import type { WebhookHandler } from './_handler'

/**
 * Creates a handler for an API route of SolidStart. Middleware must not read the body.
 *
 * @example
 * // src/routes/api/webhooks/clerk.ts
 * export const POST = toSolidStartHandler(clerkSync)
 */
export function toSolidStartHandler(clerkSync: WebhookHandler): (event: { request: Request }) => Promise<Response> {
  const remedy =
    'Let `onRequest` in src/middleware.ts skip the path of this route, or read event.request.clone() there.'
  return ({ request }) => answerFetch(clerkSync, request, remedy)
}
