import { type HttpHandler, HttpRequest } from '@azure/functions'
import { toAzureHandler } from 'clerk-mongo-sync/azure-functions'
import { fixtures, signClerkWebhook } from 'clerk-mongo-sync/testing'
import { expect, expectTypeOf, test, vi } from 'vitest'
import { adapterContract } from '../contracts/adapters'
import { createSubject, signingSecret } from '../contracts/adapters-subject'
import { serveFunctions } from '../support/azure-front'

/** The host of Azure is in no registry. */
adapterContract(
  'toAzureHandler with the requests of Azure Functions',
  (subjects) => {
    const handlers = Object.entries(subjects).map(([path, subject]) => [path, toAzureHandler(subject)] as const)
    return serveFunctions(Object.fromEntries(handlers))
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
