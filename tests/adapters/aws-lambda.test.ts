import type { ALBHandler, APIGatewayProxyHandler, APIGatewayProxyHandlerV2, LambdaFunctionURLHandler } from 'aws-lambda'
import { toLambdaHandler } from 'clerk-mongo-sync/aws-lambda'
import { fixtures, signClerkWebhook } from 'clerk-mongo-sync/testing'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { adapterContract } from '../contracts/adapters'
import { createSubject, signingSecret } from '../contracts/adapters-subject'
import { fronts, serveFunctions } from '../support/lambda-front'

const delivery = () => signClerkWebhook(fixtures.userCreated(), { signingSecret })

describe('AWS Lambda behind', () => {
  for (const [title, front] of Object.entries(fronts)) {
    adapterContract(
      title,
      (subjects) => {
        const handlers = Object.entries(subjects).map(([path, subject]) => [path, toLambdaHandler(subject)] as const)
        return serveFunctions(front, Object.fromEntries(handlers))
      },
      { trailingSlash: 404, isBare: true },
    )
  }
})

test('has the types of a handler for every kind of event', () => {
  const handler = toLambdaHandler(createSubject())
  expectTypeOf(handler).toExtend<APIGatewayProxyHandler>()
  expectTypeOf(handler).toExtend<APIGatewayProxyHandlerV2>()
  expectTypeOf(handler).toExtend<LambdaFunctionURLHandler>()
  expectTypeOf(handler).toExtend<ALBHandler>()
})

test('answers a test event of the console, which is not a request, with 405', async () => {
  expect(await toLambdaHandler(createSubject())({})).toMatchObject({ statusCode: 405 })
})

test('reports a header that was sent twice, of which a REST API keeps the last in `headers`', async () => {
  const { headers, body } = delivery()
  const multiValueHeaders = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]))
  const twice = { ...multiValueHeaders, 'svix-id': ['msg_another', String(headers['svix-id'])] }
  const event = { httpMethod: 'POST', headers, multiValueHeaders: twice, body, isBase64Encoded: false }
  const { statusCode, body: answer } = await toLambdaHandler(createSubject())(event)
  expect([statusCode, JSON.parse(answer)]).toMatchObject([400, { error: { code: 'malformed_headers' } }])
})
