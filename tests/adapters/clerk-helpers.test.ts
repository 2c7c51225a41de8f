import { verifyWebhook as verifyOnExpress } from '@clerk/express/webhooks'
import { verifyWebhook as verifyOnFastify } from '@clerk/fastify/webhooks'
import { toExpressHandler } from 'clerk-mongo-sync/express'
import { toFastifyPlugin } from 'clerk-mongo-sync/fastify'
import { signClerkWebhook } from 'clerk-mongo-sync/testing'
import express, { type RequestHandler } from 'express'
import fastify from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { devDependencies as versions } from '../../package.json'
import { createSubject, signingSecret } from '../contracts/adapters-subject'
import { plain, reserialised } from '../contracts/re-serialised'
import { listening, type Served, serve } from '../support/serve'

const options = { signingSecret }

/** Clerk's helper: 200 if it verifies the delivery, else 400. */
const clerkOnExpress: RequestHandler = async (request, response) => {
  const isVerified = await verifyOnExpress(request, options).then(
    () => true,
    () => false,
  )
  response.status(isVerified ? 200 : 400).end()
}

function expressApp(): Promise<Served> {
  const app = express()
  app.post('/clerk', express.json(), clerkOnExpress)
  app.post('/clerk-on-bytes', express.raw({ type: '*/*' }), clerkOnExpress)
  app.post('/ours', toExpressHandler(createSubject()))
  return serve(app)
}

async function fastifyApp(): Promise<Served> {
  const app = fastify()
  app.post('/clerk', async (request, reply) => {
    const isVerified = await verifyOnFastify(request, options).then(
      () => true,
      () => false,
    )
    return reply.code(isVerified ? 200 : 400).send()
  })
  app.register(toFastifyPlugin(createSubject()), { prefix: '/ours' })
  await app.ready()
  return listening(app.server)
}

async function statusOf(url: string, body: string): Promise<number> {
  const signed = signClerkWebhook(body, options)
  return (await fetch(url, { method: 'POST', ...signed })).status
}

// Both helpers write the parsed body again, and verify what they wrote. The signature is of what was sent.
describe.each([
  [`@clerk/express ${versions['@clerk/express']} behind express.json()`, expressApp],
  [`@clerk/fastify ${versions['@clerk/fastify']}`, fastifyApp],
])('verifyWebhook of %s', (_, open) => {
  let served: Served
  beforeAll(async () => {
    served = await open()
  })
  afterAll(() => served?.close())

  test('accepts a delivery as JSON.stringify writes it', async () => {
    expect(await statusOf(`${served.url}/clerk`, plain)).toBe(200)
  })

  test.each(Object.entries(reserialised))('refuses a correct signature, which ours accepts: %s', async (_, body) => {
    expect(await statusOf(`${served.url}/clerk`, body)).toBe(400)
    expect(await statusOf(`${served.url}/ours`, body)).toBe(200)
  })
})

describe('verifyWebhook of @clerk/express behind express.raw()', () => {
  let served: Served
  beforeAll(async () => {
    served = await expressApp()
  })
  afterAll(() => served?.close())

  test.each(Object.entries(reserialised))('accepts the bytes that were sent: %s', async (_, body) => {
    expect(await statusOf(`${served.url}/clerk-on-bytes`, body)).toBe(200)
  })
})
