import { answerFetch } from './_fetch'
import type { WebhookHandler } from './_handler'

/**
 * Creates the action of a resource route for React Router 7, and for Remix 2. No body parser may run in front, such as
 * `express.json()` in a server of your own.
 *
 * @example
 * // app/routes/webhooks.clerk.ts
 * export const action = toReactRouterAction(clerkSync)
 */
export function toReactRouterAction(clerkSync: WebhookHandler): (event: { request: Request }) => Promise<Response> {
  const remedy = 'Move the request handler of React Router above app.use(express.json()).'
  return ({ request }) => answerFetch(clerkSync, request, remedy)
}
