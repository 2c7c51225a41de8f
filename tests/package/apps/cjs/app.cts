import assert = require('node:assert/strict')
import events = require('node:events')
import net = require('node:net')
import core = require('clerk-mongo-sync')
import adapter = require('clerk-mongo-sync/express')
import plugin = require('clerk-mongo-sync/mongoose')
import kit = require('clerk-mongo-sync/testing')
import express = require('express')
import mongoose = require('mongoose')

const { fixtures } = kit
const signingSecret = 'whsec_dGhlIHNlY3JldCBvZiB0aGUgQ0pTIGFwcA=='
const uri = process.env.MONGODB_URI ?? ''

const userSchema = new mongoose.Schema({
  email: { type: String, unique: true, sparse: true },
  plan: { type: String, default: 'free' },
})
userSchema.plugin(plugin.clerkSyncPlugin)
const User = plugin.clerkModel('User', userSchema)
const memory = kit.createMemoryStore()

async function main(): Promise<void> {
  const connect = () => plugin.connectOnce(uri, { dbName: 'cjs' })
  const app = express()
  app.post('/model', adapter.toExpressHandler(core.createClerkSync({ users: User, signingSecret, connect })))
  app.post('/memory', adapter.toExpressHandler(core.createClerkSync({ users: memory, signingSecret })))
  const server = app.listen(0)
  await events.once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`

  const deliver = async (path: string, event: Parameters<typeof kit.signClerkWebhook>[0], secret = signingSecret) => {
    const delivery = kit.signClerkWebhook(event, { signingSecret: secret })
    const response = await fetch(origin + path, { method: 'POST', ...delivery })
    return [response.status, ((await response.json()) as { outcome?: string }).outcome]
  }

  const event = fixtures.userCreated()
  assert.deepEqual(await deliver('/memory', event), [200, 'created'])
  assert.equal(memory.users.get(event.data.id)?.syncStatus, 'active')

  assert.deepEqual(await deliver('/model', event), [200, 'created'])
  assert.deepEqual(await deliver('/model', event, 'whsec_c29tZWJvZHkgZWxzZQ=='), [400, undefined])
  assert.deepEqual(await deliver('/model', fixtures.userUpdated(event.data, { first_name: 'Grace' })), [200, 'updated'])
  assert.deepEqual(await deliver('/model', fixtures.userDeleted(event.data)), [200, 'deleted'])
  assert.deepEqual(await deliver('/model', event), [200, 'stale'])
  const user = await User.findByClerkId(event.data.id)
  const typed: { clerkDeletedAt?: Date; plan?: string | null } | null = user
  assert.equal(typed?.plan, 'free')
  assert.ok(typed?.clerkDeletedAt instanceof Date)

  server.close()
  await mongoose.connection.dropDatabase()
  await mongoose.disconnect()
  console.log('passed')
}

void main()
