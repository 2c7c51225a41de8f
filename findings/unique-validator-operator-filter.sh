#!/usr/bin/env bash
# mongoose-unique-validator 6.1.1 with mongoose 9.12.1
#
# Expected: under `runValidators` the plugin refuses a value that another document holds, and nothing else.
# Happens:  the plugin looks for other documents by turning each condition of the update's filter into `{ $ne: condition }`. A
#           condition that is an operator becomes `{ $ne: { $lt: 5 } }`, which mongoose cannot cast. The CastError of the plugin's
#           own query is reported as a validation error of the path, kind `unique`, although the collection holds no other user.
# Matters:  `{ version: { $lt: … } }` is the usual guard against late webhooks. With the plugin such an upsert never succeeds. The
#           caller reads "the address is taken", answers 200 or 400, and the user is never stored.
source "$(dirname "$0")/lib.sh"
install mongoose@9.12.1 mongoose-unique-validator@6.1.1
start_server

run main.mjs <<'JS'
import mongoose from 'mongoose'
import uniqueValidator from 'mongoose-unique-validator'
await mongoose.connect(process.env.MONGODB_URI)
const schema = new mongoose.Schema({ clerkId: String, email: { type: String, unique: true }, version: Number })
schema.plugin(uniqueValidator)
const User = mongoose.model('User', schema)
await User.init()

const filters = [{ clerkId: 'user_1' }, { clerkId: 'user_2', version: { $lt: 5 } }, { clerkId: 'user_3', version: { $not: { $gte: 5 } } }]
for (const filter of filters) {
  const set = { $set: { email: `${filter.clerkId}@example.com`, version: 5 } }
  const said = await User.updateOne(filter, set, { upsert: true, runValidators: true }).then(
    ({ upsertedCount }) => `inserted ${upsertedCount}`,
    ({ name, errors }) => `${name}: ${errors.email.kind}, because of a ${errors.email.reason.name} at ${errors.email.reason.path}`,
  )
  console.log(`${JSON.stringify(filter)} ${said}`)
}
await mongoose.disconnect()
JS

expect <<'TEXT'
{"clerkId":"user_1"} inserted 1
{"clerkId":"user_2","version":{"$lt":5}} ValidationError: unique, because of a CastError at version
{"clerkId":"user_3","version":{"$not":{"$gte":5}}} ValidationError: unique, because of a CastError at version
TEXT
