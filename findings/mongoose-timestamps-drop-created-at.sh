#!/usr/bin/env bash
# mongoose 9.12.1
#
# Expected: under `timestamps: true` an explicit `createdAt` in an upsert is kept, as `create()` keeps it, above all in
#           `$setOnInsert`, which is applied to inserts alone.
# Happens:  every upsert drops it without an error and stores the present time: in `$set`, in `$setOnInsert`, as a plain key, in
#           `findOneAndUpdate` and in `bulkWrite`, under `strict: 'throw'` too. `timestamps: false` keeps it, and so does
#           `overwriteImmutable: true`, but not in mongoose 8.
# Matters:  an import that maps Clerk's date of sign-up to `createdAt` stores the date of the import instead. A later comparison
#           with Clerk reports every user as changed.
source "$(dirname "$0")/lib.sh"
install mongoose@9.12.1
start_server

run main.mjs <<'JS'
import mongoose from 'mongoose'
await mongoose.connect(process.env.MONGODB_URI)
const User = mongoose.model('User', new mongoose.Schema({ clerkId: String, name: String }, { timestamps: true, strict: 'throw' }))
const createdAt = new Date('2020-01-01T00:00:00Z')
const upsert = (update, options) => (clerkId) => User.updateOne({ clerkId }, update, { upsert: true, ...options })
const ways = {
  'create()': (clerkId) => User.create({ clerkId, createdAt }),
  'updateOne $set': upsert({ $set: { createdAt } }),
  'updateOne $setOnInsert': upsert({ $setOnInsert: { createdAt } }),
  'updateOne plain': upsert({ createdAt, name: 'Ada' }),
  'findOneAndUpdate $setOnInsert': (clerkId) => User.findOneAndUpdate({ clerkId }, { $setOnInsert: { createdAt } }, { upsert: true }),
  'bulkWrite $setOnInsert': (clerkId) =>
    User.bulkWrite([{ updateOne: { filter: { clerkId }, update: { $setOnInsert: { createdAt } }, upsert: true } }]),
  'updateOne, timestamps: false': upsert({ $setOnInsert: { createdAt } }, { timestamps: false }),
  'updateOne, overwriteImmutable: true': upsert({ $setOnInsert: { createdAt } }, { overwriteImmutable: true }),
}
for (const [way, act] of Object.entries(ways)) {
  await act(way)
  const stored = await User.findOne({ clerkId: way }).lean()
  console.log(`${way}: ${stored.createdAt.getTime() === createdAt.getTime() ? 'kept' : 'replaced by the present time'}`)
}
await mongoose.disconnect()
JS

expect <<'TEXT'
create(): kept
updateOne $set: replaced by the present time
updateOne $setOnInsert: replaced by the present time
updateOne plain: replaced by the present time
findOneAndUpdate $setOnInsert: replaced by the present time
bulkWrite $setOnInsert: replaced by the present time
updateOne, timestamps: false: kept
updateOne, overwriteImmutable: true: kept
TEXT
