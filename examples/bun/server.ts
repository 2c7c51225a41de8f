import { toFetchHandler } from 'clerk-mongo-sync/fetch'
import { clerkSync } from './clerk-sync'

const server = Bun.serve({
  port: process.env.PORT ?? 3000,
  routes: {
    '/api/webhooks/clerk': toFetchHandler(clerkSync),
    '/': new Response('Clerk delivers to /api/webhooks/clerk'),
  },
})

console.log(`Listening on ${server.url}`)
