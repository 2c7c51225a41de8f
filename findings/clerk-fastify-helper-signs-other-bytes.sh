#!/usr/bin/env bash
# @clerk/fastify 3.1.79 with fastify 5.12.8 and svix 1.99.1
#
# Expected: `verifyWebhook(request)` of Clerk's own SDK for Fastify accepts what Svix has signed, as its documentation shows.
# Happens:  it verifies `JSON.stringify(request.body)`, which is not what was sent: a body is accepted only if that function would
#           have written the same bytes. One with white space, `1.0`, an escaped character or a key like "10" behind another key is
#           answered with "no matching signature". Nothing that Fastify can be told makes the helper read the raw body.
# Matters:  Clerk sends metadata as the app has stored it, so that a number or a character in one user's metadata decides whether
#           that user's webhooks are ever accepted; all others work, and the secret looks right.
source "$(dirname "$0")/lib.sh"
install @clerk/fastify@3.1.79 fastify@5.12.8 svix@1.99.1

run main.mjs <<'JS'
import { verifyWebhook } from '@clerk/fastify/webhooks'
import Fastify from 'fastify'
import { Webhook } from 'svix'

const secret = `whsec_${Buffer.from('an example of a secret').toString('base64')}`
const app = Fastify()
app.post('/hook', async (request) => (await verifyWebhook(request, { signingSecret: secret })).type)
app.setErrorHandler((_error, _request, reply) => reply.code(400).send('refused'))
const url = await app.listen({ port: 0, host: '127.0.0.1' })

const event = (metadata, space = '') =>
  `{"type":"user.updated",${space}"object":"event","data":{"object":"user","id":"user_1","public_metadata":${metadata}}}`
const bodies = {
  'as JSON.stringify writes it': event('{"score":1}'),
  'a space': event('{"score":1}', ' '),
  '1.0': event('{"score":1.0}'),
  'an escaped character': event('{"note":"a \\u003c b"}'),
  'a key of digits': event('{"b":1,"10":2}'),
}
for (const [name, body] of Object.entries(bodies)) {
  const now = new Date()
  const headers = {
    'content-type': 'application/json',
    'svix-id': 'msg_1',
    'svix-timestamp': String(Math.floor(now.getTime() / 1000)),
    'svix-signature': new Webhook(secret).sign('msg_1', now, body),
  }
  new Webhook(secret).verify(body, headers)
  const response = await fetch(`${url}/hook`, { method: 'POST', headers, body })
  console.log(`${name}: ${response.status} ${await response.text()}`)
}
await app.close()
JS

expect <<'TEXT'
as JSON.stringify writes it: 200 user.updated
a space: 400 refused
1.0: 400 refused
an escaped character: 400 refused
a key of digits: 400 refused
TEXT
