import { createRequire } from 'node:module'
import { createClerkSync } from 'clerk-mongo-sync'
import { clerkModel, clerkSyncPlugin, connectOnce } from 'clerk-mongo-sync/mongoose'
import { fixtures } from 'clerk-mongo-sync/testing'
import mongoose from 'mongoose'
import { afterAll, describe, expect, it } from 'vitest'
import { uriOf } from '../../support/database'

const require = createRequire(import.meta.url)
/** A second copy of the version under test, and one of the other version. */
const copies = { 'the same version': secondCopy(), 'another version': require(otherName()) as typeof mongoose }

function packageName(): string {
  return process.env.MONGOOSE === '8' ? 'mongoose8' : 'mongoose'
}

function otherName(): string {
  return process.env.MONGOOSE === '8' ? 'mongoose' : 'mongoose8'
}

function secondCopy(): typeof mongoose {
  const kept = { ...require.cache }
  for (const path of Object.keys(require.cache)) if (path.includes(`/${packageName()}/`)) delete require.cache[path]
  const copy = require(packageName())
  Object.assign(require.cache, kept)
  return copy
}

function pluggedSchema(copy: typeof mongoose) {
  const schema = new copy.Schema({ email: String })
  schema.plugin(clerkSyncPlugin)
  return schema
}

afterAll(async () => {
  for (const name of mongoose.modelNames()) mongoose.deleteModel(name)
  await Promise.all([mongoose, ...Object.values(copies)].map((copy) => copy.disconnect()))
})

describe.each(Object.entries(copies))('a second copy of mongoose, %s', (kind, other) => {
  const lost = (message: RegExp) =>
    expect.objectContaining({ code: 'schema_unfit', message: expect.stringMatching(message) })

  it('is another module', () => {
    expect(other).not.toBe(mongoose)
  })

  it('is named by clerkModel with both versions if it made the schema', () => {
    const schema = pluggedSchema(other)
    const versions = new RegExp(`${mongoose.version}.*${other.version}.*npm ls mongoose`)
    expect(() => clerkModel(`Lost ${kind}`, schema)).toThrow(lost(versions))
    expect(() => clerkModel('Kept', schema, other.createConnection() as never)).not.toThrow()
  })

  it('is named at start-up, and by the statics, if it made the schema of a model', async () => {
    const users = mongoose.model(`Bare ${kind}`, pluggedSchema(other) as never) as never
    expect(() => createClerkSync({ users })).toThrow(lost(new RegExp(`${mongoose.version}.*npm ls mongoose`)))
    const { createClerkUser } = users as { createClerkUser(user: object): Promise<unknown> }
    await expect(createClerkUser.call(users, fixtures.user())).rejects.toMatchObject({ code: 'schema_unfit' })
  })

  it('works if it made the schema of a connection of this one, or is named if its version differs', async () => {
    const connection = await mongoose.createConnection(uriOf('test_two_copies')).asPromise()
    const make = () => clerkModel(`Mixed ${kind}`, pluggedSchema(other), connection)
    if (other.version !== mongoose.version) {
      expect(make).toThrow(lost(new RegExp(`${mongoose.version}.*${other.version}`)))
      await connection.close()
      return
    }
    const users = make()
    const { sync } = createClerkSync({ users, logger: false })
    const event = fixtures.userCreated()
    expect(await sync(event)).toMatchObject({ outcome: 'created' })
    expect(await users.findByClerkId(event.data.id)).toMatchObject({ syncStatus: 'active' })
    await connection.close()
  })

  it('is named by the delivery if it has the model and is not connected while this one is', async () => {
    const users = clerkModel('Alone', pluggedSchema(other), other as never)
    const uri = uriOf('test_two_copies')
    const { sync } = createClerkSync({ users, connect: () => connectOnce(uri), timeoutMs: 3_000, logger: false })
    await expect(sync(fixtures.userCreated())).rejects.toMatchObject({
      code: 'database_failed',
      message: expect.stringMatching(`${other.version}.*${mongoose.version}.*connectOnce\\(uri, { mongoose }\\)`),
    })
    const right = createClerkSync({ users, connect: () => connectOnce(uri, { mongoose: other }), logger: false })
    expect(await right.sync(fixtures.userCreated())).toMatchObject({ outcome: 'created' })
  })
})
