import { createClerkSync } from 'clerk-mongo-sync'
import { clerkModel, clerkSyncPlugin, connectOnce } from 'clerk-mongo-sync/mongoose'
import { assertSynced, fixtures, signClerkWebhook } from 'clerk-mongo-sync/testing'
import mongoose, { Schema } from 'mongoose'
import { afterAll, expect, inject, it } from 'vitest'

afterAll(() => mongoose.disconnect())
it('works', async () => {
  const schema = new Schema(
    {
      email: { type: String, unique: true, lowercase: true, required: true },
      username: { type: String, unique: true },
      firstName: String,
      lastName: String,
      role: { type: String, default: 'user' },
    },
    { timestamps: true },
  )
  schema.plugin(clerkSyncPlugin)
  const User = clerkModel('User', schema)
  const uri = inject('mongoUri').replace('/?', '/scratch?')
  const sync = createClerkSync({
    users: User,
    connect: () => connectOnce(uri),
    logger: console,
    signingSecret: 'whsec_plJ3nmyCDGBKInavdOK15jsl',
    onError: (e) => console.log(e),
  })
  const event = fixtures.userCreated()
  const { headers, body } = signClerkWebhook(event, { signingSecret: 'whsec_plJ3nmyCDGBKInavdOK15jsl' })
  const res = await sync.handler(new Request('http://x', { method: 'POST', headers, body }))
  console.log(res.status, await res.text())
  const doc = await User.findByClerkId(event.data.id)
  console.log(doc?.toObject())
  assertSynced(doc, event.data)
  console.log(await sync.sync(event))
  const e2 = fixtures.userUpdated(event.data, { username: 'bob', first_name: null })
  console.log(await sync.sync(e2), await sync.sync(event))
  const other = fixtures.userCreated(fixtures.phoneOnlyUser())
  console.log(await sync.sync(other), (await User.findByClerkId(other.data.id).activeInClerk())?.toObject())
  const third = fixtures.userCreated(fixtures.user({ username: 'bob' }))
  console.log(
    await sync.sync(third),
    (await User.findByClerkId(third.data.id).activeInClerk())?.toObject(),
    (await User.findByClerkId(event.data.id))?.toObject(),
  )
  console.log(
    await sync.sync(fixtures.userDeleted(third.data), { messageId: 'm' }),
    await sync.sync(third),
    await sync.sync(fixtures.userDeleted(third.data)),
  )
})
