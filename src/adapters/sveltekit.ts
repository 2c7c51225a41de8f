import { answerFetch } from './_fetch'
import type { WebhookHandler } from './_handler'

/**
 * Creates a request handler for SvelteKit 2, on every adapter whose runtime mongoose runs on. The `handle` hook must not
 * read the body.
 *
 * @example
 * // src/routes/api/webhooks/clerk/+server.ts
 * export const POST = toSvelteKitHandler(clerkSync)
 */
export function toSvelteKitHandler(clerkSync: WebhookHandler): (event: { request: Request }) => Promise<Response> {
  const remedy = 'Let `handle` in hooks.server.ts skip the path of this route, or read event.request.clone() there.'
  return ({ request }) => answerFetch(clerkSync, request, remedy)
}
