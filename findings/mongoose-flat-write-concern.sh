#!/usr/bin/env bash
# mongoose 9.12.1 (the same with 8.20.0)
#
# Expected: `save({ w: 'majority', j: true })` and `Model.updateOne(…).w('majority').j(true)`, both documented and typed, ask the
#           server for that acknowledgement.
# Happens:  the driver reads a write concern only from `writeConcern: { … }`. `w` and `j` beside the other options are dropped on
#           the way, by every write and by the query methods of that name; no error, no warning, and the command goes out with the
#           connection's default. mongoose 5.13.22 sent them; 6.13.0 sent `w` with `save`, and nothing else.
# Matters:  a webhook handler that says `w: 'majority'` before it answers 200 may lose the user in a fail-over, and the sender
#           does not send it again. The object, `.writeConcern({ … })` and the schema's option `writeConcern` do hold.
source "$(dirname "$0")/lib.sh"
install mongoose@9.12.1
start_server

run main.mjs <<'JS'
import mongoose from 'mongoose'
await mongoose.connect(process.env.MONGODB_URI, { monitorCommands: true })
const User = mongoose.model('User', new mongoose.Schema({ clerkId: { type: String }, name: String }, { versionKey: false }))
await User.init()
const concerns = []
mongoose.connection.getClient().on('commandStarted', ({ command }) => {
  const { writeConcern } = command
  if (!command.endSessions) concerns.push(JSON.stringify(writeConcern ?? 'none sent'))
})
const writes = {
  updateOne: (options) => User.updateOne({ clerkId: 'a' }, { name: 'Ada' }, { upsert: true, ...options }),
  findOneAndUpdate: (options) => User.findOneAndUpdate({ clerkId: 'a' }, { name: 'Ada L.' }, options),
  replaceOne: (options) => User.replaceOne({ clerkId: 'a' }, { clerkId: 'a' }, options),
  insertMany: (options) => User.insertMany([{ clerkId: 'b' }], options),
  bulkWrite: (options) => User.bulkWrite([{ updateOne: { filter: { clerkId: 'b' }, update: { name: 'Bo' } } }], options),
  save: (options) => new User({ clerkId: 'c' }).save(options),
  deleteOne: (options) => User.deleteOne({ clerkId: 'c' }, options),
  'the driver’s updateOne': (options) => User.collection.updateOne({ clerkId: 'a' }, { $set: { name: 'Ada' } }, options),
}
const Journaled = mongoose.model(
  'Journaled',
  new mongoose.Schema({ clerkId: String }, { versionKey: false, writeConcern: { w: 'majority', j: true } }),
)
await Journaled.init()
const defaults = {
  'query.w().j()': () => User.updateOne({ clerkId: 'a' }, { name: 'Ada' }).w('majority').j(true),
  'query.writeConcern()': () => User.updateOne({ clerkId: 'a' }, { name: 'Ada L.' }).writeConcern({ w: 'majority', j: true }),
  'the schema’s writeConcern, updateOne': () => Journaled.updateOne({ clerkId: 'a' }, { clerkId: 'b' }, { upsert: true }),
  'the schema’s writeConcern, save': () => new Journaled({ clerkId: 'c' }).save(),
}
for (const [name, write] of Object.entries(writes)) {
  concerns.length = 0
  await write({ w: 'majority', j: true })
  await write({ writeConcern: { w: 'majority', j: true } })
  console.log(`${name}: flat ${concerns[0]}, as one object ${concerns[1]}`)
}
for (const [name, write] of Object.entries(defaults)) {
  concerns.length = 0
  await write()
  console.log(`${name}: ${concerns[0]}`)
}
await mongoose.disconnect()
JS

expect <<'TEXT'
updateOne: flat "none sent", as one object {"w":"majority","j":true}
findOneAndUpdate: flat "none sent", as one object {"w":"majority","j":true}
replaceOne: flat "none sent", as one object {"w":"majority","j":true}
insertMany: flat "none sent", as one object {"w":"majority","j":true}
bulkWrite: flat "none sent", as one object {"w":"majority","j":true}
save: flat "none sent", as one object {"w":"majority","j":true}
deleteOne: flat "none sent", as one object {"w":"majority","j":true}
the driver’s updateOne: flat "none sent", as one object {"w":"majority","j":true}
query.w().j(): "none sent"
query.writeConcern(): {"w":"majority","j":true}
the schema’s writeConcern, updateOne: {"w":"majority","j":true}
the schema’s writeConcern, save: {"w":"majority","j":true}
TEXT
