import { toFastifyPlugin } from 'clerk-mongo-sync/fastify'
import { fixtures, signClerkWebhook } from 'clerk-mongo-sync/testing'
import { type FastifyInstance, fastify } from 'fastify'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { adapterContract, expectRefusal, send } from '../contracts/adapters'
import { createSubject, signingSecret } from '../contracts/adapters-subject'

const delivery = () => signClerkWebhook(fixtures.userCreated(), { signingSecret })

async function listen(app: FastifyInstance) {
  return { url: await app.listen({ port: 0, host: '127.0.0.1' }), close: () => app.close() }
}

describe('Fastify 5', () => {
  const apps: Record<string, (app: FastifyInstance) => void> = {
    'as it is': () => {},
    'with a parser of the app for JSON': (app) => {
      app.removeContentTypeParser('application/json')
      app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
        done(null, JSON.parse(String(body)))
      })
    },
    'with a hook that reads bodies as well': (app) => {
      app.addHook('preParsing', (_request, _reply, payload, done) => {
        payload.on('data', () => {})
        done(null, payload)
      })
    },
  }
  for (const [title, prepare] of Object.entries(apps)) {
    adapterContract(
      title,
      (subjects) => {
        const app = fastify()
        prepare(app)
        for (const [prefix, subject] of Object.entries(subjects)) app.register(toFastifyPlugin(subject), { prefix })
        return listen(app)
      },
      { limit: 'framework' },
    )
  }

  let app: FastifyInstance
  afterEach(() => app?.close())

  test('leaves the parsers of the app as they are', async () => {
    app = fastify()
    app.register(toFastifyPlugin(createSubject()), { prefix: '/webhook' })
    app.post('/json', (request) => request.body)
    const answer = await app.inject({ method: 'POST', url: '/json', payload: { a: 1 } })
    expect(answer.json()).toEqual({ a: 1 })
  })

  test('answers deliveries that a test injects', async () => {
    app = fastify()
    app.register(toFastifyPlugin(createSubject()), { prefix: '/webhook' })
    const { headers, body } = delivery()
    const started = Date.now()
    const answer = await app.inject({ method: 'POST', url: '/webhook', headers, payload: body })
    expect([answer.statusCode, answer.json()]).toEqual([200, { outcome: 'created' }])
    expect(Date.now() - started).toBeLessThan(1_000)
  })

  test('has a limit of its own, not that of the app', async () => {
    app = fastify({ bodyLimit: 1_000 })
    app.register(toFastifyPlugin(createSubject()), { prefix: '/webhook' })
    const { url } = await listen(app)
    const event = fixtures.userCreated(fixtures.user({ public_metadata: { pad: 'x'.repeat(10_000) } }))
    const answer = await send(`${url}/webhook`, signClerkWebhook(event, { signingSecret }))
    expect(answer).toMatchObject({ status: 200, body: { outcome: 'created' } })
  })

  test('logs what to move if a hook has replaced the body', async () => {
    const error = vi.fn()
    const logger = { debug() {}, info() {}, warn() {}, error }
    app = fastify()
    app.addHook('preValidation', async (request) => {
      request.body = JSON.parse(String(request.body))
    })
    app.register(toFastifyPlugin(createSubject({ logger })), { prefix: '/webhook' })
    const { url } = await listen(app)
    expectRefusal(await send(`${url}/webhook`, delivery()), 500, 'raw_body_unavailable')
    expect(error.mock.calls[0]?.[0]).toMatchObject({
      error: expect.stringContaining('Register toFastifyPlugin(clerkSync) outside of the plugin'),
    })
  })

  test('runs the hooks of the app after the answer', async () => {
    app = fastify()
    const responded = vi.fn()
    app.addHook('onResponse', async (_request, reply) => responded(reply.statusCode))
    app.register(toFastifyPlugin(createSubject()), { prefix: '/webhook' })
    const { url } = await listen(app)
    await send(`${url}/webhook`, delivery())
    await vi.waitFor(() => expect(responded).toHaveBeenCalledWith(200))
  })
})
