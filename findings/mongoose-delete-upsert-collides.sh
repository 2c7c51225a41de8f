#!/usr/bin/env bash
# mongoose-delete 1.0.7 with mongoose 9.12.1
#
# Expected: an upsert by a unique id finds its own document or inserts one, and a filter object is not changed by a query.
# Happens:  with `overrideMethods: 'all'` the plugin adds `deleted: { $ne: true }` to updates. The upsert misses the hidden
#           document and inserts; the unique index still holds the id and answers E11000 to every attempt, while `findOne` and
#           `countDocuments` report that no such user exists. The plugin also writes its condition into the caller's filter
#           object, so that `updateOneWithDeleted`, the documented way out, fails as well when it is given the same object.
# Matters:  a webhook for an account that was soft-deleted in the app is answered 500 until the sender gives up. "Retry on E11000",
#           the usual recipe for concurrent upserts, never ends.
source "$(dirname "$0")/lib.sh"
install mongoose@9.12.1 mongoose-delete@1.0.7
start_server

run main.mjs <<'JS'
import mongoose from 'mongoose'
import mongooseDelete from 'mongoose-delete'
await mongoose.connect(process.env.MONGODB_URI)
const schema = new mongoose.Schema({ clerkId: { type: String, unique: true }, name: String })
schema.plugin(mongooseDelete, { overrideMethods: 'all', deletedAt: true })
const User = mongoose.model('User', schema)
await User.init()
await User.create({ clerkId: 'user_1', name: 'Ada' })
await User.delete({ clerkId: 'user_1' })

console.log(`findOne: ${await User.findOne({ clerkId: 'user_1' })}, countDocuments: ${await User.countDocuments({ clerkId: 'user_1' })}`)
const update = { $set: { name: 'Ada L.' } }
const attempt = (method, filter) =>
  User[method](filter, update, { upsert: true }).then(
    ({ matchedCount }) => console.log(`${method}: matched ${matchedCount}`),
    ({ code }) => console.log(`${method}: E${code}`),
  )
const filter = { clerkId: 'user_1' }
await attempt('updateOne', filter)
await attempt('updateOne', { clerkId: 'user_1' })
await attempt('findOneAndUpdate', { clerkId: 'user_1' })
console.log(`the filter is ${JSON.stringify(filter)} by now`)
await attempt('updateOneWithDeleted', filter)
await attempt('updateOneWithDeleted', { clerkId: 'user_1' })
await mongoose.disconnect()
JS

expect <<'TEXT'
findOne: null, countDocuments: 0
updateOne: E11000
updateOne: E11000
findOneAndUpdate: E11000
the filter is {"clerkId":"user_1","deleted":{"$ne":true}} by now
updateOneWithDeleted: E11000
updateOneWithDeleted: matched 1
TEXT
