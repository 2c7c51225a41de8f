#!/usr/bin/env bash
# @hono/node-server 2.1.9 with hono 4.13.19, beside elysia 1.4.30 with @elysiajs/node 1.4.5
#
# Expected: starting a server of one framework changes nothing for a server of another one in the same process.
# Happens:  `serve()` of @hono/node-server puts classes of its own in place of the global `Request` and `Response`. A server of Elysia
#           that is loaded afterwards never calls the handler mounted in it: each POST is answered 500 with the text of a
#           TypeError. With `overrideGlobalObjects: false`, or with Elysia loaded first, both work.
# Matters:  an app that moves from one framework to the other in one process, or a test worker that loads both, loses every
#           webhook delivery, with an error that names neither framework, and only in one order of loading.
source "$(dirname "$0")/lib.sh"
install @hono/node-server@2.1.9 hono@4.13.19 elysia@1.4.30 @elysiajs/node@1.4.5

run main.mjs <<'JS'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'

const options = process.argv[2] ? { overrideGlobalObjects: false } : {}
await new Promise((resolve) => serve({ fetch: new Hono().fetch, port: 0, ...options }, resolve))
const { node } = await import('@elysiajs/node')
const { Elysia } = await import('elysia')
const port = 20_000 + (process.pid % 20_000)
await new Promise((resolve) => {
  const app = new Elysia({ adapter: node() }).mount('/hook', async (request) => new Response(`got ${await request.text()}`))
  app.listen({ port, hostname: '127.0.0.1' }, resolve)
})
const response = await fetch(`http://127.0.0.1:${port}/hook`, { method: 'POST', body: 'the body' })
console.log(`${JSON.stringify(options)}: ${response.status} ${await response.text()}`)
process.exit(0)
JS
(cd "$work" && timeout 60 node --no-warnings main.mjs without >>output)

expect <<'TEXT'
{}: 500 Cannot read properties of undefined (reading 'referrer')
{"overrideGlobalObjects":false}: 200 got the body
TEXT
