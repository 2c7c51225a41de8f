import { randomUUID } from 'node:crypto'
import { copyFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fixtures, signClerkWebhook } from 'clerk-mongo-sync/testing'
import mongoose from 'mongoose'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { root } from '../support/made-once'
import { type PackedApp, packApp } from '../support/packed-app'
import { type StartedServer, startServer } from '../support/process'
import { signingSecret } from './example'

const database = new URL(inject('mongoUri'))
database.pathname = `/next_dev_${randomUUID().slice(0, 8)}`
const connection = mongoose.createConnection()
let app: PackedApp
let server: StartedServer

/** The example of Next.js as `next dev` serves it. */
beforeAll(async () => {
  app = await packApp(join(root, 'examples/next'))
  await copyFile(join(root, '.env.example'), join(app.path, '.env'))
  await writeFile(join(app.path, 'next.config.ts'), "export default { turbopack: { root: '/' } }\n")
  await connection.openUri(database.href)
  const env = {
    CLERK_WEBHOOK_SIGNING_SECRET: signingSecret,
    MONGODB_URI: database.href,
    NODE_ENV: 'development',
  }
  server = await startServer(['node_modules/next/dist/bin/next', 'dev'], { cwd: app.path, env })
}, 180_000)

afterAll(async () => {
  await server?.close()
  if (connection.readyState === mongoose.ConnectionStates.connected) await connection.dropDatabase()
  await connection.close()
  await app?.remove()
})

async function deliverUser(): Promise<{ status: number; text: string }> {
  const signed = signClerkWebhook(fixtures.userCreated(), { signingSecret })
  const response = await fetch(`${server.url}/api/webhooks/clerk`, { method: 'POST', ...signed })
  return { status: response.status, text: await response.text() }
}

/** Edits the file of the model, which reloads it and all that imports it, and delivers until the server prints this. */
async function edit(change: (code: string) => string, expected: string): Promise<void> {
  const file = join(app.path, 'models/user.ts')
  await writeFile(file, change(await readFile(file, 'utf8')))
  for (let tries = 0; !server.printed().includes(expected); tries += 1) {
    if (tries === 60) throw new Error(`The server did not print "${expected}":\n${server.printed()}`)
    await deliverUser()
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}

test('stores deliveries after hot reloads, as clerkModel returns the model that exists', async () => {
  expect(await deliverUser()).toEqual({ status: 200, text: '{"outcome":"created"}' })
  for (const mark of ['loaded once', 'loaded twice']) {
    await edit((code) => `${code}\nconsole.info('${mark}')\n`, mark)
    expect(await deliverUser()).toEqual({ status: 200, text: '{"outcome":"created"}' })
  }
  expect(server.printed()).not.toContain('OverwriteModelError')
}, 120_000)

test('fails after a hot reload with mongoose.model, as the model exists', async () => {
  const withMongoose = (code: string) =>
    code.replace('{ Schema }', 'mongoose, { Schema }').replace('= clerkModel(', '= mongoose.model(')
  await edit(withMongoose, 'OverwriteModelError')
}, 120_000)
