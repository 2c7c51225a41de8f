#!/usr/bin/env bash
# @clerk/backend 3.25.0
#
# Expected: one call of `updateUser` sends one request, as in 2.0.0, and a rejected call changed nothing.
# Happens:  a call with names and metadata sends two requests, `PATCH /users/:id` and then `PUT /users/:id/metadata`. If Clerk
#           refuses the second one, the call rejects, but the name has changed. The SDK prints a deprecation warning once a process;
#           the warning does not mention the second request.
# Matters:  code that writes changes back to Clerk takes the rejection for "not applied". It reverts or retries from a wrong state.
#           A change that was meant as one step also reaches webhooks as two versions of the user.
source "$(dirname "$0")/lib.sh"
install @clerk/backend@3.25.0

run main.mjs <<'JS'
import { createServer } from 'node:http'
import { createClerkClient } from '@clerk/backend'
const server = createServer((request, response) => {
  let body = ''
  request.on('data', (part) => (body += part))
  request.on('end', () => {
    const isRefused = request.url.endsWith('/metadata')
    console.log(`  ${request.method} ${request.url} ${body} -> ${isRefused ? 422 : 200}`)
    response.writeHead(isRefused ? 422 : 200, { 'content-type': 'application/json' })
    response.end(isRefused ? '{"errors":[{"code":"form_param_exceeds_allowed_size","message":"too large"}]}' : '{"object":"user","id":"user_1"}')
  })
})
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
const { users } = createClerkClient({ secretKey: 'sk_test_x', apiUrl: `http://127.0.0.1:${server.address().port}` })

for (const change of [{ lastName: 'Lovelace' }, { publicMetadata: { plan: 'pro' } }, { lastName: 'Lovelace', publicMetadata: { plan: 'pro' } }]) {
  console.log(`updateUser(${JSON.stringify(change)})`)
  await users.updateUser('user_1', change).then(
    () => console.log('  resolved'),
    ({ status }) => console.log(`  rejected with ${status}`),
  )
}
server.close()
JS

expect <<'TEXT'
updateUser({"lastName":"Lovelace"})
  PATCH /v1/users/user_1 {"last_name":"Lovelace"} -> 200
  resolved
updateUser({"publicMetadata":{"plan":"pro"}})
  PUT /v1/users/user_1/metadata {"public_metadata":{"plan":"pro"}} -> 422
  rejected with 422
updateUser({"lastName":"Lovelace","publicMetadata":{"plan":"pro"}})
  PATCH /v1/users/user_1 {"last_name":"Lovelace"} -> 200
  PUT /v1/users/user_1/metadata {"public_metadata":{"plan":"pro"}} -> 422
  rejected with 422
TEXT
