import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { toNodeHandler } from 'clerk-mongo-sync/node'
import { fixtures, signClerkWebhook } from 'clerk-mongo-sync/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { send } from '../contracts/adapters'
import { createSubject, signingSecret } from '../contracts/adapters-subject'
import { freePort } from '../support/free-port'
import { root } from '../support/made-once'
import { type PackedApp, packApp } from '../support/packed-app'
import { run, type StartedServer, startServer } from '../support/process'
import { runtime } from '../support/runtime'
import { type Served, serve } from '../support/serve'

let app: PackedApp
let behind: Served
let forwarded = 0
let worker: StartedServer

/** The runtime of Cloudflare, with the worker bundled as wrangler does, and an app behind it. */
beforeAll(async () => {
  app = await packApp(join(root, 'examples/edge'))
  const receive = toNodeHandler(createSubject())
  behind = await serve((request, response) => {
    forwarded++
    receive(request, response)
  })
  const bundle = ['worker.ts', '--bundle', '--format=esm', '--outfile=worker.js']
  await run('esbuild', ['node_modules/esbuild/bin/esbuild', ...bundle], { cwd: app.path })
  const port = await freePort()
  await writeFile(join(app.path, 'config.capnp'), configOf(port, `${behind.url}/webhook`))
  worker = await startServer(['serve', 'config.capnp'], { cwd: app.path, port, program: await runtime('workerd') })
}, 180_000)
afterAll(async () => {
  await worker?.close()
  await behind?.close()
  await app?.remove()
})

const configOf = (port: number, url: string) => `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [(name = "worker", esModule = embed "worker.js")],
      compatibilityDate = "2025-09-01",
      bindings = [
        (name = "CLERK_WEBHOOK_SIGNING_SECRET", text = "${signingSecret}"),
        (name = "SYNC_URL", text = "${url}"),
      ],
    )),
    (name = "internet", network = (allow = ["private", "public"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
`

const post = async (init: RequestInit) => {
  const before = forwarded
  const response = await fetch(worker.url, { method: 'POST', ...init })
  return { status: response.status, text: await response.text(), forwarded: forwarded - before }
}

test('forwards a delivery with its exact bytes, and returns the answer of the app', async () => {
  const pad = 'é\\u003c 1.0'.repeat(50_000)
  const body = ` {"type":"user.created","data":{"id":"user_edge","public_metadata":{"2":1.0,"1":"${pad}"}}}\n`
  const answer = await post(signClerkWebhook(body, { signingSecret }))
  expect(answer).toEqual({ status: 200, text: '{"outcome":"created"}', forwarded: 1 })
})

test('passes on that a delivery can never succeed', async () => {
  const conflict = signClerkWebhook(fixtures.userCreated(fixtures.user({ id: 'user_taken' })), { signingSecret })
  const { headers } = await send(worker.url, conflict)
  expect(headers.get('webhook-delivery')).toBe('abort-message')
})

test('refuses a forged delivery by itself', async () => {
  const { headers, body } = signClerkWebhook(fixtures.userCreated(), { signingSecret })
  expect(await post({ headers, body: `${body} ` })).toEqual({
    status: 400,
    text: 'no_matching_signature',
    forwarded: 0,
  })
  expect(await post({ body })).toEqual({ status: 400, text: 'missing_headers', forwarded: 0 })
})

test('answers other methods with 405 and the allowed method', async () => {
  const { status, headers } = await fetch(worker.url)
  expect([status, headers.get('allow')]).toEqual([405, 'POST'])
})
