import type { WebhookHandler } from './_handler'

/**
 * Creates a handler for runtimes and frameworks that use `(Request) => Response`: Hono, Bun, Deno, Cloudflare Workers,
 * Remix, SvelteKit, Astro, …
 *
 * @example
 * app.post('/api/webhooks/clerk', (c) => toFetchHandler(clerkSync)(c.req.raw)) // Hono
 * Deno.serve(toFetchHandler(clerkSync))
 */
export function toFetchHandler({ handler }: WebhookHandler): (request: Request) => Promise<Response> {
  return (request) => handler(request)
}
