#!/usr/bin/env bash
# h3 2.0.8 on Node's http, beside Node's own Request
#
# Expected: `event.req.clone()` after the body was read throws a TypeError, as the Fetch standard says and Node's own Request does.
# Happens:  the clone is there, and its body is empty: `text()` of it is "".
# Matters:  a handler that reads the body for its own log and passes a clone on to a verifier verifies an empty body: each delivery
#           is a wrong signature, and no error names the cause.
source "$(dirname "$0")/lib.sh"
install h3@2.0.8

run main.mjs <<'JS'
import { H3, serve } from 'h3'

const readTwice = async (request) => {
  const first = await request.text()
  try {
    return `${JSON.stringify(first)}, then ${JSON.stringify(await request.clone().text())}`
  } catch (error) {
    return `${JSON.stringify(first)}, then ${error.name}`
  }
}
const server = serve(new H3().post('/', ({ req }) => readTwice(req)), { port: 0, hostname: '127.0.0.1', silent: true })
await server.ready()
const response = await fetch(server.url, { method: 'POST', body: 'the body' })
console.log(`h3: ${await response.text()}`)
console.log(`Request: ${await readTwice(new Request('http://127.0.0.1/', { method: 'POST', body: 'the body' }))}`)
await server.close(true)
JS

expect <<'TEXT'
h3: "the body", then ""
Request: "the body", then TypeError
TEXT
