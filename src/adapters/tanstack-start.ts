import { answerFetch } from './_fetch'
import type { WebhookHandler } from './_handler'

/**
 * Creates a handler for a server route of TanStack Start. Middleware must not read the body.
 *
 * @example
 * // src/routes/api/webhooks/clerk.ts
 * export const Route = createFileRoute('/api/webhooks/clerk')({
 *   server: { handlers: { ANY: toTanStackHandler(clerkSync) } },
 * })
 */
export function toTanStackHandler(clerkSync: WebhookHandler): (event: { request: Request }) => Promise<Response> {
  const remedy =
    'Let the request middleware in src/start.ts skip the path of this route, or read request.clone() there.'
  return ({ request }) => answerFetch(clerkSync, request, remedy)
}
