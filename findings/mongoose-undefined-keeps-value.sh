#!/usr/bin/env bash
# mongoose 9.12.1 and the mongodb driver that it installs
#
# Expected: `undefined` means the same in every write. `document.save()` removes the field, so `updateOne` removes it too.
# Happens:  `updateOne` and `findOneAndUpdate` drop the path from `$set` without an error, so the old value stays. The driver
#           underneath stores `null`. Three ways, three results.
# Matters:  handlers of `user.updated` contain `{ $set: { phone: user.phone_numbers[0]?.phone_number } }`. A user who removes the
#           number at Clerk keeps it in MongoDB, and no later event corrects it.
source "$(dirname "$0")/lib.sh"
install mongoose@9.12.1
start_server

run main.mjs <<'JS'
import mongoose from 'mongoose'
await mongoose.connect(process.env.MONGODB_URI)
const User = mongoose.model('User', new mongoose.Schema({ clerkId: String, phone: String }))
const clear = {
  'document.save': async (clerkId) => {
    const user = await User.findOne({ clerkId })
    user.phone = undefined
    await user.save()
  },
  'Model.updateOne': (clerkId) => User.updateOne({ clerkId }, { $set: { phone: undefined } }),
  'Model.findOneAndUpdate': (clerkId) => User.findOneAndUpdate({ clerkId }, { $set: { phone: undefined } }),
  'driver updateOne': (clerkId) => User.collection.updateOne({ clerkId }, { $set: { phone: undefined } }),
}
for (const [way, act] of Object.entries(clear)) {
  await User.create({ clerkId: way, phone: '+4915112345678' })
  await act(way)
  const stored = await User.collection.findOne({ clerkId: way })
  console.log(`${way}: ${'phone' in stored ? stored.phone : 'no field'}`)
}
await mongoose.disconnect()
JS

expect <<'TEXT'
document.save: no field
Model.updateOne: +4915112345678
Model.findOneAndUpdate: +4915112345678
driver updateOne: null
TEXT
