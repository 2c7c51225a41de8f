import { createClerkSync } from 'clerk-mongo-sync'
import { toFetchHandler } from 'clerk-mongo-sync/fetch'
import { connectOnce } from 'clerk-mongo-sync/mongoose'
import { User } from './user'

const { MONGODB_URI = 'mongodb://127.0.0.1:27017/app' } = process.env

const clerkSync = createClerkSync({ users: User, connect: () => connectOnce(MONGODB_URI), logger: console })
const receive = toFetchHandler(clerkSync)

export default {
  async fetch(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url)
    if (pathname === '/api/webhooks/clerk') return receive(request)
    if (pathname === '/') return new Response('Clerk delivers to /api/webhooks/clerk')
    return new Response('Not found', { status: 404 })
  },
}
