import { createServer, type Socket } from 'node:net'
import { createClerkSync } from 'clerk-mongo-sync'
import { clerkModel, clerkSyncPlugin, connectOnce } from 'clerk-mongo-sync/mongoose'
import { fixtures } from 'clerk-mongo-sync/testing'
import { Mongoose, type Schema } from 'mongoose'
import { afterEach, beforeEach, describe, expect, inject, it, vi } from 'vitest'
import { freePort } from '../support/free-port'
import { startMongoProxy } from '../support/proxy'

const instances: Mongoose[] = []
const ends: (() => unknown)[] = []
// The environment may have the connection string of the run.
beforeEach(() => vi.stubEnv('MONGODB_URI', undefined))
afterEach(() => vi.unstubAllEnvs())
afterEach(async () => {
  await Promise.all(instances.splice(0).map((instance) => instance.disconnect()))
  for (const end of ends.splice(0)) await end()
})

function newMongoose(): Mongoose {
  const instance = new Mongoose()
  instances.push(instance)
  return instance
}

/** Starts a server that calls `use` for every connection. @returns its port. */
async function listening(use: (socket: Socket) => void): Promise<number> {
  const port = await freePort()
  const server = createServer((socket) => void use(socket.on('error', () => {}))).listen(port, '127.0.0.1')
  ends.push(() => server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  return port
}

const failure = (uri: string, limits = { serverSelectionTimeoutMS: 400, connectTimeoutMS: 200 }) =>
  connectOnce(uri, { mongoose: newMongoose(), ...limits }).then(
    () => expect.fail(),
    (error: Error & { code: string }) => error,
  )

describe('the error of connectOnce names the server and the cause', () => {
  it('if nothing listens', async () => {
    const port = await freePort()
    vi.stubEnv('MONGODB_URL', `mongodb://ada:hunter2@127.0.0.1:${port}`)
    const { code, message } = await failure(`mongodb://ada:hunter2@127.0.0.1:${port}/lms`)
    expect(code).toBe('timed_out')
    expect(message).toBe(
      `No MongoDB server answers (127.0.0.1:${port}: ECONNREFUSED, no server listens there). Check that the server runs and that the connection string in MONGODB_URL is correct.`,
    )
  })

  it.each([
    ['there is no such host', 'mongodb://nosuch.invalid/lms', /\(nosuch\.invalid:27017: (ENOTFOUND|EAI_AGAIN), /],
    [
      'DNS does not know the cluster',
      'mongodb+srv://c0.nosuch.invalid/lms',
      /\(c0\.nosuch\.invalid: E(NOTFOUND|REFUSED|TIMEOUT)/,
    ],
  ])('%s', async (_, uri, text) => {
    // A resolver takes its time on a busy machine.
    const limits = { serverSelectionTimeoutMS: 2_000, connectTimeoutMS: 1_000 }
    expect(await failure(uri, limits)).toMatchObject({ code: 'timed_out', message: expect.stringMatching(text) })
  })

  it.each<[string, string, (socket: Socket) => void, RegExp]>([
    ['it hangs up', '', (socket) => socket.destroy(), /it closed the connection; it may require TLS/],
    ['it says nothing', '', () => {}, /no answer in time/],
    ['it speaks no TLS', '?tls=true', (socket) => socket.write('HTTP/1.1 400\r\n\r\n'), /TLS: wrong version number/],
    [
      'it is MongoDB Atlas and does not know this address',
      '?tls=true',
      // A TLS alert: fatal, internal_error.
      (socket) => socket.write(Buffer.from([21, 3, 3, 0, 2, 2, 80])),
      /TLS: tlsv1 alert internal error.*your IP address is not in its access list/,
    ],
  ])('%s', async (_, query, use, text) => {
    const { message } = await failure(`mongodb://127.0.0.1:${await listening(use)}/lms${query}`)
    expect(message).toMatch(text)
  })

  it('if the user name or password is wrong, without printing them, and names the variable', async () => {
    const url = new URL(inject('mongoUri'))
    Object.assign(url, { username: 'nobody', password: 'hunter2', pathname: '/lms' })
    vi.stubEnv('DATABASE_URL', url.href)
    const { code, message } = await failure(url.href)
    expect(code).toBe('database_failed')
    expect(message).toContain(`${url.host} refused the user name or password (`)
    expect(message).toContain('the connection string in DATABASE_URL')
    expect(message).not.toMatch(/nobody|hunter2/)
  })

  it.each([
    ['mongodb://ada:hun@ter2@db.example.com/lms', /^The password in the connection string contains an @\. .*%40/],
    ['mongodb://ada:hun/ter2@db.example.com/lms', /^MongoDB's driver refused the connection string: .*%2F/],
    ['db.example.com/lms', /^MongoDB's driver refused the connection string: Invalid scheme/],
  ])('if the connection string is malformed: %s', async (uri, text) => {
    const { code, message } = await failure(uri)
    expect(code).toBe('database_failed')
    expect(message).toMatch(text)
    expect(message).not.toMatch(/hun|ter2|ada/)
  })

  it('if the connection string is empty, and names another variable that contains one', async () => {
    vi.stubEnv('MONGODB_URL', 'mongodb://localhost/lms')
    expect((await failure('')).message).toMatch(
      /connection string passed to connectOnce is empty\. Pass the one in MONGODB_URL/,
    )
  })
})

describe('a connection that the app opens itself', () => {
  const appOn = (instance: Mongoose, connect: () => unknown, timeoutMs = 300) => {
    const schema = new instance.Schema({ email: String }) as unknown as Schema
    schema.plugin(clerkSyncPlugin)
    const users = clerkModel('AwayUser', schema, instance)
    return createClerkSync({ users, connect, timeoutMs, logger: false })
  }

  it('is waited for within the budget, and the error names the server', async () => {
    const [instance, port] = [newMongoose(), await freePort()]
    const opening = vi.fn(() =>
      instance.connect(`mongodb://127.0.0.1:${port}/lms`, { serverSelectionTimeoutMS: 2_000 }),
    )
    const clerkSync = appOn(instance, opening)
    const away = { code: 'timed_out', message: expect.stringContaining(`127.0.0.1:${port}: ECONNREFUSED`) }
    await expect(clerkSync.sync(fixtures.userCreated())).rejects.toMatchObject(away)
    await expect(clerkSync.connect({ timeoutMs: 100 })).rejects.toMatchObject(away)
    await Promise.allSettled(opening.mock.results.map(({ value }) => value))
  })

  it('fails with a ClerkSyncError that has the cause, for events and jobs', async () => {
    const [instance, port] = [newMongoose(), await freePort()]
    const connect = () => instance.connect(`mongodb://127.0.0.1:${port}/lms`, { serverSelectionTimeoutMS: 50 })
    const clerkSync = appOn(instance, connect, 2_000)
    const away = { code: 'timed_out', message: expect.stringContaining('ECONNREFUSED') }
    await expect(clerkSync.sync(fixtures.userCreated())).rejects.toMatchObject(away)
    await expect(clerkSync.status()).rejects.toMatchObject(away)
  })

  it('makes a delivery name the server if it breaks later', async () => {
    const proxy = await startMongoProxy()
    ends.push(() => proxy.close())
    const instance = newMongoose()
    const clerkSync = appOn(instance, () => connectOnce(proxy.uri('test_away'), { mongoose: instance }), 2_000)
    await clerkSync.sync(fixtures.userCreated())
    proxy.cut()
    const port = new URL(proxy.uri('x')).host
    await vi.waitFor(
      async () =>
        expect(
          await clerkSync.sync(fixtures.userCreated()).then(
            () => expect.fail(),
            ({ message }) => message,
          ),
        ).toContain(`${port}: `),
      10_000,
    )
    proxy.mend()
  })

  it('reports server, database and collection without user name and password', async () => {
    const instance = newMongoose()
    const uri = `${inject('mongoUri')}`
    const clerkSync = appOn(instance, () => instance.connect(uri, { dbName: 'test_away' }), 5_000)
    const server = new URL(uri).host
    expect(await clerkSync.connect()).toEqual({ server, database: 'test_away', collection: 'awayusers' })
  })
})
