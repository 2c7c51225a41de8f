import { type ClerkClient, createClerkClient } from '@clerk/backend'
import { createClerkSync } from 'clerk-mongo-sync'
import { toExpressHandler } from 'clerk-mongo-sync/express'
import { assertSynced, createFakeClerk, type DeliveryOptions, type FakeClerk } from 'clerk-mongo-sync/testing'
import express from 'express'
import { afterEach, expect, it } from 'vitest'
import { type TestModel, useDatabase } from '../../support/database'
import { serve } from '../../support/serve'

const database = useDatabase('fake_clerk')
const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})

interface World {
  clerk: FakeClerk
  sdk: ClerkClient
  User: TestModel
}

/** Clerk, an Express app with our handler, and its users in MongoDB. */
async function world(delivery: DeliveryOptions): Promise<World> {
  const clerk = await createFakeClerk({ rateLimit: false, delivery })
  const User = await database.users()
  const { signingSecret, instanceId } = clerk
  const clerkSync = createClerkSync({
    users: User,
    signingSecret,
    instanceId,
    clerk: { secretKey: clerk.secretKey, apiUrl: clerk.url },
  })
  const app = express().post('/api/webhooks/clerk', toExpressHandler(clerkSync))
  const served = await serve(app)
  open.push(clerk, served)
  clerk.deliverTo(`${served.url}/api/webhooks/clerk`)
  return { clerk, sdk: createClerkClient({ secretKey: clerk.secretKey, apiUrl: clerk.url }), User }
}

async function expectSynced({ clerk, User }: World): Promise<void> {
  for (const [id, user] of clerk.users) assertSynced(await User.findByClerkId(id), user)
  const alive = await User.find({ clerkDeletedAt: { $exists: false } }).lean()
  expect(alive.map(({ clerkId }) => String(clerkId)).sort()).toEqual([...clerk.users].map(([id]) => id).sort())
}

it('MongoDB has what the SDK did at Clerk after all deliveries', async () => {
  const all = await world({})
  const { clerk, sdk } = all
  const ada = await sdk.users.createUser({ emailAddress: ['ada@example.com'], firstName: 'Ada' })
  const bob = await sdk.users.createUser({ emailAddress: ['bob@example.com'], username: 'bob_b' })
  await clerk.settle()
  await expectSynced(all)
  await sdk.users.updateUser(ada.id, { lastName: 'Lovelace' })
  await sdk.users.replaceUserEmailAddress(ada.id, { emailAddress: 'lovelace@example.com' })
  await sdk.users.deleteUser(bob.id)
  await sdk.users.createUser({ emailAddress: ['bob@example.com'], username: 'bob_b' })
  await clerk.settle()
  expect(clerk.events().map(({ state }) => state)).toEqual(Array(6).fill('delivered'))
  await expectSynced(all)
})

it('MongoDB has it too if messages arrive twice, late and in the wrong order', async () => {
  const chaos = { double: 0.4, reorder: 0.4, delay: 0.4, delayMs: 60, seed: 3 }
  const all = await world({ schedule: [0, ...Array(8).fill(50)], chaos })
  const { clerk } = all
  const ids = Array.from({ length: 12 }, (_, i) => clerk.users.create({ username: `person_${i}` }).id)
  for (const [i, id] of ids.entries()) {
    clerk.users.update(id, { first_name: `Ada ${i}` })
    clerk.users.update(id, { username: `renamed_${i}`, email_address: `person${i}@example.com` })
    if (i % 3 === 0) clerk.users.delete(id)
  }
  await clerk.settle()
  expect(new Set(clerk.events().map(({ state }) => state))).toEqual(new Set(['delivered']))
  await expectSynced(all)
})
