import { createClerkSync } from 'clerk-mongo-sync'
import { clerkModel, clerkSyncPlugin, connectOnce } from 'clerk-mongo-sync/mongoose'
import { assertSynced, fixtures } from 'clerk-mongo-sync/testing'
import { Mongoose, type Schema } from 'mongoose'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { uriOf } from '../support/database'
import { startMongoProxy } from '../support/proxy'

const instances: Mongoose[] = []
afterEach(() => vi.restoreAllMocks())
afterEach(() => Promise.all(instances.splice(0).map((instance) => instance.disconnect())))

function newMongoose(): Mongoose {
  const instance = new Mongoose()
  instances.push(instance)
  return instance
}

const uri = () => uriOf('test_connection')

describe('connectOnce', () => {
  it('opens one connection for any number of callers', async () => {
    const instance = newMongoose()
    const connect = vi.spyOn(instance, 'connect')
    await Promise.all(Array.from({ length: 10 }, () => connectOnce(uri(), { mongoose: instance })))
    await connectOnce(uri(), { mongoose: instance })
    expect(connect).toHaveBeenCalledTimes(1)
    expect(instance.connection.readyState).toBe(1)
  })

  it('opens one connection if a hot reload loads this module again', async () => {
    const instance = newMongoose()
    const connect = vi.spyOn(instance, 'connect')
    const first = connectOnce(uri(), { mongoose: instance })
    vi.resetModules()
    const again = await import('clerk-mongo-sync/mongoose')
    expect(again.connectOnce).not.toBe(connectOnce)
    await Promise.all([first, again.connectOnce(uri(), { mongoose: instance })])
    expect(connect).toHaveBeenCalledTimes(1)
  })

  it('uses the connection that the app opened', async () => {
    const instance = newMongoose()
    await instance.connect(uri())
    const connect = vi.spyOn(instance, 'connect')
    await connectOnce(uri(), { mongoose: instance })
    expect(connect).not.toHaveBeenCalled()
  })

  it('waits for a connection that the app is opening', async () => {
    const instance = newMongoose()
    const opening = instance.connect(uri())
    const connect = vi.spyOn(instance, 'connect')
    await connectOnce(uri(), { mongoose: instance })
    expect(instance.connection.readyState).toBe(1)
    expect(connect).not.toHaveBeenCalled()
    await opening
  })

  it('keeps the live client if missed heartbeats make mongoose report it as disconnected', async () => {
    const instance = newMongoose()
    await connectOnce(uri(), { mongoose: instance, heartbeatFrequencyMS: 500 })
    const client = instance.connection.getClient()
    await client.db().command({ ping: 1 })
    await vi.waitFor(() => expect(instance.connection).toHaveProperty('_lastHeartbeatAt', expect.any(Number)), 15_000)
    const now = Date.now()
    // The events of a container that was frozen for a minute.
    vi.spyOn(Date, 'now').mockReturnValue(now + 60_000)
    expect(instance.connection.readyState).toBe(0)
    await connectOnce(uri(), { mongoose: instance })
    expect(instance.connection.getClient()).toBe(client)
    vi.restoreAllMocks()
    await instance.connection.collection('thawed').findOne({})
  })

  it('connects again after the app disconnected', async () => {
    const instance = newMongoose()
    await connectOnce(uri(), { mongoose: instance })
    await instance.disconnect()
    await connectOnce(uri(), { mongoose: instance })
    expect(instance.connection.readyState).toBe(1)
    await instance.connection.collection('again').findOne({})
  })

  it('fails within a second while the server is away, and connects once it is back', async () => {
    const proxy = await startMongoProxy()
    const instance = newMongoose()
    const options = { mongoose: instance, serverSelectionTimeoutMS: 300 }
    proxy.cut()
    await expect(connectOnce(proxy.uri('test_connection'), options)).rejects.toMatchObject({ code: 'timed_out' })
    proxy.mend()
    await connectOnce(proxy.uri('test_connection'), options)
    expect(instance.connection.readyState).toBe(1)
    await instance.disconnect()
    await proxy.close()
  })
})

describe('a cold start', () => {
  const appOn = (instance: Mongoose, name: string) => {
    const schema = new instance.Schema({ email: { type: String, unique: true, sparse: true } }) as unknown as Schema
    schema.plugin(clerkSyncPlugin)
    return clerkModel(name, schema, instance)
  }

  it('connects for the first delivery, builds the indexes and applies the event', async () => {
    const instance = newMongoose()
    const users = appOn(instance, 'ColdUser')
    const clerkSync = createClerkSync({ users, connect: () => connectOnce(uri(), { mongoose: instance }) })
    const event = fixtures.userCreated()
    expect((await clerkSync.sync(event)).outcome).toBe('created')
    assertSynced(await users.findByClerkId(event.data.id), event.data)
  })

  it('times out within the budget without a database, then connects and builds the indexes', async () => {
    const proxy = await startMongoProxy()
    const instance = newMongoose()
    const users = appOn(instance, 'LateUser')
    const connect = () =>
      connectOnce(proxy.uri('test_connection'), { mongoose: instance, serverSelectionTimeoutMS: 5_000 })
    const clerkSync = createClerkSync({ users, connect, timeoutMs: 400 })
    const event = fixtures.userCreated()
    proxy.cut()
    const started = Date.now()
    await expect(clerkSync.sync(event)).rejects.toMatchObject({ code: 'timed_out' })
    expect(Date.now() - started).toBeLessThan(2_000)
    proxy.mend()
    await vi.waitFor(
      async () => expect(['created', 'duplicate']).toContain((await clerkSync.sync(event)).outcome),
      15_000,
    )
    assertSynced(await users.findByClerkId(event.data.id), event.data)
    expect(await users.collection.indexes()).toContainEqual(
      expect.objectContaining({ key: { email: 1 }, unique: true }),
    )
    await instance.disconnect()
    await proxy.close()
  })

  it('builds the indexes at the second connection if the first one failed', async () => {
    const proxy = await startMongoProxy()
    const instance = newMongoose()
    const users = appOn(instance, 'SecondUser')
    const connect = () =>
      connectOnce(proxy.uri('test_connection'), { mongoose: instance, serverSelectionTimeoutMS: 200 })
    const clerkSync = createClerkSync({ users, connect })
    proxy.cut()
    await expect(clerkSync.sync(fixtures.userCreated())).rejects.toThrow()
    proxy.mend()
    const event = fixtures.userCreated()
    expect((await clerkSync.sync(event)).outcome).toBe('created')
    assertSynced(await users.findByClerkId(event.data.id), event.data)
    await instance.disconnect()
    await proxy.close()
  })
})
