import { toExpressHandler } from 'clerk-mongo-sync/express'
import { fixtures, signClerkWebhook } from 'clerk-mongo-sync/testing'
import express, { type Express } from 'express'
import express4 from 'express4'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { adapterContract, expectRefusal, send } from '../contracts/adapters'
import { createSubject, signingSecret } from '../contracts/adapters-subject'
import { type Served, serve } from '../support/serve'

const wholeBody = { type: () => true, limit: '2mb' }
const delivery = () => signClerkWebhook(fixtures.userCreated(), { signingSecret })

describe.each([
  ['Express 5', express],
  ['Express 4', express4],
])('%s', (_, framework) => {
  const parsers: Record<string, { before?: (app: Express) => void; after?: (app: Express) => void }> = {
    'no parser': {},
    'express.raw() in front': { before: (app) => app.use(framework.raw(wholeBody)) },
    'express.text() in front': { before: (app) => app.use(framework.text(wholeBody)) },
    'express.json() behind': { after: (app) => app.use(framework.json()) },
    'express.json() in front that passes these by': { before: (app) => app.use(framework.json({ type: 'text/x' })) },
    'express.json() in front that keeps rawBody': {
      before: (app) =>
        app.use(
          framework.json({ ...wholeBody, verify: (request, _, rawBody) => void Object.assign(request, { rawBody }) }),
        ),
    },
  }
  for (const [title, { before, after }] of Object.entries(parsers)) {
    adapterContract(title, (subjects) => {
      const app = framework()
      before?.(app)
      for (const [path, subject] of Object.entries(subjects)) app.all(path, toExpressHandler(subject))
      after?.(app)
      return serve(app)
    })
  }

  adapterContract('a handler that the app wraps', (subjects) => {
    const app = framework()
    for (const [path, { handler }] of Object.entries(subjects))
      app.all(path, toExpressHandler({ handler: (request) => handler(request) }))
    return serve(app)
  })

  describe('behind a parser that has read the body', () => {
    let server: Served | undefined
    afterEach(() => server?.close())

    test('answers 500 and logs which line to move', async () => {
      const error = vi.fn()
      const logger = { debug() {}, info() {}, warn() {}, error }
      const app = framework()
      app.use(framework.json())
      app.post('/webhook', toExpressHandler(createSubject({ logger })))
      server = await serve(app)
      expectRefusal(await send(`${server.url}/webhook`, delivery()), 500, 'raw_body_unavailable')
      expect(error.mock.calls[0]?.[0]).toMatchObject({
        code: 'raw_body_unavailable',
        error: expect.stringContaining("Move app.post('…', toExpressHandler(clerkSync)) above app.use(express.json())"),
      })
    })

    test('answers the same if something has written the parsed body again', async () => {
      const error = vi.fn()
      const logger = { debug() {}, info() {}, warn() {}, error }
      const app = framework()
      app.use(framework.json())
      app.use((request, _, next) => {
        request.body = JSON.stringify(request.body)
        next()
      })
      app.post('/webhook', toExpressHandler(createSubject({ logger })))
      server = await serve(app)
      const spaced = signClerkWebhook(JSON.stringify(fixtures.userCreated(), null, 2), { signingSecret })
      expectRefusal(await send(`${server.url}/webhook`, spaced), 500, 'raw_body_unavailable')
      expect(error.mock.calls[0]?.[0]).toMatchObject({
        error: expect.stringMatching(/its length has changed.*above app\.use\(express\.json\(\)\)/),
      })
    })
  })
})
