import Router from '@koa/router'
import { toKoaMiddleware } from 'clerk-mongo-sync/koa'
import { fixtures, signClerkWebhook } from 'clerk-mongo-sync/testing'
import Koa from 'koa'
import bodyParser from 'koa-bodyparser'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { adapterContract, expectRefusal, send } from '../contracts/adapters'
import { createSubject, signingSecret } from '../contracts/adapters-subject'
import { type Served, serve } from '../support/serve'

const delivery = () => signClerkWebhook(fixtures.userCreated(), { signingSecret })

/** An app that prints no errors: those of the contract are meant. */
function silentApp(): Koa {
  const app = new Koa()
  app.silent = true
  return app
}

/** By default the parser answers 400 to keys such as __proto__. The option is that of the parser below it. */
const parserOptions = { enableTypes: ['json'], onProtoPoisoning: 'ignore' }

describe('Koa 3', () => {
  const apps: Record<string, { front?: Koa.Middleware; limit?: 'framework' }> = {
    'no parser in front': {},
    'a parser in front that keeps rawBody': {
      front: bodyParser(parserOptions),
      limit: 'framework',
    },
  }
  for (const [title, { front, ...traits }] of Object.entries(apps)) {
    adapterContract(
      title,
      (subjects) => {
        const app = silentApp()
        const router = new Router()
        if (front) app.use(front)
        for (const [path, subject] of Object.entries(subjects)) router.all(path, toKoaMiddleware(subject))
        return serve(app.use(router.routes()).callback())
      },
      traits,
    )
  }

  let server: Served | undefined
  afterEach(() => server?.close())

  test('logs what to move behind a parser that keeps nothing', async () => {
    const error = vi.fn()
    const logger = { debug() {}, info() {}, warn() {}, error }
    const app = silentApp()
    app.use(async ({ req }, next) => {
      for await (const _ of req);
      await next()
    })
    app.use(toKoaMiddleware(createSubject({ logger })))
    server = await serve(app.callback())
    expectRefusal(await send(server.url, delivery()), 500, 'raw_body_unavailable')
    expect(error.mock.calls[0]?.[0]).toMatchObject({
      error: expect.stringContaining("Move router.all('…', toKoaMiddleware(clerkSync)) and app.use(router.routes())"),
    })
  })

  test('lets middleware in front run on after the answer', async () => {
    const app = silentApp()
    const statuses: number[] = []
    app.use(async (context, next) => {
      await next()
      statuses.push(context.status)
    })
    app.use(toKoaMiddleware(createSubject()))
    server = await serve(app.callback())
    expect(await send(server.url, delivery())).toMatchObject({ status: 200, body: { outcome: 'created' } })
    expect(statuses).toEqual([200])
  })
})
