import { toExpressHandler } from 'clerk-mongo-sync/express'
import express from 'express'
import { clerkSync } from './clerk-sync'
import { routes } from './routes'

const { PORT = '3000' } = process.env

await clerkSync.connect()

const app = express()

// Above express.json(): signatures are checked on the raw body.
app.post('/api/webhooks/clerk', toExpressHandler(clerkSync))
app.get('/', (_request, response) => {
  response.send('Clerk delivers to /api/webhooks/clerk')
})
app.use('/api', routes)

app.listen(Number(PORT), () => console.log(`Listening on http://localhost:${PORT}`))
