import { toFastifyPlugin } from 'clerk-mongo-sync/fastify'
import { fastify } from 'fastify'
import { clerkSync } from './clerk-sync'

const { PORT = '3000' } = process.env

const app = fastify({ logger: true })

// The prefix is the path. The plugin keeps the bytes of its own route only; the app's parsers do not change.
app.register(toFastifyPlugin(clerkSync), { prefix: '/api/webhooks/clerk' })

app.get('/', () => 'Clerk delivers to /api/webhooks/clerk')

await app.listen({ port: Number(PORT) })
