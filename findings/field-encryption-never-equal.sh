#!/usr/bin/env bash
# mongoose-field-encryption 7.0.1 with mongoose 9.12.1
#
# Expected: `updateOne` with the value that is stored already changes nothing, `modifiedCount` 0, as for any other path.
# Happens:  the plugin encrypts the value of each `updateOne` with a new random salt, so every write of the same value is a
#           modification: `modifiedCount` 1, a new ciphertext, an oplog entry and an event in change streams.
# Matters:  "write it again, nothing happens" is what makes redelivered webhooks and nightly imports cheap and safe. With the
#           plugin each of them changes every user, and a comparison of stored values with new ones never finds them equal.
source "$(dirname "$0")/lib.sh"
install mongoose@9.12.1 mongoose-field-encryption@7.0.1
start_server

run main.mjs <<'JS'
import mongoose from 'mongoose'
import { fieldEncryption } from 'mongoose-field-encryption'
await mongoose.connect(process.env.MONGODB_URI)
const schema = new mongoose.Schema({ clerkId: String, name: String, city: String })
schema.plugin(fieldEncryption, { fields: ['name'], secret: 'a secret of the app' })
const User = mongoose.model('User', schema)
for (const path of ['city', 'name']) {
  const stored = new Set()
  const counts = []
  for (let round = 0; round < 3; round++) {
    const { upsertedCount, modifiedCount } = await User.updateOne({ clerkId: path }, { $set: { [path]: 'Ada' } }, { upsert: true })
    counts.push(upsertedCount ? 'inserted' : modifiedCount)
    stored.add((await User.collection.findOne({ clerkId: path }))[path])
  }
  console.log(`${path}: ${counts.join(', ')}; ${stored.size} stored value${stored.size > 1 ? 's' : ''}`)
}
console.log(`read: ${(await User.findOne({ clerkId: 'name' })).name}; found by its value: ${await User.countDocuments({ name: 'Ada' })}`)
await mongoose.disconnect()
JS

expect <<'TEXT'
city: inserted, 0, 0; 1 stored value
name: inserted, 1, 1; 3 stored values
read: Ada; found by its value: 0
TEXT
