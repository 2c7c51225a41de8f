import { createClerkSync } from 'clerk-mongo-sync'
import { clerkModel, clerkSyncPlugin } from 'clerk-mongo-sync/mongoose'
import mongoose, { type HydratedDocument, type Model, Schema } from 'mongoose'
import { expect, expectTypeOf, it } from 'vitest'

interface User {
  email?: string
  plan: string
}
interface UserMethods {
  greet(): string
}
interface UserModel extends Model<User, object, UserMethods> {
  findByPlan(plan: string): Promise<HydratedDocument<User, UserMethods>[]>
}
interface PlainUserModel extends Model<User> {
  countPlans(): Promise<number>
}

it('a schema with a model interface, as the mongoose documentation shows, keeps its statics and methods', () => {
  const schema = new Schema<User, UserModel, UserMethods>({ email: String, plan: { type: String, required: true } })
  schema.static('findByPlan', function findByPlan(plan: string) {
    return this.find({ plan })
  })
  schema.method('greet', function greet() {
    return `Hello, ${this.email}`
  })
  schema.plugin(clerkSyncPlugin)
  const users = clerkModel('ModelTyped', schema, mongoose.createConnection())
  expectTypeOf(users.findByPlan).toEqualTypeOf<UserModel['findByPlan']>()
  const doc = new users({ email: 'ada@example.com', plan: 'free' })
  expectTypeOf(doc.plan).toEqualTypeOf<string>()
  expectTypeOf(doc.clerkId).toEqualTypeOf<string | undefined>()
  expectTypeOf(doc.greet).returns.toEqualTypeOf<string>()
  expect(doc.greet()).toBe('Hello, ada@example.com')
  expectTypeOf(users.findByClerkId('user_1').activeInClerk).toBeFunction()
  type Created = NonNullable<Awaited<ReturnType<typeof users.createClerkUser>>>
  expectTypeOf<Created['plan']>().toEqualTypeOf<string>()
  const { ensureUser } = createClerkSync({ users })
  type Ensured = NonNullable<Awaited<ReturnType<typeof ensureUser>>>
  expectTypeOf<Ensured['plan']>().toEqualTypeOf<string>()
})

it('a model interface without methods compiles', () => {
  const schema = new Schema<User, PlainUserModel>({ email: String, plan: String })
  schema.plugin(clerkSyncPlugin)
  const users = clerkModel('PlainModelTyped', schema, mongoose.createConnection())
  expectTypeOf(users.countPlans).returns.toEqualTypeOf<Promise<number>>()
  expectTypeOf(new users().plan).toEqualTypeOf<string>()
  // @ts-expect-error: no static of that name.
  expect(users.countPlan).toBeUndefined()
})

it('a schema without a model interface has our statics and those of its options only', () => {
  const schema = new Schema({ plan: { type: String, required: true } }, { statics: { cheapest: () => 'free' } })
  schema.plugin(clerkSyncPlugin)
  const users = clerkModel('OptionsTyped', schema, mongoose.createConnection())
  expectTypeOf(users.cheapest).returns.toEqualTypeOf<string>()
  // @ts-expect-error: no static of that name.
  expect(users.dearest).toBeUndefined()
  const explicit = clerkModel('ExplicitTyped', new Schema<User>({ plan: String }), mongoose.createConnection())
  expectTypeOf(new explicit().plan).toEqualTypeOf<string>()
  // @ts-expect-error: no schema.
  clerkModel('NoSchema', { plan: String }, mongoose.createConnection())
})
