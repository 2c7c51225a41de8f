import { node } from '@elysiajs/node'
import { toElysiaHandler } from 'clerk-mongo-sync/elysia'
import { Elysia } from 'elysia'
import { clerkSync } from './clerk-sync'

const { PORT = '3000' } = process.env

const app = new Elysia({ adapter: node() })

// Mounted, because Elysia leaves only mounted routes unread, and above hooks that read the request.
app.mount('/api/webhooks/clerk', toElysiaHandler(clerkSync))
app.get('/', () => 'Clerk delivers to /api/webhooks/clerk')

app.listen(Number(PORT), () => console.log(`Listening on http://localhost:${PORT}`))
