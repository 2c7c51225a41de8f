const express = require('express')
const mongoose = require('mongoose')
const { createClerkSync, isClerkSyncError, verifyClerkWebhook } = require('clerk-mongo-sync')
const { toExpressHandler } = require('clerk-mongo-sync/express')
const { clerkModel, clerkSyncPlugin, connectOnce } = require('clerk-mongo-sync/mongoose')
const { assertSynced, createMemoryStore, fixtures, signClerkWebhook } = require('clerk-mongo-sync/testing')

const signingSecret = 'whsec_dGhlIHNlY3JldCBvZiB0aGUgSmVzdCBhcHA='

const userSchema = new mongoose.Schema({ email: { type: String, unique: true, sparse: true } })
userSchema.plugin(clerkSyncPlugin)
const User = clerkModel('User', userSchema)
const connect = () => connectOnce(process.env.MONGODB_URI, { dbName: 'jest' })

const started = []

/** @param {Parameters<typeof createClerkSync>[0]} options */
async function serve(options) {
  const app = express()
  app.post('/', toExpressHandler(createClerkSync({ signingSecret, ...options })))
  const server = app.listen(0)
  started.push(server)
  await new Promise((resolve) => server.once('listening', resolve))
  return async (event, secret = signingSecret) => {
    const url = `http://127.0.0.1:${server.address().port}`
    const response = await fetch(url, { method: 'POST', ...signClerkWebhook(event, { signingSecret: secret }) })
    return { status: response.status, ...(await response.json()) }
  }
}

afterAll(async () => {
  for (const server of started) server.close()
  if (mongoose.connection.readyState === 1) await mongoose.connection.dropDatabase()
  await mongoose.disconnect()
})

test('a signed delivery becomes a user in MongoDB', async () => {
  const deliver = await serve({ users: User, connect })
  const event = fixtures.userCreated()
  expect(await deliver(event)).toEqual({ status: 200, outcome: 'created' })
  expect(await deliver(event)).toEqual({ status: 200, outcome: 'duplicate' })
  assertSynced(await User.findByClerkId(event.data.id), event.data)
})

test('a signed delivery becomes a user in the memory store', async () => {
  const users = createMemoryStore()
  const deliver = await serve({ users })
  const event = fixtures.userCreated(fixtures.phoneOnlyUser())
  expect(await deliver(event)).toEqual({ status: 200, outcome: 'created' })
  assertSynced(users.users.get(event.data.id), event.data)
})

test('a forged delivery is refused', async () => {
  const deliver = await serve({ users: createMemoryStore() })
  const answer = await deliver(fixtures.userCreated(), 'whsec_c29tZWJvZHkgZWxzZQ==')
  expect(answer).toMatchObject({ status: 400, error: { code: 'no_matching_signature' } })
})

test('errors are recognised inside the runner too', async () => {
  const error = await verifyClerkWebhook('{}', {}, { signingSecret }).catch((caught) => caught)
  expect(isClerkSyncError(error)).toBe(true)
  expect(error.code).toBe('missing_headers')
})
