import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fixtures, signClerkWebhook } from 'clerk-mongo-sync/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { devDependencies as versions } from '../../package.json'
import { adapterContract, expectRefusal, send } from '../contracts/adapters'
import { signingSecret } from '../contracts/adapters-subject'
import { plain, reserialised } from '../contracts/re-serialised'
import { type PackedApp, packApp } from '../support/packed-app'
import { run, type StartedServer, startServer } from '../support/process'

let app: PackedApp
let server: StartedServer

/** One production build of one app with both routers, on a real Next.js server. */
beforeAll(async () => {
  app = await packApp(fileURLToPath(new URL('next-app', import.meta.url)))
  await cp(fileURLToPath(new URL('../contracts/adapters-subject.ts', import.meta.url)), join(app.path, 'subject.ts'))
  const next = 'node_modules/next/dist/bin/next'
  await run('next build', [next, 'build'], { cwd: app.path })
  server = await startServer([next, 'start'], { cwd: app.path })
}, 180_000)

afterAll(async () => {
  await server?.close()
  await app?.remove()
})

const open = (path: string) => async () => ({ url: server.url + path, close: async () => {} })
const traits = { trailingSlash: 308 } as const
adapterContract('toNextHandler in the App Router', open(''), traits)
adapterContract('toNextApiHandler in the Pages Router', open('/api'), traits)

const delivery = () => signClerkWebhook(fixtures.userCreated(), { signingSecret })

describe('on Next.js', () => {
  test('needs no export but POST', async () => {
    const url = `${server.url}/post-only`
    expect(await send(url, delivery())).toMatchObject({ status: 200, body: { outcome: 'created' } })
    expect((await fetch(url)).status).toBe(405)
  })

  test('logs how to switch off a body parser that has read the body', async () => {
    expectRefusal(await send(`${server.url}/api/parsed`, delivery()), 500, 'raw_body_unavailable')
    expect(server.printed()).toContain('Add `export const config = { api: { bodyParser: false } }` to the file')
  })
})

describe(`verifyWebhook of @clerk/nextjs ${versions['@clerk/nextjs']}`, () => {
  const statusOf = async (path: string, body: string) => {
    const response = await fetch(server.url + path, { method: 'POST', ...signClerkWebhook(body, { signingSecret }) })
    return response.status
  }

  test('accepts a delivery as JSON.stringify writes it, on both routers', async () => {
    expect(await statusOf('/api/clerk', plain)).toBe(200)
    expect(await statusOf('/clerk', plain)).toBe(200)
  })

  const entries = Object.entries(reserialised)
  test.each(entries)('refuses a correct signature in the Pages Router, which ours accepts: %s', async (_, body) => {
    expect(await statusOf('/api/clerk', body)).toBe(400)
    expect(await statusOf('/api/webhook', body)).toBe(200)
    expect(await statusOf('/clerk', body)).toBe(200)
  })
})
