import { type HttpBindings, serve } from '@hono/node-server'
import { toHonoHandler } from 'clerk-mongo-sync/hono'
import { fixtures, signClerkWebhook } from 'clerk-mongo-sync/testing'
import { Hono, type MiddlewareHandler } from 'hono'
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest'
import { adapterContract, expectRefusal, send } from '../contracts/adapters'
import { createSubject, signingSecret } from '../contracts/adapters-subject'

// @hono/node-server puts classes of its own in place of the global ones.
const { Request, Response } = globalThis
afterAll(() => void Object.assign(globalThis, { Request, Response }))

const delivery = () => signClerkWebhook(fixtures.userCreated(), { signingSecret })

function listen(app: Hono<{ Bindings: HttpBindings }>): Promise<{ url: string; close(): Promise<void> }> {
  return new Promise((resolve) => {
    const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => {
      const close = async () => {
        const closed = new Promise((done) => server.close(done))
        if ('closeAllConnections' in server) server.closeAllConnections()
        await closed
      }
      resolve({ url: `http://127.0.0.1:${port}`, close })
    })
  })
}

describe('Hono 4 on Node', () => {
  const readers: Record<string, MiddlewareHandler[]> = {
    'nothing in front': [],
    'middleware in front that parses the body': [
      async (context, next) => {
        await context.req.json().catch(() => {})
        await next()
      },
    ],
    'middleware in front that reads the bytes': [
      async (context, next) => {
        await context.req.arrayBuffer().catch(() => {})
        await next()
      },
    ],
  }
  for (const [title, middleware] of Object.entries(readers)) {
    adapterContract(
      title,
      (subjects) => {
        const app = new Hono<{ Bindings: HttpBindings }>()
        // Hono's own prints the error.
        app.onError((_error, context) => context.text('', 500))
        for (const one of middleware) app.use(one)
        for (const [path, subject] of Object.entries(subjects)) app.all(path, toHonoHandler(subject))
        return listen(app)
      },
      { trailingSlash: 404 },
    )
  }

  let server: Awaited<ReturnType<typeof listen>> | undefined
  afterEach(() => server?.close())

  const raw: Record<string, (request: Request) => Promise<unknown>> = {
    'its text': (request) => request.text(),
    'its stream': (request) => new Response(request.body).text(),
  }
  test.each(Object.entries(raw))('logs what to move if middleware reads the raw request: %s', async (_, read) => {
    const error = vi.fn()
    const logger = { debug() {}, info() {}, warn() {}, error }
    const app = new Hono<{ Bindings: HttpBindings }>()
    app.use(async (context, next) => {
      await read(context.req.raw)
      await next()
    })
    app.all('/webhook', toHonoHandler(createSubject({ logger })))
    server = await listen(app)
    expectRefusal(await send(`${server.url}/webhook`, delivery()), 500, 'raw_body_unavailable')
    expect(error.mock.calls[0]?.[0]).toMatchObject({
      error: expect.stringContaining("Move app.all('…', toHonoHandler(clerkSync)) above the middleware"),
    })
  })

  test('answers requests of a test, without a server', async () => {
    const app = new Hono()
    app.all('/webhook', toHonoHandler(createSubject()))
    const answer = await app.request('/webhook', { method: 'POST', ...delivery() })
    expect([answer.status, await answer.json()]).toEqual([200, { outcome: 'created' }])
  })
})
