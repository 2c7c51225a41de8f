#!/usr/bin/env bash
# mongoose 9.12.1
#
# Expected: a validator that could not decide, because its service is down, fails differently from one that says no.
# Happens:  an exception or rejection of a validator is a ValidationError with a ValidatorError of kind "user defined", the same
#           class, name and kind as a "no". The only difference is `errors[path].reason`, one level down.
# Matters:  the usual rule "ValidationError: answer 400 or 200, do not retry" loses every sign-up that arrives while a lookup in a
#           validator fails, for good: a webhook that was answered is not sent again.
source "$(dirname "$0")/lib.sh"
install mongoose@9.12.1
start_server

run main.mjs <<'JS'
import mongoose from 'mongoose'
await mongoose.connect(process.env.MONGODB_URI)
const validators = {
  'says no': async () => false,
  'cannot decide': async () => {
    throw Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:8080'), { code: 'ECONNREFUSED' })
  },
}
for (const [name, validate] of Object.entries(validators)) {
  const User = mongoose.model(name, new mongoose.Schema({ clerkId: String, email: { type: String, validate } }))
  const set = { $set: { email: 'ada@example.com' } }
  const error = await User.updateOne({ clerkId: 'user_1' }, set, { upsert: true, runValidators: true }).catch((error) => error)
  const { email } = error.errors
  console.log(`${name}: ${error.name}, code ${error.code}; ${email.name}, kind ${email.kind}; reason ${email.reason?.code}`)
}
await mongoose.disconnect()
JS

expect <<'TEXT'
says no: ValidationError, code undefined; ValidatorError, kind user defined; reason undefined
cannot decide: ValidationError, code undefined; ValidatorError, kind user defined; reason ECONNREFUSED
TEXT
