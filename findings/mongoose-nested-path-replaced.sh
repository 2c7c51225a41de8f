#!/usr/bin/env bash
# mongoose 9.12.1
#
# Expected: a plugin that adds a path the schema already has gets an error, and `schema.path('imageUrl')` returns it.
# Happens:  `schema.path()` returns `undefined` for a nested path, and `schema.add()` replaces it without an error. Afterwards the
#           schema claims both: `imageUrl` is a String and `imageUrl.small` is a String. An update of the one destroys the other.
# Matters:  every plugin that adds fields (`authProvider`, `image`, `status`) asks `schema.path(name)` first. Where the app nests
#           fields under that name, the first write by the plugin deletes them. `schema.pathType()` is the question to ask.
source "$(dirname "$0")/lib.sh"
install mongoose@9.12.1
start_server

run main.mjs <<'JS'
import mongoose from 'mongoose'
await mongoose.connect(process.env.MONGODB_URI)
const schema = new mongoose.Schema({ clerkId: String, imageUrl: { small: String, large: String } })
console.log(`before: path() ${schema.path('imageUrl')}, pathType() ${schema.pathType('imageUrl')}`)
if (!schema.path('imageUrl')) schema.add({ imageUrl: String })
const shown = ['imageUrl', 'imageUrl.small'].map((name) => `${name} ${schema.path(name)?.instance}`)
console.log(`after: ${shown.join(', ')}, pathType() ${schema.pathType('imageUrl')}`)

const User = mongoose.model('User', schema)
await User.collection.insertOne({ clerkId: 'user_1', imageUrl: { small: 's.png', large: 'l.png' } })
await User.updateOne({ clerkId: 'user_1' }, { $set: { imageUrl: 'https://img.clerk.com/x' } })
console.log(`stored: ${JSON.stringify((await User.collection.findOne({ clerkId: 'user_1' })).imageUrl)}`)
await mongoose.disconnect()
JS

expect <<'TEXT'
before: path() undefined, pathType() nested
after: imageUrl String, imageUrl.small String, pathType() real
stored: "https://img.clerk.com/x"
TEXT
