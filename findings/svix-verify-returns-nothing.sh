#!/usr/bin/env bash
# svix 2.5.0 next to svix 2.0.0 and standardwebhooks 1.1.1
#
# Expected: `const event = webhook.verify(body, headers)` returns the parsed event, as svix 1 and 2.0.0 do, and as
#           standardwebhooks, the reference library of the same format, still does.
# Happens:  svix returns `undefined` for a valid signature since 2.2.0, a minor release.
# Matters:  a JavaScript handler throws at `event.type`, usually inside the `try` that answers 400 "invalid signature". Every
#           delivery then looks like a wrong secret, until the endpoint is disabled. TypeScript reports the change.
source "$(dirname "$0")/lib.sh"
install svix@2.5.0 svix-2-0@npm:svix@2.0.0 standardwebhooks@1.1.1

run main.mjs <<'JS'
const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const body = '{"type":"user.created","data":{"id":"user_1"}}'
const now = new Date()
for (const name of ['svix-2-0', 'svix', 'standardwebhooks']) {
  const { Webhook } = await import(name)
  const webhook = new Webhook(secret)
  const sign = (prefix) => ({
    [`${prefix}-id`]: 'msg_1',
    [`${prefix}-timestamp`]: String(Math.floor(now / 1000)),
    [`${prefix}-signature`]: webhook.sign('msg_1', now, body),
  })
  const event = webhook.verify(body, sign('webhook'))
  console.log(`${name}: ${event === undefined ? 'undefined' : event.type}`)
  try {
    webhook.verify(`${body} `, sign('webhook'))
  } catch (error) {
    console.log(`${name}: a changed body is refused, ${error.message}`)
  }
}
JS

expect <<'TEXT'
svix-2-0: user.created
svix-2-0: a changed body is refused, No matching signature found
svix: undefined
svix: a changed body is refused, No matching signature found
standardwebhooks: user.created
standardwebhooks: a changed body is refused, No matching signature found
TEXT
