#!/usr/bin/env bash
# h3 1.15.11, which Nuxt 4 and Nitro 2 have, behind express 5.3.0
#
# Expected: `readRawBody(event, false)` returns the bytes that were sent, or fails if they are gone.
# Happens:  if something in front of the handler has set `req.body`, it returns `JSON.stringify` of that, as a Buffer. `1.0` is `1`,
#           escapes and white space are gone, keys of digits come first, and nothing tells the two cases apart.
# Matters:  each signature over the raw body is "wrong" for such messages only, where Nuxt or Nitro runs as middleware of an
#           Express app that parses JSON.
source "$(dirname "$0")/lib.sh"
install h3@1.15.11 express@5.3.0

run main.mjs <<'JS'
import { once } from 'node:events'
import express from 'express'
import { createApp, eventHandler, readRawBody, toNodeListener } from 'h3'

const h3 = createApp().use('/', eventHandler(async (event) => (await readRawBody(event, false)).toString()))
const sent = '{ "b": 1.0, "10": "\\u003c" }'
console.log(`sent: ${sent}`)
for (const [name, parsers] of [['alone', []], ['behind express.json()', [express.json()]]]) {
  const server = express().use(...parsers, toNodeListener(h3)).listen(0)
  await once(server, 'listening')
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`http://127.0.0.1:${server.address().port}/`, { method: 'POST', headers, body: sent })
  console.log(`${name}: ${await response.text()}`)
  server.close()
}
JS

expect <<'TEXT'
sent: { "b": 1.0, "10": "\u003c" }
alone: { "b": 1.0, "10": "\u003c" }
behind express.json(): {"10":"<","b":1}
TEXT
