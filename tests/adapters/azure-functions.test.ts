import { buffer } from 'node:stream/consumers'
import { type HttpHandler, HttpRequest, HttpResponse } from '@azure/functions'
import { toAzureHandler } from 'clerk-mongo-sync/azure-functions'
import { fixtures, signClerkWebhook } from 'clerk-mongo-sync/testing'
import { expect, expectTypeOf, test, vi } from 'vitest'
import { adapterContract } from '../contracts/adapters'
import { createSubject, signingSecret } from '../contracts/adapters-subject'
import { serve } from '../support/serve'

/** The host of Azure is in no registry: this server makes its requests and answers with its classes, as the host does. */
adapterContract(
  'toAzureHandler with the requests of Azure Functions',
  (subjects) => {
    const handlers = new Map(Object.entries(subjects).map(([path, subject]) => [path, toAzureHandler(subject)]))
    return serve(async (incoming, outgoing) => {
      const { method = 'GET', url: path = '/', headersDistinct } = incoming
      const bytes = await buffer(incoming).catch(() => undefined)
      const handler = handlers.get(path.replace(/\/$/, ''))
      if (!bytes || !handler) return
      const headers = Object.fromEntries(
        Object.entries(headersDistinct).map(([name, all = []]) => [name, all.join(',')]),
      )
      const url = `https://my-app.azurewebsites.net/api${path}`
      const answer = new HttpResponse(await handler(new HttpRequest({ method, url, headers, body: { bytes } })))
      outgoing.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text())
    })
  },
  { isBare: true },
)

test('has the type of a handler', () => {
  expectTypeOf(toAzureHandler(createSubject())).toExtend<HttpHandler>()
})

test('logs what to change if a hook of the app has read the body', async () => {
  const error = vi.fn()
  const logger = { debug() {}, info() {}, warn() {}, error }
  const { headers, body } = signClerkWebhook(fixtures.userCreated(), { signingSecret })
  const request = new HttpRequest({ method: 'POST', url: 'https://a.test/', headers, body: { string: body } })
  await request.text()
  expect(await toAzureHandler(createSubject({ logger }))(request)).toMatchObject({ status: 500 })
  expect(error.mock.calls[0]?.[0]).toMatchObject({
    code: 'raw_body_unavailable',
    error: expect.stringContaining('Let the hooks of the app (app.hook.preInvocation) leave the body'),
  })
})
