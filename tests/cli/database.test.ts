import type { Finding } from 'clerk-mongo-sync'
import { createFakeClerk, type FakeClerk } from 'clerk-mongo-sync/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { uriOf, useDatabase } from '../support/database'
import { freePort } from '../support/free-port'
import { runCli } from './cli'
import { makeProject, type Project } from './project'

const database = useDatabase('cli_database')

let clerk: FakeClerk
let project: Project
beforeAll(async () => {
  clerk = await createFakeClerk({ rateLimit: false })
})
afterAll(() => clerk.close())
beforeEach(async () => {
  await database.connection.dropDatabase()
  project = await makeProject()
})
afterEach(() => project.remove())

const clerkEnv = () => ({
  CLERK_API_URL: clerk.url,
  CLERK_SECRET_KEY: clerk.secretKey,
  CLERK_WEBHOOK_SIGNING_SECRET: clerk.signingSecret,
})
const server = () => new URL(uriOf('x')).host
const store = () => ({ server: server(), database: 'test_cli_database', collection: 'users' })
const cli = (args: string[], env: Record<string, string> = { MONGODB_URI: uriOf('test_cli_database') }) =>
  runCli(args, { cwd: project.path, env: { ...clerkEnv(), ...env } })

/** The app's `clerkSync`, whose `connect` is this expression. */
const connectedBy = (connect: string, more: Record<string, string> = {}) =>
  project.write({
    'src/lib/clerk-sync.ts': `import { User } from '@/models/user'
import { createClerkSync } from 'clerk-mongo-sync'
import { connectOnce } from 'clerk-mongo-sync/mongoose'
import mongoose from 'mongoose'
import { connectDb } from './db'
void [connectOnce, mongoose, connectDb]
export const clerkSync = createClerkSync({ users: User, deliveries: true, connect: () => ${connect} })
`,
    'src/lib/db.ts': 'export const connectDb = () => {}\n',
    ...more,
  })

const commands = [['backfill'], ['reconcile'], ['push'], ['status'], ['replay', '--failed']]

describe('a command that uses the database', () => {
  it.each(commands.map((args) => [args.join(' '), args] as const))(
    '%s prints server, database and collection first, without user name and password',
    async (_, args) => {
      const { stdout } = await cli(args)
      expect(stdout.split('\n')[0]).toBe(`MongoDB ${server()}, database test_cli_database, collection users`)
      expect(JSON.parse((await cli([...args, '--json'])).stdout)).toMatchObject({ store: store() })
    },
  )

  it('waits less than the app if the database is away, and prints where and why', async () => {
    const port = await freePort()
    const env = { MONGODB_URL: `mongodb://ada:hunter2@127.0.0.1:${port}/lms` }
    await connectedBy('mongoose.connect(process.env.MONGODB_URL!)')
    const ended = await Promise.all(
      [...commands, ['doctor']].map(async (args) => ({ args, ...(await cli(args, env)) })),
    )
    const reason = `No MongoDB server answers (127.0.0.1:${port}: ECONNREFUSED, no server listens there)`
    for (const { args, code, stdout, stderr } of ended) {
      const printed = stdout + stderr
      expect({ args, code }).toEqual({ args, code: args[0] === 'doctor' ? 2 : 1 })
      expect(printed).toContain(reason)
      expect(printed).toContain('the connection string in MONGODB_URL')
      expect(printed).not.toMatch(/MONGODB_URI|hunter2|ada\b/)
    }
  })

  it('reports its own timeout instead of the driver error, and how to investigate', async () => {
    const port = await freePort()
    await connectedBy('mongoose.connect(process.env.MONGODB_URL!)')
    const { stderr, stdout } = await cli(['status', '--json'], { MONGODB_URL: `mongodb://127.0.0.1:${port}/lms` })
    expect(stderr).toMatch(
      /This command waits \d s, regardless of serverSelectionTimeoutMS\. .*doctor.* \(timed_out\)$/m,
    )
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'timed_out' } })
  })

  it('names the variable of the app if it is not set', async () => {
    await connectedBy('connectOnce(process.env.DATABASE_URL!)')
    const { code, stderr } = await cli(['status'], {})
    expect(code).toBe(1)
    expect(stderr).toMatch(/connectOnce is empty.*reads its connection string from DATABASE_URL, which is not set/)
    const { stdout } = await cli(['doctor'], {})
    expect(stdout).toMatch(
      /✗ The connection string passed to connectOnce is empty.*\n {4}→ The app reads its connection string from DATABASE_URL/,
    )
  })

  it('reports a wrong user or password, and names the variable', async () => {
    const url = new URL(uriOf('test_cli_database'))
    Object.assign(url, { username: 'ada', password: 'hunter2' })
    await connectedBy('mongoose.connect(process.env.DATABASE_URL!)')
    for (const command of ['status', 'doctor']) {
      const { stdout, stderr } = await cli([command], { DATABASE_URL: url.href })
      expect(stdout + stderr).toMatch(/refused the user name or password \(\w+, code \d+\).*string in DATABASE_URL/)
      expect(stdout + stderr).not.toMatch(/hunter2|ada\b/)
    }
  })

  it('refuses to work in another database than the app uses', async () => {
    const db = `import mongoose from 'mongoose'
export const connectDb = () => mongoose.connect(process.env.MONGODB_URI!, { dbName: 'test_cli_database' })
`
    await connectedBy('connectDb().then(() => connectOnce(process.env.MONGODB_URI!))', { 'src/lib/db.ts': db })
    const { code, stderr } = await cli(['backfill'], { MONGODB_URI: uriOf('test_cli_elsewhere') })
    expect(code).toBe(1)
    expect(stderr).toMatch(/connected to the database test_cli_database on .*\(database_mismatch\)/)
  })
})

describe('the database check of doctor', () => {
  async function doctor(env?: Record<string, string>) {
    const { stdout } = await cli(['doctor', '--json'], env)
    const { findings, store } = JSON.parse(stdout) as { findings: Finding[]; store?: object }
    return { store, of: (check: string) => findings.filter((finding) => finding.check === check) }
  }

  it('prints server, database and collection first and in the JSON', async () => {
    const { stdout } = await cli(['doctor'])
    expect(stdout.split('\n')[0]).toBe(`MongoDB ${server()}, database test_cli_database, collection users`)
    expect((await doctor()).store).toEqual(store())
  })

  it.each([
    ['by dbName', "mongoose.connect(process.env.MONGODB_URI!, { dbName: 'imaginify', bufferCommands: false })"],
    ['by a constant', 'mongoose.connect(uri, { dbName })'],
    ['by a path behind the variable', '(await mongoose.connect(process.env.MONGODB_URI + "/imaginify"))'],
    ['in a template', `mongoose.connect(\`\${process.env['MONGODB_URI'] ?? ''}/imaginify?w=majority\`)`],
    ['by another variable', 'mongoose.connect(OTHER_URI)'],
    ['by the function alone', 'connect(process.env.MONGODB_URI as string, options)'],
  ])('warns if the code of the app connects to another database: %s', async (_, call) => {
    const plain = uriOf('')
      .replace(/\/$/, '')
      .replace(/\/\?.*/, '')
    const db = `import mongoose, { connect } from 'mongoose'
const { OTHER_URI } = process.env
const uri = process.env.MONGODB_URI || 'mongodb://localhost'
const dbName: string = 'imaginify'
const options = { dbName: 'imaginify' }
void [connect, options, dbName, uri, OTHER_URI]
let cached
export const connectDb = async () => {
  cached = ${call}
}
`
    await connectedBy("connectOnce(process.env.MONGODB_URI!, { dbName: 'test_cli_database' })", { 'src/lib/db.ts': db })
    const { of } = await doctor({ MONGODB_URI: plain, OTHER_URI: 'mongodb://db.example.com/imaginify' })
    expect(of('app_database')).toMatchObject([
      {
        check: 'app_database',
        verdict: 'warning',
        message: expect.stringMatching(
          /^src\/lib\/db\.ts:9 connects mongoose to the database imaginify, .*test_cli_database/,
        ),
        remedy: expect.stringContaining("dbName: 'imaginify'"),
      },
    ])
  })

  it.each([
    ['to the same', "mongoose.connect(process.env.MONGODB_URI!, { dbName: 'TEST_cli_database' })"],
    ['to what the source does not show', 'mongoose.connect(await secret("uri"), { dbName: tenant.name })'],
    ['in a comment', '{} // mongoose.connect(process.env.MONGODB_URI, { dbName: "imaginify" })'],
  ])('does not warn if the code connects %s', async (_, call) => {
    const db = `import mongoose from 'mongoose'\nexport const connectDb = async () => {\n  const made = ${call}\n}\n`
    await connectedBy('connectOnce(process.env.MONGODB_URI!)', { 'src/lib/db.ts': db })
    const { of, store } = await doctor()
    expect(store).toBeDefined()
    expect([...of('app_database'), ...of('database_name')]).toEqual([])
  })

  it('warns if the database is test because no name is set, and not if test is set', async () => {
    await connectedBy('connectOnce(process.env.MONGODB_URI!)')
    const { of } = await doctor({ MONGODB_URI: uriOf('') })
    expect(of('database_name')).toMatchObject([{ verdict: 'warning', remedy: expect.stringContaining('add /test') }])
    expect((await doctor({ MONGODB_URI: uriOf('test') })).of('database_name')).toEqual([])
  })

  it('warns if the collection is empty and a similarly named one has the users', async () => {
    await database.connection.collection('User').insertMany([{ n: 1 }, { n: 2 }])
    expect((await doctor()).of('elsewhere')).toMatchObject([
      {
        verdict: 'warning',
        message: expect.stringMatching(/users is empty, and test_cli_database\.User .* 2 documents/),
      },
    ])
    await database.connection.collection('users').insertOne({ n: 1 })
    expect((await doctor()).of('elsewhere')).toEqual([])
  })
})
