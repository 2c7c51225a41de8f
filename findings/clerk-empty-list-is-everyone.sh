#!/usr/bin/env bash
# @clerk/backend 3.25.0
#
# Expected: `getUserList({ userId: [] })` returns no users, as `{ $in: [] }` does in MongoDB, or throws.
# Happens:  the SDK leaves the empty list out of the query and requests `GET /v1/users`, the first page of all users.
#           `getCount({ userId: [] })` counts all users. `emailAddress`, `externalId` and `undefined` behave the same way.
# Matters:  a job that compares MongoDB with Clerk asks "which of these ids still exist?". For an empty batch it receives the
#           newest users of the instance, and stores or links them although none of them was asked for.
source "$(dirname "$0")/lib.sh"
install @clerk/backend@3.25.0

run main.mjs <<'JS'
import { createServer } from 'node:http'
import { createClerkClient } from '@clerk/backend'
const asked = []
const server = createServer(({ method, url }, response) => {
  asked.push(`${method} ${url}`)
  response.setHeader('content-type', 'application/json')
  response.end(url.includes('/count') ? '{"object":"total_count","total_count":4711}' : '[{"object":"user","id":"user_stranger"}]')
})
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
const { users } = createClerkClient({ secretKey: 'sk_test_x', apiUrl: `http://127.0.0.1:${server.address().port}` })

for (const query of [{ userId: ['user_1', 'user_2'] }, { userId: [] }, { emailAddress: [] }, { externalId: [] }, { userId: undefined }]) {
  asked.length = 0
  const { data } = await users.getUserList(query)
  const [request] = asked.filter((line) => !line.includes('/count'))
  console.log(`${JSON.stringify(query)}: ${request} -> ${data.map(({ id }) => id)}`)
}
asked.length = 0
console.log(`getCount({ userId: [] }): ${await users.getCount({ userId: [] })} by ${asked}`)
server.close()
JS

expect <<'TEXT'
{"userId":["user_1","user_2"]}: GET /v1/users?user_id=user_1&user_id=user_2 -> user_stranger
{"userId":[]}: GET /v1/users -> user_stranger
{"emailAddress":[]}: GET /v1/users -> user_stranger
{"externalId":[]}: GET /v1/users -> user_stranger
{}: GET /v1/users -> user_stranger
getCount({ userId: [] }): 4711 by GET /v1/users/count
TEXT
