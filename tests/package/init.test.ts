import { randomUUID } from 'node:crypto'
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Finding } from 'clerk-mongo-sync'
import { fixtures, signClerkWebhook } from 'clerk-mongo-sync/testing'
import mongoose from 'mongoose'
import { afterEach, expect, inject, test } from 'vitest'
import { schemas, typegooseApp } from '../cli/kinds-of-apps'
import { tutorialApp, typedServer } from '../cli/tutorial-apps'
import { send } from '../contracts/adapters'
import { root } from '../support/made-once'
import { type PackedApp, packApp } from '../support/packed-app'
import { run, type StartedServer, startServer } from '../support/process'

const signingSecret = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD'
const cli = 'node_modules/clerk-mongo-sync/dist/cli/main.js'
const next = 'node_modules/next/dist/bin/next'

let app: PackedApp | undefined
let server: StartedServer | undefined
const connection = mongoose.createConnection()
afterEach(async () => {
  await server?.close()
  if (connection.readyState === mongoose.ConnectionStates.connected) await connection.dropDatabase()
  await connection.close()
  await app?.remove()
  server = undefined
  app = undefined
})

/** A new app of a framework, without Clerk and with this package installed. */
async function freshApp(files: Record<string, string | object>): Promise<PackedApp> {
  const source = await mkdtemp(join(tmpdir(), 'clerk-mongo-sync-fresh-'))
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(source, name)), { recursive: true })
    await writeFile(join(source, name), typeof text === 'string' ? text : JSON.stringify(text))
  }
  app = await packApp(source)
  await rm(source, { recursive: true })
  return app
}

const manifest = (dependencies: readonly string[], more: object = {}) =>
  JSON.stringify({
    name: 'fresh',
    private: true,
    dependencies: Object.fromEntries([...dependencies, 'mongoose', 'clerk-mongo-sync'].map((name) => [name, '*'])),
    ...more,
  })

interface Expected {
  /** The path of the route. */
  route?: string
  uriName?: string
  secretName?: string
  /** The database to which the app's code connects, if it is not the one in the connection string. */
  database?: string
  /** The checks of which doctor warns. */
  warnings?: string[]
  /** The stored fields of the delivered user. */
  stored?: object
}

/** Starts the app, runs doctor, and delivers a user. */
async function expectDelivery(path: string, start: string[], expected: Expected = {}): Promise<void> {
  const {
    route = '/api/webhooks/clerk',
    uriName = 'MONGODB_URI',
    secretName = 'CLERK_WEBHOOK_SIGNING_SECRET',
    warnings = ['clerk_key'],
  } = expected
  const given = new URL(inject('mongoUri'))
  given.pathname = `/init_${randomUUID().slice(0, 8)}`
  const database = new URL(given)
  if (expected.database) database.pathname = `/${expected.database}`
  const env = { [uriName]: given.href, [secretName]: signingSecret }
  server = await startServer(start, { cwd: path, env })
  const url = `${server.url}${route}`
  const { findings } = JSON.parse(await run('doctor', [cli, 'doctor', '--json', '--url', url], { cwd: path, env }))
  const faults = (findings as Finding[]).filter(({ verdict }) => verdict !== 'ok')
  expect(faults.map(({ check, verdict }) => `${verdict} ${check}`)).toEqual(warnings.map((check) => `warning ${check}`))

  const event = fixtures.userCreated()
  const { headers, body } = signClerkWebhook(event, { signingSecret })
  expect(await send(url, { headers, body })).toMatchObject({ status: 200, body: { outcome: 'created' } })
  await connection.openUri(database.href)
  expect(await connection.collection('users').find().toArray()).toMatchObject([
    expected.stored ?? { clerkId: event.data.id },
  ])
}

const init = (path: string) => run('init', [cli, 'init', '--yes'], { cwd: path })

test('init lets a new Next.js app store the users of signed deliveries', async () => {
  const { path } = await freshApp({
    'package.json': manifest(['next', 'react', 'react-dom']),
    'app/layout.tsx':
      'export default function Layout({ children }: { children: React.ReactNode }) {\n  return <html lang="en"><body>{children}</body></html>\n}\n',
    'app/page.tsx': 'export default function Page() {\n  return <p>Hello</p>\n}\n',
    // The packages in this copy are links, which lead out of the folder that Turbopack would keep to.
    'next.config.ts': "export default { turbopack: { root: '/' } }\n",
  })
  await cp(join(root, 'examples/next/tsconfig.json'), join(path, 'tsconfig.json'))
  await init(path)
  await run('next build', [next, 'build'], { cwd: path })
  await expectDelivery(path, [next, 'start'])
}, 240_000)

const expressApp = (importing: string) => `${importing}

const app = express()
app.use(express.json())
app.listen(process.env.PORT)
`

test.each([
  ['ES modules', "import express from 'express'", { type: 'module' }],
  ['CommonJS', "const express = require('express')", {}],
])(
  'init lets a new Express app of %s store the users of signed deliveries',
  async (_what, importing, more) => {
    const { path } = await freshApp({
      'package.json': manifest(['express'], more),
      'server.js': expressApp(importing),
    })
    await init(path)
    await expectDelivery(path, ['server.js'])
  },
  120_000,
)

const databaseName = () => `init_${randomUUID().slice(0, 8)}`

test('init lets the tutorial app store users by its own function in its own database', async () => {
  const database = databaseName()
  const { path } = await freshApp({
    ...tutorialApp,
    // The packages in this copy are links, which lead out of the folder that Turbopack would keep to.
    'next.config.ts': "export default { turbopack: { root: '/' } }\n",
    'lib/database/mongoose.ts': tutorialApp['lib/database/mongoose.ts'].replace("'imaginify'", `'${database}'`),
    'middleware.ts': '',
    '.env.local': '',
  })
  const stdout = await init(path)
  const [, file = '', lines = ''] = /Replace the content of (\S+) with this\..*\n((?: {4}.*\n)+)/.exec(stdout) ?? []
  await writeFile(join(path, file), lines.replace(/^ {4}/gm, ''))
  await rm(join(path, 'middleware.ts'))
  await run('next build', [next, 'build'], { cwd: path })
  await expectDelivery(path, [next, 'start'], {
    route: '/api/webhooks',
    uriName: 'MONGODB_URL',
    secretName: 'WEBHOOK_SECRET',
    database,
    warnings: ['id_index', 'clerk_key', 'publishable_key'],
  })
}, 240_000)

test('init lets an Express app in TypeScript store users in the database of its function', async () => {
  const database = databaseName()
  const { path } = await freshApp({
    ...typedServer,
    'src/config/db.ts': typedServer['src/config/db.ts'].replace("'shop'", `'${database}'`),
  })
  await init(path)
  await run('tsc', ['node_modules/typescript/lib/tsc.js', '-p', '.'], { cwd: path })
  await expectDelivery(path, ['dist/index.js'], { uriName: 'MONGO_URI', database })
}, 120_000)

test.runIf(process.env.MONGOOSE !== '8')(
  'init lets an app with a typegoose class store the users of signed deliveries',
  async () => {
    const { path } = await freshApp(typegooseApp)
    await init(path)
    await run('tsc', ['node_modules/typescript/lib/tsc.js', '-p', '.'], { cwd: path })
    await expectDelivery(path, ['dist/index.js'])
  },
  120_000,
)

test.each([
  ['names of its own', schemas.threads, { id: expect.stringMatching(/^user_/), name: 'Ada Lovelace' }],
  ["Clerk's id as _id", schemas.lms, { _id: expect.stringMatching(/^user_/), name: 'Ada Lovelace' }],
])(
  'init lets an app with %s, in another package, store the users of signed deliveries',
  async (_what, schema, stored) => {
    const { path } = await freshApp({
      'package.json': { name: 'shop', private: true, workspaces: ['apps/*', 'packages/*'] },
      'apps/api/package.json': manifest(['express', '@repo/db'], { type: 'module' }),
      'apps/api/server.js': expressApp("import express from 'express'"),
      'packages/db/package.json': { name: '@repo/db', type: 'module', exports: { './*': './src/*.js' } },
      'packages/db/src/user.js': schema.replace('mongoose.models.User || ', ''),
    })
    await mkdir(join(path, 'node_modules/@repo'))
    await symlink(join(path, 'packages/db'), join(path, 'node_modules/@repo/db'), 'junction')
    const app = join(path, 'apps/api')
    await symlink(join(path, 'node_modules'), join(app, 'node_modules'), 'junction')
    await init(path)
    await expectDelivery(app, ['server.js'], { stored })
  },
  120_000,
)
