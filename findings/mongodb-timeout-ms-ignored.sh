#!/usr/bin/env bash
# mongodb 7.8.0 (the driver of mongoose 9.12.1) next to 7.7.0
#
# Expected: `timeoutMS: 300` ends a command after 300 ms, as in 7.7.0, or a driver without the option rejects it.
# Happens:  7.8.0, a minor release, accepts the option and ignores it, per command and per client. A per-command option causes
#           no warning at run time; only the type is marked as deprecated. A command to a server that never answers waits for
#           as long as TCP does.
# Matters:  a webhook sender gives up after some 15 seconds and sends again. A handler that relies on `timeoutMS` to answer in
#           time keeps its connection and its request open instead, one more for each retry.
source "$(dirname "$0")/lib.sh"
install mongodb@7.8.0 mongodb-7-7@npm:mongodb@7.7.0

run main.mjs <<'JS'
import { createServer } from 'node:net'
import { BSON } from 'mongodb'

/** A MongoDB-wire server that completes the handshake and answers no other command. */
const server = createServer((socket) => {
  let rest = Buffer.alloc(0)
  socket.on('error', () => {})
  socket.on('data', (chunk) => {
    rest = Buffer.concat([rest, chunk])
    while (rest.length >= 4 && rest.length >= rest.readInt32LE(0)) {
      const message = rest.subarray(0, rest.readInt32LE(0))
      rest = rest.subarray(message.length)
      const isOpMsg = message.readInt32LE(12) === 2013
      const start = isOpMsg ? 21 : message.indexOf(0, 20) + 9
      const command = BSON.deserialize(message.subarray(start, start + message.readInt32LE(start)))
      if (command.hello || command.ismaster) socket.write(reply(message.readInt32LE(4), isOpMsg))
    }
  })
})

function reply(to, isOpMsg) {
  const body = BSON.serialize({ ok: 1, helloOk: true, ismaster: true, isWritablePrimary: true, minWireVersion: 0, maxWireVersion: 25, maxBsonObjectSize: 16777216, maxMessageSizeBytes: 48000000, maxWriteBatchSize: 100000 })
  const header = Buffer.alloc(isOpMsg ? 21 : 36)
  header.writeInt32LE(header.length + body.length, 0)
  header.writeInt32LE(to, 8)
  header.writeInt32LE(isOpMsg ? 2013 : 1, 12)
  if (!isOpMsg) header.writeInt32LE(1, 32)
  return Buffer.concat([header, body])
}

await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
const uri = `mongodb://127.0.0.1:${server.address().port}/?directConnection=true`
for (const name of ['mongodb-7-7', 'mongodb']) {
  const { MongoClient } = await import(name)
  for (const [where, ofClient, ofCommand] of [['per command', {}, { timeoutMS: 300 }], ['on the client', { timeoutMS: 300 }, {}]]) {
    const users = new MongoClient(uri, ofClient).db('app').collection('users')
    const end = await Promise.race([
      users.updateOne({ clerkId: 'user_1' }, { $set: { name: 'Ada' } }, ofCommand).catch((error) => error.name),
      new Promise((resolve) => setTimeout(resolve, 3_000, 'still waiting after 3 seconds')),
    ])
    console.log(`${name}, ${where}: ${end}`)
  }
}
process.exit(0)
JS

expect <<'TEXT'
mongodb-7-7, per command: MongoOperationTimeoutError
mongodb-7-7, on the client: MongoOperationTimeoutError
mongodb, per command: still waiting after 3 seconds
mongodb, on the client: still waiting after 3 seconds
TEXT
