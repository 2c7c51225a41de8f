import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fixtures, signClerkWebhook } from 'clerk-mongo-sync/testing'
import mongoose from 'mongoose'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { send } from '../contracts/adapters'
import { freePort } from '../support/free-port'
import { root } from '../support/made-once'
import { type PackedApp, packApp } from '../support/packed-app'
import { type StartedServer, startServer } from '../support/process'

const signingSecret = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD'

/** Apps in which nobody thought of a logger. `IN_FRONT` mounts a parser before the handler. */
const servers = {
  'Express 5': `import { toExpressHandler } from 'clerk-mongo-sync/express'
import express from 'express'
import { clerkSync } from './sync.mjs'
const app = express()
if (process.env.IN_FRONT) app.use(express.json())
app.post('/api/webhooks/clerk', toExpressHandler(clerkSync))
app.listen(Number(process.env.PORT))
`,
  "Node's http": `import { toNodeHandler } from 'clerk-mongo-sync/node'
import { createServer } from 'node:http'
import { clerkSync } from './sync.mjs'
const handle = toNodeHandler(clerkSync)
createServer(async (request, response) => {
  if (request.method === 'GET') return response.end()
  if (process.env.IN_FRONT) for await (const _ of request);
  await handle(request, response)
}).listen(Number(process.env.PORT))
`,
}

const sync = `import { createClerkSync } from 'clerk-mongo-sync'
import { clerkModel, clerkSyncPlugin, connectOnce } from 'clerk-mongo-sync/mongoose'
import { Schema } from 'mongoose'
const schema = new Schema({ email: { type: String, unique: true, sparse: true }, firstName: String, lastName: String })
schema.add({ username: { type: String, unique: true, sparse: true } })
schema.plugin(clerkSyncPlugin)
const users = clerkModel('User', schema)
export const clerkSync = createClerkSync({ users, connect: () => connectOnce(process.env.MONGODB_URL) })
`

const database = new URL(inject('mongoUri'))
database.pathname = `/console_${randomUUID().slice(0, 8)}`
const connection = mongoose.createConnection()
let app: PackedApp
beforeAll(async () => {
  app = await packApp(join(root, 'examples', 'express'))
  await writeFile(join(app.path, 'sync.mjs'), sync)
  await connection.openUri(database.href)
}, 120_000)
afterAll(async () => {
  await connection.dropDatabase()
  await connection.close()
  await app?.remove()
})

describe.each(Object.entries(servers))('the output of a real app on %s', (name, code) => {
  const file = `${name.replace(/\W/g, '')}.mjs`
  beforeAll(() => writeFile(join(app.path, file), code))

  /** Delivers, and gives what the app has printed, line by line. */
  async function printed(env: Record<string, string>, event = fixtures.userCreated()): Promise<string[]> {
    const usual = { MONGODB_URL: database.href, CLERK_WEBHOOK_SIGNING_SECRET: signingSecret }
    const server: StartedServer = await startServer([file], { cwd: app.path, env: { ...usual, ...env } })
    try {
      const { headers, body } = signClerkWebhook(event, { signingSecret, messageId: 'msg_1' })
      await send(`${server.url}/api/webhooks/clerk`, {
        headers: { ...headers, 'content-type': 'application/json' },
        body,
      })
    } finally {
      await server.close()
    }
    return server.printed().trim().split('\n').filter(Boolean)
  }

  it('has no line for a successful delivery', async () => {
    expect(await printed({})).toEqual([])
  })

  it('has one readable line for a missing secret', async () => {
    expect(await printed({ CLERK_WEBHOOK_SIGNING_SECRET: '' })).toEqual([
      expect.stringMatching(
        /^clerk-mongo-sync: delivery failed: No signing secret: set CLERK_WEBHOOK_SIGNING_SECRET [^{]* \{"messageId":"msg_1","code":"secret_missing","docs":"[^"]+secret_missing.md"\}$/,
      ),
    ])
  })

  it('has one readable line for a parser in front', async () => {
    expect(await printed({ IN_FRONT: '1' })).toEqual([
      expect.stringMatching(
        /^clerk-mongo-sync: delivery failed: A body parser has already read the body\. [^{]*(Move app\.post|Call the handler before)[^{]* \{.*"code":"raw_body_unavailable"/,
      ),
    ])
  })

  it('has one readable line for a conflict, without the address', async () => {
    const email = `${randomUUID()}@example.com`
    await connection.collection('users').insertOne({ email, authProvider: 'local' })
    const lines = await printed({}, fixtures.userCreated(fixtures.user({ email })))
    expect(lines).toEqual([
      expect.stringMatching(/^clerk-mongo-sync: clerk event conflicts with stored data: .*email.* \{"code":"conflict"/),
    ])
    expect(lines.join()).not.toContain(email)
  })

  it('has one readable line for a database that is away', async () => {
    const port = await freePort()
    expect(await printed({ MONGODB_URL: `mongodb://ada:hunter2@127.0.0.1:${port}/app` })).toEqual([
      expect.stringMatching(
        new RegExp(
          `^clerk-mongo-sync: delivery failed: No MongoDB server answers \\(127\\.0\\.0\\.1:${port}: ECONNREFUSED, no server listens there\\)[^{]*in MONGODB_URL is correct\\. \\{.*"code":"timed_out"`,
        ),
      ),
    ])
  })
})
