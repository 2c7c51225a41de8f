import type { WebhookHandler } from './_handler'

/**
 * Creates a handler for runtimes and frameworks that use `(Request) => Response`: Bun, Deno, Netlify, Vercel, …
 *
 * @example
 * Deno.serve(toFetchHandler(clerkSync))
 */
export function toFetchHandler({ handler }: WebhookHandler): (request: Request) => Promise<Response> {
  return (request) => handler(request)
}
