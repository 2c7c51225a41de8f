import { createClerkSync } from 'clerk-mongo-sync'
import { toExpressHandler } from 'clerk-mongo-sync/express'
import { connectOnce } from 'clerk-mongo-sync/mongoose'
import express from 'express'
import { User } from './user'

const { MONGODB_URI = 'mongodb://127.0.0.1:27017/app', PORT = '3000' } = process.env

const clerkSync = createClerkSync({ users: User, connect: () => connectOnce(MONGODB_URI), logger: console })

const app = express()

// Above express.json(): signatures are checked on the raw body.
app.post('/api/webhooks/clerk', toExpressHandler(clerkSync))
app.use(express.json())

app.get('/', (_request, response) => {
  response.send('Clerk delivers to /api/webhooks/clerk')
})

app.listen(Number(PORT), () => console.log(`Listening on http://localhost:${PORT}`))
