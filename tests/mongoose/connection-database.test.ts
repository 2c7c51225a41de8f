import { connectOnce } from 'clerk-mongo-sync/mongoose'
import { Mongoose } from 'mongoose'
import { afterEach, describe, expect, inject, it, vi } from 'vitest'
import { uriOf } from '../support/database'

const instances: Mongoose[] = []
afterEach(() => vi.unstubAllEnvs())
afterEach(() => Promise.all(instances.splice(0).map((instance) => instance.disconnect())))

function newMongoose(): Mongoose {
  const instance = new Mongoose()
  instances.push(instance)
  return instance
}

const server = () => new URL(inject('mongoUri'))

/** The run's server in another spelling. */
function spelt(change: (url: URL) => void): string {
  const url = server()
  url.pathname = '/test_where'
  change(url)
  return url.href
}

describe('connectOnce', () => {
  it('takes the mongoose option dbName', async () => {
    const instance = newMongoose()
    await connectOnce(uriOf('test_other'), { mongoose: instance, dbName: 'test_where' })
    expect(instance.connection.name).toBe('test_where')
  })

  it.each<[string, () => [uri: string, dbName?: string]]>([
    ['no name, which means test', () => [spelt((url) => (url.pathname = '/'))]],
    ['another name', () => [uriOf('test_elsewhere')]],
    ['another dbName', () => [uriOf('test_where'), 'test_elsewhere']],
    ['authSource alone, which is no name', () => [spelt((url) => (url.pathname = `/?authSource=test_where`))]],
  ])('refuses if mongoose is connected to another database of the server: %s', async (_, asked) => {
    const instance = newMongoose()
    await instance.connect(uriOf('test_app'), { dbName: 'test_where' })
    const [uri, dbName] = asked()
    const refused = connectOnce(uri, { mongoose: instance, ...(dbName && { dbName }) })
    await expect(refused).rejects.toMatchObject({
      code: 'database_mismatch',
      message: expect.stringMatching(
        /already connected to the database test_where on .*on the same server.*dbName: 'test_where'/,
      ),
    })
  })

  it('refuses if the app is connecting to another database', async () => {
    const instance = newMongoose()
    const opening = instance.connect(uriOf('test_where'))
    const refused = connectOnce(uriOf('test_elsewhere'), { mongoose: instance })
    await expect(refused).rejects.toMatchObject({ code: 'database_mismatch' })
    await opening
  })

  it('refuses if mongoose is connected to another server, and names both without passwords', async () => {
    const instance = newMongoose()
    await instance.connect(uriOf('test_where'))
    const uri = 'mongodb://ada:hunter2@db.example.com:27017/test_where'
    vi.stubEnv('MONGODB_URL', uri)
    const error: Error = await connectOnce(uri, { mongoose: instance }).then(
      () => expect.fail(),
      (error) => error,
    )
    expect(error.message).toContain(`already connected to the database test_where on ${server().host},`)
    expect(error.message).toContain('on db.example.com:27017 (the connection string in MONGODB_URL;')
    expect(error.message).not.toMatch(/ada|hunter2/)
  })

  it.each<[string, () => [uri: string, dbName?: string]]>([
    ['the very same', () => [uriOf('test_where')]],
    ['by dbName', () => [uriOf('test_elsewhere'), 'test_where']],
    ['percent-encoded', () => [spelt((url) => (url.pathname = '/test%5Fwhere'))]],
    ['in capitals, as MongoDB has no two names that differ in case alone', () => [uriOf('Test_Where')]],
    ['with options', () => [spelt((url) => url.searchParams.set('appName', 'other'))]],
    ['the other name of this machine', () => [spelt((url) => (url.hostname = 'LocalHost'))]],
    [
      'with another server of the set',
      () => [spelt((url) => url.searchParams.delete('directConnection')).replace('://', '://db.example.com:27017,')],
    ],
  ])('uses the connection of the app if it names the same database in another spelling: %s', async (_, asked) => {
    const instance = newMongoose()
    await instance.connect(uriOf('test_where'))
    const connect = vi.spyOn(instance, 'connect')
    const [uri, dbName] = asked()
    await connectOnce(uri, { mongoose: instance, ...(dbName && { dbName }) })
    expect(connect).not.toHaveBeenCalled()
  })
})
