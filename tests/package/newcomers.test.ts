import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import typegoose from '@typegoose/typegoose/package.json'
import mongoose from 'mongoose'
import { dependencies as ofMongoose } from 'mongoose/package.json'
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest'
import manifest from '../../package.json'
import { follow } from '../cli/follow'
import { driverApp, monorepo, nestApp, typegooseApp } from '../cli/kinds-of-apps'
import { copiedServer, courseApp } from '../cli/tutorial-apps'
import { uriOf } from '../support/database'
import type { StartedServer } from '../support/process'
import { Newcomer, packageJson } from './newcomer'
import { makeFolder, pack, program, removeFolder } from './scratch'

// Package managers and compilers are slow, especially while other tests run.
vi.setConfig({ testTimeout: 180_000 })

const secret = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD'
const { devDependencies: tested } = manifest

let folder: string
let tarball: string
const databases: string[] = []

beforeAll(async () => {
  folder = await makeFolder()
  tarball = await pack(folder)
}, 180_000)
afterAll(async () => {
  const connection = await mongoose.createConnection(inject('mongoUri')).asPromise()
  for (const name of databases) await connection.useDb(name).dropDatabase()
  await connection.close()
  await removeFolder(folder)
})

/** A database for one test: its connection string, and that of its server for apps whose code names the database. */
function database(): { name: string; uri: string; serverUri: string } {
  const name = `newcomer_${randomUUID().slice(0, 8)}`
  databases.push(name)
  return { name, uri: uriOf(name), serverUri: uriOf('') }
}

const newcomer = (files: Record<string, string | object>) => Newcomer.with(join(folder, randomUUID()), tarball, files)

/** Runs the first two commands of the documentation. @returns the output of the second */
async function begin(person: Newcomer): Promise<string> {
  await person.run('npm install clerk-mongo-sync')
  return person.run('npx clerk-mongo-sync init --yes')
}

/** Values from Clerk's dashboard, for the variables that `init` has added. */
const secrets = { CLERK_WEBHOOK_SIGNING_SECRET: secret, CLERK_SECRET_KEY: 'sk_test_newcomer' }

/** Runs the first commands, sets the values from Clerk's dashboard, compiles, and starts the compiled app. */
async function beginAndCompile(person: Newcomer, main: string): Promise<StartedServer> {
  await begin(person)
  await person.fill('.env', secrets)
  await person.run(`node ${program('typescript/bin/tsc')} -p .`)
  return person.start(['--env-file=.env', main])
}

/** Creates a user with a command without options, and reads the users as the app does. */
async function signUp(person: Newcomer, app: StartedServer, path: string, folder = ''): Promise<unknown> {
  const { stdout, stderr } = await person.paste('npx clerk-mongo-sync send user.created', folder)
  expect(stdout, stderr + app.printed()).toContain('"created"')
  const response = await fetch(app.url + path)
  return response.json()
}

/** Ada of the fixtures. */
const users = [expect.objectContaining({ email: expect.stringMatching(/@/) })]

/** The file and the lines of "Replace the content of … with this". */
async function applyReplacement(person: Newcomer, advice: string): Promise<void> {
  const [, file = '', lines = ''] = /Replace the content of (\S+) with this\..*\n((?: {4}.*\n)+)/.exec(advice) ?? []
  await person.write(file, lines.replace(/^ {4}/gm, ''))
}

/** The command in a numbered step. */
const told = (advice: string, what: string) => new RegExp(`\\d\\. ${what}: (.*)`).exec(advice)?.[1] ?? ''

describe('npm install and init lead to a user in the database of the app, with', () => {
  it('JavaScript and aliases in jsconfig.json, in Next.js, in place of a copied handler', async () => {
    const { name } = database()
    const scripts = { dev: 'next dev -p <port>' }
    const person = await newcomer({
      ...courseApp,
      'package.json': packageJson(['next', 'react', 'react-dom', 'mongoose', 'svix'], {}, { scripts }),
      '.env': `MONGODB_URI=mongodb://${new URL(inject('mongoUri')).host}\nSIGNING_SECRET=${secret}\n`,
      'src/config/db.js': courseApp['src/config/db.js'].replace('/lms', `/${name}`),
      'src/app/layout.jsx': "export default ({ children }) => <html lang='en'><body>{children}</body></html>\n",
      'src/app/api/users/route.js': `import connectDB from '@/config/db'
import User from '@/models/User'

export const dynamic = 'force-dynamic'
export async function GET() {
  await connectDB()
  return Response.json(await User.find())
}
`,
    })
    await applyReplacement(person, await begin(person))
    await person.run('npx next build')
    const app = await person.start(['node_modules/next/dist/bin/next', 'start', '-p', `${person.port}`])
    expect(await signUp(person, app, '/api/users')).toEqual(users)
  })

  it('CommonJS and Express 4, whose copied handler keeps its path and its secret name', async () => {
    const { uri } = database()
    const person = await newcomer({
      ...copiedServer,
      'package.json': packageJson(['express', 'mongoose', 'svix'], { express: tested.express4.split('@')[1] ?? '' }),
      '.env': `PORT=<port>\nMONGO_URI=${uri}\nCLERK_WEBHOOK_SIGNING_KEY=${secret}\n`,
      'server.js': copiedServer['server.js'].replace(
        "app.get('/',",
        "app.get('/users', async (req, res) => res.json(await require('./models/User').find()));\napp.get('/',",
      ),
    })
    await follow(await begin(person), person.path)
    const app = await person.start(['--env-file=.env', 'server.js'])
    expect(await signUp(person, app, '/users')).toEqual(users)
    expect(await person.read('clerk-sync.config.js')).toContain('/api/hooks/clerk')
    expect(await person.read('.env')).not.toContain('CLERK_WEBHOOK_SIGNING_SECRET')
  })

  it('a monorepo, in the app that init names at the root, and with a model of another package', async () => {
    const { name, serverUri } = database()
    const person = await newcomer({
      'package.json': { name: 'shop', private: true, workspaces: ['apps/*', 'packages/*'] },
      'apps/api/package.json': packageJson(['express', '@repo/db'], {}, { name: 'api', type: 'module' }),
      'apps/api/server.js': `import { connectDatabase } from '@repo/db'
import { User } from '@repo/db/user'
import express from 'express'

const app = express()
app.use(express.json())
app.get('/users', async (_request, response) => {
  await connectDatabase()
  response.json(await User.find())
})
app.listen(process.env.PORT)
`,
      'apps/api/.env': `PORT=<port>\nMONGODB_URI=${serverUri}\n`,
      'apps/edge/package.json': packageJson(['hono'], {}, { name: 'edge' }),
      'packages/db/package.json': packageJson(
        ['mongoose'],
        {},
        {
          name: '@repo/db',
          exports: { '.': './src/index.ts', './*': './src/*.ts' },
        },
      ),
      'packages/db/src/index.ts': monorepo['packages/db/src/connect.ts'].replace("'shop'", `'${name}'`),
      'packages/db/src/user.ts': monorepo['packages/db/src/models/user.ts'],
    })
    await person.run('npm install clerk-mongo-sync')
    const model = '--model packages/db/src/user.ts'
    const { code, stderr } = await person.paste(`npx clerk-mongo-sync init --yes ${model}`)
    expect(code).toBe(64)
    const [, way = '', command] = /^ {2}cd (apps\/api) && (npx .*?) +#/m.exec(stderr) ?? []
    expect(command).toContain('--model ../../packages/db/src/user.ts')
    const advice = await person.run(`${command} --yes`, way)
    const [, beside = ''] = /Install it there as well.*\n {4}(cd .*)/.exec(advice) ?? []
    await person.run(beside, way)
    await person.run(told(advice, 'Install'), way)
    expect(await person.read('packages/db/package.json')).toContain('"clerk-mongo-sync"')
    await person.fill('apps/api/.env', secrets)
    const app = await person.start([program('tsx/dist/cli.mjs'), '--env-file=.env', 'server.js'], way)
    expect(await signUp(person, app, '/users', way)).toEqual(users)
  })

  it('typegoose classes', async () => {
    const { uri } = database()
    const person = await newcomer({
      ...typegooseApp,
      'package.json': packageJson(['@typegoose/typegoose', '@types/express', '@types/node', 'express', 'mongoose'], {
        mongoose: typegoose.peerDependencies.mongoose,
      }),
      '.env': `PORT=<port>\nMONGODB_URI=${uri}\n`,
    })
    const app = await beginAndCompile(person, 'dist/index.js')
    expect(await signUp(person, app, '/users')).toEqual(users)
  })

  it('NestJS', async () => {
    const { name, serverUri } = database()
    const person = await newcomer({
      ...nestApp,
      'package.json': packageJson(
        [
          '@nestjs/common',
          '@nestjs/core',
          '@nestjs/mongoose',
          '@nestjs/platform-express',
          '@types/node',
          'mongoose',
          'reflect-metadata',
          'rxjs',
        ],
        { '@nestjs/platform-express': tested['@nestjs/core'] },
      ),
      '.env': `PORT=<port>\nMONGODB_URI=${serverUri}\n`,
      'src/app.module.ts': nestApp['src/app.module.ts'].replace("'nest'", `'${name}'`),
    })
    const app = await beginAndCompile(person, 'dist/main.js')
    expect(await signUp(person, app, '/api/users')).toEqual(users)
  })

  it('the native driver only, to which init adds mongoose', async () => {
    const { name, serverUri } = database()
    const person = await newcomer({
      ...driverApp,
      'package.json': packageJson(['express', 'mongodb'], { mongodb: ofMongoose.mongodb }, { type: 'module' }),
      'src/db.js': driverApp['src/db.js'].replaceAll("'shop'", `'${name}'`),
      '.env': `PORT=<port>\nMONGODB_URI=${serverUri}\n`,
    })
    const advice = await begin(person)
    expect(advice).toContain('writes users with a mongoose model')
    await person.run(told(advice, 'Install'))
    await person.fill('.env', secrets)
    const app = await person.start(['--env-file=.env', 'src/server.js'])
    expect(await signUp(person, app, '/people')).toEqual(users)
  })

  it('a port in the source only', async () => {
    const { uri } = database()
    const person = await newcomer({
      'package.json': packageJson(['express', 'mongoose'], {}, { type: 'module' }),
      '.env': `MONGODB_URI=${uri}\n`,
      'models/user.js': `import mongoose from 'mongoose'

const userSchema = new mongoose.Schema({ email: String, firstName: String })

export const User = mongoose.model('User', userSchema)
`,
      'server.js': `import express from 'express'
import mongoose from 'mongoose'
import { User } from './models/user.js'

await mongoose.connect(process.env.MONGODB_URI)
const app = express()
app.use(express.json())
app.get('/users', async (_request, response) => void response.json(await User.find()))
app.listen(<port>)
`,
    })
    const advice = await begin(person)
    const [, command = ''] = /(npx clerk-mongo-sync fake-clerk .*)/.exec(advice) ?? []
    const clerk = await person.keepRunning(`${command} --port 0`)
    const [, lines = ''] = await clerk.printed(/For \S+:\n((?:\w+=.*\n)+)/)
    await person.write('.env', (await person.read('.env')) + lines)
    const app = await person.start(['--env-file=.env', 'server.js'])
    const [, curl = ''] = await clerk.printed(/^ {2}(curl .*)/m)
    await person.run(curl)
    await clerk.printed(/user\.created/)
    const read = async () => (await fetch(`${app.url}/users`)).json()
    expect(await read()).toEqual([expect.objectContaining({ email: 'ada@example.com', firstName: 'Ada' })])
    await person.run('npx clerk-mongo-sync backfill')
    expect(await read()).toHaveLength(21)
    expect(await person.run('npx clerk-mongo-sync send user.created')).toContain('"created"')
    expect(await person.run('npx clerk-mongo-sync doctor')).toContain(`localhost:${person.port}/api/webhooks/clerk`)
  })
})
