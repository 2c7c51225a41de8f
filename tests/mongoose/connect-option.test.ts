import { createClerkSync } from 'clerk-mongo-sync'
import { clerkSyncPlugin } from 'clerk-mongo-sync/mongoose'
import { createMemoryStore, fixtures } from 'clerk-mongo-sync/testing'
import { type Model, Mongoose } from 'mongoose'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { uriOf } from '../support/database'

const instance = new Mongoose()
afterEach(() => instance.disconnect())

/** A connect function of an app that counts its calls. */
const appConnects = () => vi.fn(() => instance.connect(uriOf('test_connect_option')).then(() => undefined))

function usersOf(): Model<{ email?: string }> {
  const schema = new instance.Schema({ email: String })
  schema.plugin(clerkSyncPlugin)
  return instance.models.User ?? instance.model<{ email?: string }>('User', schema)
}

describe('a function of the app as `connect`', () => {
  it('is called until it succeeds, then not again while mongoose is connected', async () => {
    const connect = appConnects().mockRejectedValueOnce(new Error('away'))
    const { sync } = createClerkSync({ users: usersOf(), connect, logger: false })
    await expect(sync(fixtures.userCreated())).rejects.toThrow()
    await sync(fixtures.userCreated())
    await sync(fixtures.userCreated())
    expect(connect).toHaveBeenCalledTimes(2)
  })

  it('is called once if the app is connected already, as it may detect another database', async () => {
    await instance.connect(uriOf('test_connect_option'))
    const connect = appConnects()
    const { sync } = createClerkSync({ users: usersOf(), connect, logger: false })
    await sync(fixtures.userCreated())
    await sync(fixtures.userCreated())
    expect(connect).toHaveBeenCalledTimes(1)
  })

  it('is called again when mongoose is disconnected', async () => {
    const connect = appConnects()
    const { sync } = createClerkSync({ users: usersOf(), connect, logger: false })
    await sync(fixtures.userCreated())
    await instance.disconnect()
    await sync(fixtures.userCreated())
    expect(connect).toHaveBeenCalledTimes(2)
  })

  it('is called before each write if the store does not report its connection state', async () => {
    const connect = vi.fn()
    const { sync } = createClerkSync({ users: createMemoryStore(), connect, logger: false })
    await sync(fixtures.userCreated())
    await sync(fixtures.userCreated())
    expect(connect).toHaveBeenCalledTimes(2)
  })
})
