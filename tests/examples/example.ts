import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fixtures, signClerkWebhook } from 'clerk-mongo-sync/testing'
import mongoose from 'mongoose'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { send } from '../contracts/adapters'
import { root } from '../support/made-once'
import { type PackedApp, packApp } from '../support/packed-app'
import { run, type StartedServer, startServer } from '../support/process'

export const signingSecret = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD'

interface Example {
  name: string
  /** Makes the copy of the example. @default packApp, which links the packages of the repository */
  copy?: (source: string) => Promise<PackedApp>
  /** Builds, where there is something to build, and checks the types, where types.test.ts does not. */
  prepare?(app: PackedApp): Promise<unknown>
  /** Arguments for the program that start the server. */
  start: string[]
  /** What runs the server. @default this Node */
  program?: () => Promise<string>
  /** Environment of the server, besides the secret and the database. */
  env?: Record<string, string>
  /** Secret that signs the deliveries. @default one of the tests */
  signingSecret?: string
  /** Registers more tests, which find the server running. */
  more?(running: () => RunningExample): void
}

/** A started example. */
export interface RunningExample {
  url: string
  /** Its folder. */
  path: string
  /** Of the example's database. */
  connection: mongoose.Connection
  /** What its server was started with, besides the secret and the database. */
  env: Record<string, string>
  /** All that its server has printed so far. */
  printed(): string
}

/** Copies an example as a user would, starts it, and lets Clerk deliver to it. */
export function testExample({ name, copy = packApp, prepare, start, program, env: own = {}, ...rest }: Example): void {
  const { more, signingSecret: secret = signingSecret } = rest
  const database = new URL(inject('mongoUri'))
  database.pathname = `/example_${name}_${randomUUID().slice(0, 8)}`
  const connection = mongoose.createConnection()
  let app: PackedApp
  let server: StartedServer

  beforeAll(async () => {
    app = await copy(join(root, 'examples', name))
    const hasOwn = existsSync(join(app.path, '.env.example'))
    await copyFile(join(hasOwn ? app.path : root, '.env.example'), join(app.path, '.env'))
    await connection.openUri(database.href)
    // Nuxt has 450 packages, which took three minutes on a busy machine.
  }, 300_000)
  afterAll(async () => {
    await server?.close()
    if (connection.readyState === mongoose.ConnectionStates.connected) await connection.dropDatabase()
    await connection.close()
    await app?.remove()
  })

  if (prepare) test('builds with the values of .env.example, and type-checks', () => prepare(app), 180_000)

  test('stores the user of a signed delivery, and refuses a forged one', async () => {
    const env = { CLERK_WEBHOOK_SIGNING_SECRET: secret, MONGODB_URI: database.href, ...own }
    server = await startServer(start, { cwd: app.path, env, ...(program && { program: await program() }) })
    const url = `${server.url}/api/webhooks/clerk`
    const event = fixtures.userCreated(fixtures.severalEmailsUser({ email: `${name}@example.com` }))
    const { headers, body } = signClerkWebhook(event, { signingSecret: secret })
    expect(await send(url, { headers, body })).toMatchObject({ status: 200, body: { outcome: 'created' } })
    const users = await connection.collection('users').find().toArray()
    expect(users).toMatchObject([
      { clerkId: event.data.id, email: `${name}@example.com`, plan: 'free', syncStatus: 'active' },
    ])

    const forged = body.replaceAll(`${name}@example.com`, 'eve@example.com')
    expect((await send(url, { headers, body: forged })).status).toBe(400)
    expect(await connection.collection('users').find().toArray()).toEqual(users)
  }, 60_000)

  more?.(() => ({ url: server.url, path: app.path, env: own, connection, printed: server.printed }))
}

/** The example's own `tsc`. */
export const typecheck = ({ path }: PackedApp) =>
  run('tsc', ['node_modules/typescript/bin/tsc', '-p', '.'], { cwd: path })
