#!/usr/bin/env bash
# mongoose 9.12.1, types of @clerk/backend 3.25.0
#
# Expected: `deleteOne({ clerkId: undefined })` throws or matches nothing, because no document has that id.
# Happens:  `undefined` is sent as `null`, and `{ clerkId: null }` matches every document without a `clerkId`. The first local
#           account is deleted. `updateOne` with `upsert` changes a local account instead of inserting a document. A filter by
#           `_id` is safe, because every document has one.
# Matters:  Clerk types the id of a deleted user as optional, and the usual one-line handler of `user.deleted` passes it on. The
#           handler compiles in strict mode. One event without an id deletes an account that Clerk never knew.
source "$(dirname "$0")/lib.sh"
install mongoose@9.12.1 @clerk/backend@3.25.0 typescript@5.9.3
start_server

cat >"$work/handler.ts" <<'TS'
import mongoose from 'mongoose'
import type { WebhookEvent } from '@clerk/backend'
const User = mongoose.model('User', new mongoose.Schema({ clerkId: String, name: String }))
export async function handle(event: WebhookEvent) {
  if (event.type === 'user.deleted') await User.deleteOne({ clerkId: event.data.id })
}
TS
(cd "$work" && npx tsc --noEmit --strict --exactOptionalPropertyTypes --skipLibCheck --target es2022 --module nodenext handler.ts &&
  echo 'the handler compiles in strict mode' >>output)

run main.mjs <<'JS'
import mongoose from 'mongoose'
await mongoose.connect(process.env.MONGODB_URI)
const User = mongoose.model('User', new mongoose.Schema({ clerkId: String, name: String }))
await User.create([{ name: 'local 1' }, { name: 'local 2' }, { clerkId: 'user_1', name: 'from Clerk' }])
const names = async () => (await User.find().sort('name').lean()).map(({ name }) => name).join(', ')

const { deletedCount } = await User.deleteOne({ clerkId: undefined })
console.log(`deleteOne deleted ${deletedCount}; left: ${await names()}`)
const { upsertedCount } = await User.updateOne({ clerkId: undefined }, { $set: { name: 'Mallory' } }, { upsert: true })
console.log(`updateOne inserted ${upsertedCount}; left: ${await names()}`)
console.log(`by _id deleteOne deleted ${(await User.deleteOne({ _id: undefined })).deletedCount}`)
await mongoose.disconnect()
JS

expect <<'TEXT'
the handler compiles in strict mode
deleteOne deleted 1; left: from Clerk, local 2
updateOne inserted 0; left: Mallory, from Clerk
by _id deleteOne deleted 0
TEXT
