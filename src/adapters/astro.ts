import { answerFetch } from './_fetch'
import type { WebhookHandler } from './_handler'

/**
 * Creates an endpoint for Astro, rendered on demand. Middleware must not read the body.
 *
 * @example
 * // src/pages/api/webhooks/clerk.ts
 * export const prerender = false
 * export const ALL = toAstroRoute(clerkSync)
 */
export function toAstroRoute(clerkSync: WebhookHandler): (event: { request: Request }) => Promise<Response> {
  const remedy =
    'Let `onRequest` in src/middleware.ts skip the path of this route, or read context.request.clone() there.'
  return ({ request }) => answerFetch(clerkSync, request, remedy)
}
