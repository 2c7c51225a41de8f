import { createClerkSync, type HookContext, type UnknownClerkEvent } from 'clerk-mongo-sync'
import { clerkModel, clerkSyncPlugin } from 'clerk-mongo-sync/mongoose'
import { createMemoryStore } from 'clerk-mongo-sync/testing'
import mongoose, { Schema } from 'mongoose'
import { expectTypeOf, it } from 'vitest'

it('a hook infers its event and the document of the app', () => {
  const schema = new Schema({ email: String, plan: { type: String, required: true } })
  schema.plugin(clerkSyncPlugin)
  const users = clerkModel('TypedHookUser', schema, mongoose.createConnection())
  createClerkSync({
    users,
    on: {
      'user.created': ({ event, user, signal, messageId, changes }) => {
        expectTypeOf(event.type).toEqualTypeOf<'user.created'>()
        expectTypeOf(event.data.first_name).toEqualTypeOf<string | null | undefined>()
        expectTypeOf(user?.plan).toEqualTypeOf<string | undefined>()
        expectTypeOf(user?.clerkId).toEqualTypeOf<string | undefined>()
        expectTypeOf(signal).toEqualTypeOf<AbortSignal>()
        expectTypeOf(messageId).toEqualTypeOf<string | undefined>()
        expectTypeOf(changes?.email?.before).toEqualTypeOf<unknown>()
      },
      'organization.created': ({ event }) => expectTypeOf(event.data.name).toEqualTypeOf<string | undefined>(),
      'passkey.created': ({ event }: HookContext<UnknownClerkEvent, unknown>) => event.data.id,
      'passkey.deleted': ({ event }: HookContext<{ type: string; data: { id: string; name: string } }, unknown>) =>
        event.data.name,
    },
  })
})

it('a model made with mongoose.model infers its documents', () => {
  const schema = new Schema({ email: String, plan: { type: String, required: true } })
  schema.plugin(clerkSyncPlugin)
  const users = mongoose.createConnection().model('PlainHookUser', schema)
  const { ensureUser } = createClerkSync({
    users,
    on: { 'user.created': ({ user }) => expectTypeOf(user?.plan).toEqualTypeOf<string | undefined>() },
  })
  type Found = NonNullable<Awaited<ReturnType<typeof ensureUser>>>
  expectTypeOf<Found['plan']>().toEqualTypeOf<string>()
  expectTypeOf<Found['save']>().toBeFunction()
})

it('a hook on another store infers the documents of that store', () => {
  createClerkSync({
    users: createMemoryStore(),
    on: { 'user.updated': ({ user }) => expectTypeOf(user?.clerkUpdatedAt).toEqualTypeOf<Date | undefined>() },
  })
})

it('a key that is no event type does not compile', () => {
  // @ts-expect-error: event types have a group and a name.
  createClerkSync({ users: createMemoryStore(), on: { created: () => {} } })
})
