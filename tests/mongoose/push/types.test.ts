import { mapClerkUser } from 'clerk-mongo-sync'
import { clerkModel, clerkSyncPlugin, clerkSyncPluginOptions } from 'clerk-mongo-sync/mongoose'
import mongoose, { Schema } from 'mongoose'
import { expect, it } from 'vitest'

it('options that name each path once compile, and are returned unchanged', () => {
  const options = clerkSyncPluginOptions({
    push: {
      publicMetadata: { 'billing.tier': 'tier' },
      privateMetadata: ['notes'],
      profile: ['username'],
      externalId: '_id',
    },
    mapUser: (user) => ({ ...mapClerkUser(user), phone: user.phone_numbers?.[0]?.phone_number }),
    onDelete: 'hard',
  })
  expect(options).toMatchObject({ push: { privateMetadata: ['notes'] }, onDelete: 'hard' })
  const schema = new Schema({ username: String, notes: String, billing: { tier: String }, phone: String })
  schema.plugin(clerkSyncPlugin, options)
  expect(clerkModel('TypedPushUser', schema, mongoose.createConnection()).schema.path('clerkPushToken')).toBeDefined()
})

it('options that name a path twice do not compile', () => {
  clerkSyncPluginOptions({
    // @ts-expect-error: mapUser returns plan.
    push: { publicMetadata: ['plan'] },
    mapUser: (user) => ({ ...mapClerkUser(user), plan: 'free' }),
  })
  clerkSyncPluginOptions({
    // @ts-expect-error: mapUser returns plan.
    push: { publicMetadata: { plan: 'tier' } },
    mapUser: () => ({ plan: 'free' }),
  })
  // @ts-expect-error: plan twice.
  clerkSyncPluginOptions({ push: { publicMetadata: ['plan'], unsafeMetadata: { plan: 'x' } } })
  // @ts-expect-error: number twice.
  clerkSyncPluginOptions({ push: { privateMetadata: ['number'], externalId: 'number' } })
  // @ts-expect-error: Clerk's Backend API takes no address for a user's image.
  clerkSyncPluginOptions({ push: { profile: ['imageUrl'] } })
})
