#!/usr/bin/env bash
# mongoose 9.12.1
#
# Expected: a default computed from other paths gives the same value however the document is made.
# Happens:  in an upsert `this` is the query, not the new document, so `this.firstName` is `undefined`: the text "undefined" is
#           stored without an error. In `bulkWrite` `this` is `null`: a TypeError in an ES module, "undefined" again in sloppy
#           CommonJS code. `create()`, `insertMany` and `replaceOne` run the same function on the document.
# Matters:  a schema that works at sign-up in the app (`create`) stores wrong avatars, handles and search keys once users are
#           written by a webhook (`updateOne` with `upsert`), and only for new users.
source "$(dirname "$0")/lib.sh"
install mongoose@9.12.1
start_server

run main.mjs <<'JS'
import mongoose from 'mongoose'
await mongoose.connect(process.env.MONGODB_URI)
const schema = new mongoose.Schema({
  clerkId: String,
  firstName: String,
  avatar: { type: String, default() { return `https://avatars.example/${this.firstName}.png` } },
})
const User = mongoose.model('User', schema)
const set = { $set: { firstName: 'Ada' } }
const ways = {
  create: (clerkId) => User.create({ clerkId, firstName: 'Ada' }),
  insertMany: (clerkId) => User.insertMany([{ clerkId, firstName: 'Ada' }]),
  replaceOne: (clerkId) => User.replaceOne({ clerkId }, { clerkId, firstName: 'Ada' }, { upsert: true }),
  updateOne: (clerkId) => User.updateOne({ clerkId }, set, { upsert: true }),
  findOneAndUpdate: (clerkId) => User.findOneAndUpdate({ clerkId }, set, { upsert: true }),
  bulkWrite: (clerkId) => User.bulkWrite([{ updateOne: { filter: { clerkId }, update: set, upsert: true } }]),
}
for (const [way, act] of Object.entries(ways)) {
  const stored = await act(way).then(
    () => User.findOne({ clerkId: way }).lean(),
    (error) => ({ avatar: error.name }),
  )
  console.log(`${way}: ${stored.avatar}`)
}
await mongoose.disconnect()
JS

expect <<'TEXT'
create: https://avatars.example/Ada.png
insertMany: https://avatars.example/Ada.png
replaceOne: https://avatars.example/Ada.png
updateOne: https://avatars.example/undefined.png
findOneAndUpdate: https://avatars.example/undefined.png
bulkWrite: TypeError
TEXT
