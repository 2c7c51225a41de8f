import Router from '@koa/router'
import { toKoaMiddleware } from 'clerk-mongo-sync/koa'
import Koa from 'koa'
import bodyParser from 'koa-bodyparser'
import { clerkSync } from './clerk-sync'

const { PORT = '3000' } = process.env

const app = new Koa()
const webhooks = new Router()
const router = new Router()

webhooks.all('/api/webhooks/clerk', toKoaMiddleware(clerkSync))
router.get('/', (context) => {
  context.body = 'Clerk delivers to /api/webhooks/clerk'
})

// The webhook above the body parser: signatures are checked on the raw body.
app.use(webhooks.routes()).use(bodyParser()).use(router.routes())

app.listen(Number(PORT), () => console.log(`Listening on http://localhost:${PORT}`))
