import { randomUUID } from 'node:crypto'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Finding } from 'clerk-mongo-sync'
import { fixtures, signClerkWebhook } from 'clerk-mongo-sync/testing'
import mongoose from 'mongoose'
import { afterEach, expect, inject, test } from 'vitest'
import { send } from '../contracts/adapters'
import { type PackedApp, packApp, root } from '../support/packed-app'
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

/** An app that has nothing of Clerk's, as its framework's beginners have it, with this package installed. */
async function freshApp(files: Record<string, string>): Promise<PackedApp> {
  const source = await mkdtemp(join(tmpdir(), 'clerk-mongo-sync-fresh-'))
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(source, name)), { recursive: true })
    await writeFile(join(source, name), text)
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

/** Starts the app, asks doctor about it, and lets Clerk deliver a user. */
async function expectDelivery(path: string, start: string[]): Promise<void> {
  const database = new URL(inject('mongoUri'))
  database.pathname = `/init_${randomUUID().slice(0, 8)}`
  const env = { MONGODB_URI: database.href, CLERK_WEBHOOK_SIGNING_SECRET: signingSecret }
  server = await startServer(start, { cwd: path, env })
  const url = `${server.url}/api/webhooks/clerk`
  const { findings } = JSON.parse(await run('doctor', [cli, 'doctor', '--json', '--url', url], { cwd: path, env }))
  const faults = (findings as Finding[]).filter(({ verdict }) => verdict !== 'ok')
  expect(faults).toMatchObject([{ check: 'clerk_key', verdict: 'warning' }])

  const event = fixtures.userCreated()
  const { headers, body } = signClerkWebhook(event, { signingSecret })
  expect(await send(url, { headers, body })).toMatchObject({ status: 200, body: { outcome: 'created' } })
  await connection.openUri(database.href)
  expect(await connection.collection('users').find().toArray()).toMatchObject([{ clerkId: event.data.id }])
}

const init = (path: string) => run('init', [cli, 'init', '--yes'], { cwd: path })

test('init makes a fresh Next.js app store the users of signed deliveries', async () => {
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
  'init makes a fresh Express app of %s store the users of signed deliveries',
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
