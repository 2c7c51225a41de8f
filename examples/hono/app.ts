import { toHonoHandler } from 'clerk-mongo-sync/hono'
import { Hono } from 'hono'
import { clerkSync } from './clerk-sync'

const app = new Hono()

app.all('/api/webhooks/clerk', toHonoHandler(clerkSync))
app.get('/', (context) => context.text('Clerk delivers to /api/webhooks/clerk'))

export default app
