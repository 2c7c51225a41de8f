import { toFetchHandler } from 'clerk-mongo-sync/fetch'
import { clerkSync } from './clerk-sync.ts'

const receive = toFetchHandler(clerkSync)

Deno.serve({ port: Number(Deno.env.get('PORT') ?? 3000) }, (request) => {
  const { pathname } = new URL(request.url)
  if (pathname === '/api/webhooks/clerk') return receive(request)
  return new Response('Clerk delivers to /api/webhooks/clerk', { status: pathname === '/' ? 200 : 404 })
})
