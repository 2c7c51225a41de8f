import { createClerkSync } from 'clerk-mongo-sync'
import { clerkModel, clerkSyncPlugin, connectOnce } from 'clerk-mongo-sync/mongoose'
import { fixtures } from 'clerk-mongo-sync/testing'
import { Mongoose, type Schema } from 'mongoose'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { storeOf } from '../support/database'
import { type MongoProxy, startMongoProxy } from '../support/proxy'

vi.setConfig({ testTimeout: 40_000 })
const timeoutMs = 400
let proxy: MongoProxy
let instance: Mongoose
/** Commands without a reply yet. */
const underWay = new Map<number, string>()

beforeEach(async () => {
  proxy = await startMongoProxy()
  instance = new Mongoose()
  underWay.clear()
})
afterEach(async () => {
  proxy.mend()
  await instance.disconnect()
  await proxy.close()
})

const connect = () => connectOnce(proxy.uri('test_hanging_reads'), { mongoose: instance, monitorCommands: true })

function modelOf(name: string) {
  const schema = new instance.Schema({ email: String }, { collection: name }) as unknown as Schema
  schema.plugin(clerkSyncPlugin)
  schema.path('clerkDeletedAt').options.select = false
  return clerkModel(name, schema, instance)
}

/** A warm connection to a server that no longer answers. */
async function stalled(name: string) {
  const users = modelOf(name)
  await connect()
  const user = fixtures.user()
  await users.upsertFromClerk(user)
  const doc = await users.findByClerkId(user.id)
  const client = instance.connection.getClient()
  client.on('commandStarted', ({ requestId, commandName }) => underWay.set(requestId, commandName))
  for (const end of ['commandSucceeded', 'commandFailed'] as const)
    client.on(end, ({ requestId }: { requestId: number }) => underWay.delete(requestId))
  proxy.stall()
  return { users, user, doc }
}

/** Commands, and so connections, still in use after the deadline. */
const heldAfterwards = () => expect.poll(() => [...underWay.values()], { timeout: 2_500 })

it('ensureUser returns the connection of its read when its deadline passes', async () => {
  const { users, user } = await stalled('hanging_ensure')
  const clerkSync = createClerkSync({ users, clerk: { secretKey: 'sk_test_x' }, timeoutMs, logger: false })
  await expect(clerkSync.ensureUser(user.id)).rejects.toMatchObject({ code: 'timed_out' })
  await heldAfterwards().toEqual([])
})

it('the search for paths that the schema excludes from reads ends at its deadline', async () => {
  const { users, doc } = await stalled('hanging_look')
  const context = { deadline: Date.now() + timeoutMs }
  await expect(storeOf(users as never).isDeletedInClerk?.(doc as never, context)).rejects.toThrow()
  await heldAfterwards().toEqual([])
})

it('a write ends at its deadline while its model builds indexes, and succeeds later', async () => {
  await connect()
  proxy.stall()
  const users = modelOf('hanging_init')
  const started = Date.now()
  const user = fixtures.user()
  const write = users.upsertFromClerk(user, { deadline: started + timeoutMs })
  await expect(write).rejects.toMatchObject({ code: 'timed_out' })
  expect(Date.now() - started).toBeLessThan(timeoutMs + 2_000)
  proxy.mend()
  expect(await users.upsertFromClerk(user)).toMatchObject({ outcome: 'created' })
})
