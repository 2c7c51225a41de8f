import { node } from '@elysiajs/node'
import { toElysiaHandler } from 'clerk-mongo-sync/elysia'
import { fixtures, signClerkWebhook } from 'clerk-mongo-sync/testing'
import { type AnyElysia, Elysia } from 'elysia'
import { afterEach, describe, expect, test } from 'vitest'
import { adapterContract, send } from '../contracts/adapters'
import { createSubject, signingSecret } from '../contracts/adapters-subject'
import { freePort } from '../support/free-port'

const delivery = () => signClerkWebhook(fixtures.userCreated(), { signingSecret })

/** Listens through Elysia's own server for Node, which does not say which port it took. */
async function listen(app: AnyElysia): Promise<{ url: string; close(): Promise<void> }> {
  const port = await freePort()
  const before = process.listeners('beforeExit')
  await new Promise((resolve) => app.listen({ port, hostname: '127.0.0.1' }, resolve))
  const added = process.listeners('beforeExit').filter((one) => !before.includes(one))
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      for (const one of added) process.off('beforeExit', one)
      await app.server?.stop(true)
    },
  }
}

for (const aot of [true, false]) {
  adapterContract(`Elysia on Node, aot: ${aot}`, (subjects) => {
    const app = new Elysia({ adapter: node(), aot })
    for (const [path, subject] of Object.entries(subjects)) app.mount(path, toElysiaHandler(subject))
    return listen(app)
  })
}

describe('Elysia', () => {
  let server: Awaited<ReturnType<typeof listen>> | undefined
  afterEach(() => server?.close())

  const hooks: Record<string, (app: AnyElysia) => AnyElysia> = {
    onRequest: (app) => app.onRequest(async ({ request }) => void (await request.text())),
    onParse: (app) => app.onParse(({ request }) => request.text()),
  }
  test.each(Object.entries(hooks))('refuses by itself what a hook above has read: %s', async (_, addHook) => {
    const app = addHook(new Elysia({ adapter: node() })).mount('/webhook', toElysiaHandler(createSubject()))
    server = await listen(app)
    const answer = await fetch(`${server.url}/webhook`, { method: 'POST', ...delivery() })
    expect([answer.status, await answer.text()]).toEqual([500, expect.stringMatching(/body .* disturbed or locked/)])
  })

  test('may have hooks that use the parsed body', async () => {
    const app = new Elysia({ adapter: node() })
      .onBeforeHandle(({ body }) => void body)
      .mount('/webhook', toElysiaHandler(createSubject()))
      .post('/echo', ({ body }) => body as object)
    server = await listen(app)
    expect(await send(`${server.url}/webhook`, delivery())).toMatchObject({ status: 200, body: { outcome: 'created' } })
    const echo = await send(`${server.url}/echo`, {
      headers: { 'content-type': 'application/json' },
      body: '{"a":1}',
    })
    expect(echo.body).toEqual({ a: 1 })
  })
})
