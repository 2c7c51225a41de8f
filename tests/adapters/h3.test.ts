import { toH3Handler } from 'clerk-mongo-sync/h3'
import { fixtures, signClerkWebhook } from 'clerk-mongo-sync/testing'
import { H3, toNodeHandler } from 'h3'
import * as h3v1 from 'h3-v1'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { adapterContract, expectRefusal, send } from '../contracts/adapters'
import { createSubject, signingSecret } from '../contracts/adapters-subject'
import { type Served, serve } from '../support/serve'

const delivery = () => signClerkWebhook(fixtures.userCreated(), { signingSecret })

adapterContract('h3 2', (subjects) => {
  const app = new H3({ silent: true })
  for (const [path, subject] of Object.entries(subjects)) app.all(path, toH3Handler(subject))
  return serve(toNodeHandler(app))
})

adapterContract('h3 1, as in Nitro 2 and Nuxt 4', (subjects) => {
  // Answered as by default, but not printed.
  const app = h3v1.createApp({ onError: (error, event) => h3v1.sendError(event, error) })
  const router = h3v1.createRouter()
  for (const [path, subject] of Object.entries(subjects))
    router.use(path, h3v1.defineEventHandler(toH3Handler(subject)))
  return serve(h3v1.toNodeListener(app.use(router)))
})

describe('middleware that has read the body', () => {
  const error = vi.fn()
  const subject = createSubject({ logger: { debug() {}, info() {}, warn() {}, error } })
  let server: Served | undefined
  afterEach(async () => {
    await server?.close()
    error.mockClear()
  })

  async function expectRemedy({ url }: Served) {
    expectRefusal(await send(`${url}/webhook`, delivery()), 500, 'raw_body_unavailable')
    expect(error.mock.calls[0]?.[0]).toMatchObject({
      error: expect.stringContaining('Let the middleware that reads the body skip the path of this route.'),
    })
  }

  test('is named with h3 2', async () => {
    const app = new H3()
    app.use(async (event) => {
      await event.req.json()
    })
    server = await serve(toNodeHandler(app.all('/webhook', toH3Handler(subject))))
    await expectRemedy(server)
  })

  test('is named with h3 1', async () => {
    const app = h3v1.createApp()
    app.use(
      h3v1.defineEventHandler(async (event) => {
        await h3v1.readBody(event)
      }),
    )
    app.use('/webhook', h3v1.defineEventHandler(toH3Handler(subject)))
    server = await serve(h3v1.toNodeListener(app))
    await expectRemedy(server)
  })
})

test('answers requests that have no server under them', async () => {
  const app = new H3().all('/webhook', toH3Handler(createSubject()))
  const answer = await app.request('/webhook', { method: 'POST', ...delivery() })
  expect([answer.status, await answer.json()]).toEqual([200, { outcome: 'created' }])
})
