import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createClerkSync } from 'clerk-mongo-sync'
import { toExpressHandler } from 'clerk-mongo-sync/express'
import { clerkModel, clerkSyncPlugin, connectOnce } from 'clerk-mongo-sync/mongoose'
import { assertSynced, createMemoryStore, fixtures, signClerkWebhook } from 'clerk-mongo-sync/testing'
import express from 'express'
import mongoose, { Schema } from 'mongoose'

const signingSecret = 'whsec_dGhlIHNlY3JldCBvZiB0aGUgRVNNIGFwcA=='
const uri = process.env.MONGODB_URI ?? ''

const userSchema = new Schema({
  email: { type: String, unique: true, sparse: true },
  plan: { type: String, default: 'free' },
})
userSchema.plugin(clerkSyncPlugin)
const User = clerkModel('User', userSchema)
const memory = createMemoryStore()

const app = express()
app.post(
  '/model',
  toExpressHandler(createClerkSync({ users: User, signingSecret, connect: () => connectOnce(uri, { dbName: 'esm' }) })),
)
app.post('/memory', toExpressHandler(createClerkSync({ users: memory, signingSecret })))
const server = app.listen(0)
await once(server, 'listening')

async function deliver(path: string, event: Parameters<typeof signClerkWebhook>[0], secret = signingSecret) {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`
  const response = await fetch(url, { method: 'POST', ...signClerkWebhook(event, { signingSecret: secret }) })
  return [response.status, ((await response.json()) as { outcome?: string }).outcome]
}

const event = fixtures.userCreated()
assert.deepEqual(await deliver('/memory', event), [200, 'created'])
assert.equal(memory.users.get(event.data.id)?.syncStatus, 'active')

assert.deepEqual(await deliver('/model', event), [200, 'created'])
assert.deepEqual(await deliver('/model', event), [200, 'duplicate'])
assert.deepEqual(await deliver('/model', event, 'whsec_c29tZWJvZHkgZWxzZQ=='), [400, undefined])
const user = await User.findByClerkId(event.data.id)
assertSynced(user, event.data)
const typed: { clerkId?: string; plan?: string | null } | null = user
assert.equal(typed?.plan, 'free')
assert.equal((await User.find().activeInClerk()).length, 1)

server.close()
await mongoose.connection.dropDatabase()
await mongoose.disconnect()
console.log('passed')
