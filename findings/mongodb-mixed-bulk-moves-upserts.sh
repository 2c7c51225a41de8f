#!/usr/bin/env bash
# mongodb 7.8.0 and 6.20.0
#
# Expected: `upsertedIds` of a bulk write names the positions of the operations that inserted, as `insertedIds` and the
#           positions of write errors do.
# Happens:  in an unordered bulk write that also has inserts or deletions, the driver sends the upserts as a command of their
#           own and adds the server's positions in that command to the position of its first upsert. The upsert at position 2
#           is reported at 1, which is an insert, and that at 4 at 2; position 4 looks as if it had matched a document.
#           Ordered, and among upserts alone, the positions are right. 6.20.0 moves the inserts as well, which newer drivers
#           mended (NODE-7659); the upserts are as they were.
# Matters:  who reads from the positions which users were created runs the wrong hook, or sends the wrong one a welcome.
source "$(dirname "$0")/lib.sh"
install mongodb@7.8.0 mongodb-6@npm:mongodb@6.20.0
start_server

run main.mjs <<'JS'
import * as driver7 from 'mongodb'
import * as driver6 from 'mongodb-6'

const upsert = (name) => ({ updateOne: { filter: { name }, update: { $set: { name } }, upsert: true } })
const insert = (name) => ({ insertOne: { document: { name } } })
const operations = () => [upsert('a'), insert('b'), upsert('c'), insert('d'), upsert('e')]

for (const [version, { MongoClient }] of [['7.8.0', driver7], ['6.20.0', driver6]]) {
  const client = await MongoClient.connect(process.env.MONGODB_URI)
  const users = client.db().collection('users')
  for (const ordered of [true, false]) {
    await users.deleteMany({})
    const { upsertedIds, insertedIds } = await users.bulkWrite(operations(), { ordered })
    const names = new Map((await users.find().toArray()).map(({ _id, name }) => [String(_id), name]))
    const said = (ids) => Object.entries(ids).map(([at, id]) => `${at} is ${names.get(String(id))}`).join(', ')
    console.log(`${version}, ${ordered ? 'ordered' : 'unordered'}: upserted ${said(upsertedIds)}; inserted ${said(insertedIds)}`)
  }
  await client.close()
}
JS

expect <<'TEXT'
7.8.0, ordered: upserted 0 is a, 2 is c, 4 is e; inserted 1 is b, 3 is d
7.8.0, unordered: upserted 0 is a, 1 is c, 2 is e; inserted 1 is b, 3 is d
6.20.0, ordered: upserted 0 is a, 2 is c, 4 is e; inserted 1 is b, 3 is d
6.20.0, unordered: upserted 0 is a, 1 is c, 2 is e; inserted 0 is b, 1 is d
TEXT
