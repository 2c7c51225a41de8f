import { toH3Handler } from 'clerk-mongo-sync/h3'
import { H3, serve } from 'h3'
import { clerkSync } from './clerk-sync'

const { PORT = '3000' } = process.env

const app = new H3()

app.all('/api/webhooks/clerk', toH3Handler(clerkSync))
app.get('/', () => 'Clerk delivers to /api/webhooks/clerk')

serve(app, { port: Number(PORT) })
